"""Room on disks and in memory: sizes as people write them, and what is said when there is none."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mpi.errors import DiskFull, UsageError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says of a full disk, a full quota, and a file as large as it may become."""

FULL_WORDS = tuple(os.strerror(each) for each in sorted(_FULL))
"""The same in words, for libraries that pass nothing else on."""

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt])(i?)b?", re.IGNORECASE)
_POWER = {"k": 1, "m": 2, "g": 3, "t": 4}
_MOST = 10**18
"""Bytes that no machine has, and that still fit what libraries count bytes in."""
_SHOWN = 40
"""Characters of a wrong size that are repeated."""


def size_in_bytes(text: str) -> int:
    """A size as people write it. Raises UsageError for anything else, and beyond an exabyte.

    >>> size_in_bytes("8GB"), size_in_bytes("1.5 GiB"), size_in_bytes("500m")
    (8000000000, 1610612736, 500000000)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise UsageError(
            "A size is a number with a unit, such as 8GB or 500MB.", size=text[:_SHOWN]
        )
    number, unit, binary = found.groups()
    power: int = (1024 if binary else 1000) ** _POWER[unit.lower()]
    size = float(number) * power
    if size > _MOST:
        raise UsageError("No machine has so much; give a smaller size.", size=text[:_SHOWN])
    return round(size)


def is_full(error: OSError) -> bool:
    """Whether a file could not be written because there is no room for it."""
    return error.errno in _FULL


@contextmanager
def room_in(folder: Path) -> Iterator[None]:
    """Writing files under a folder. Raises DiskFull where there is no room for them."""
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise disk_full(folder) from error


def disk_full(folder: Path) -> DiskFull:
    """The error that says which folder is full, and what to do."""
    return DiskFull("Free some of it, or give a roomier one with --temp.", folder=folder)
