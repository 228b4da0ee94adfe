"""Whether a release was released, and which of several is the current one.

`mpi release` leaves two small files: the stamp `released.json` in the folder of the release, and
in the folder above it the pointer `current`, one line with the name of the folder. A release
without a stamp of its own identity is a candidate.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from mpi.errors import ModelNotFound, UnusableModel, UnwritableOutput

PARAMETERS = "parameters.json"
POINTER = "current"
STAMP = "released.json"
_LONGEST = 255
"""Bytes in the name of a folder."""


def folder_of(given: Path) -> Path:
    """The folder of a release: the one given, or of several releases the current one.

    Raises ModelNotFound when there is no such folder, and UnusableModel when the pointer says
    nothing that could be a name.
    """
    if (given / PARAMETERS).is_file():
        return given
    current = current_of(given)
    if current is None:
        raise ModelNotFound("Train one with `mpi train`.", folder=given)
    return current


def current_of(releases: Path) -> Path | None:
    """The folder of the current one among several releases; None where there is no pointer."""
    pointer = releases / POINTER
    if not pointer.is_file():
        return None
    folder = releases / _named_by(pointer)
    if not (folder / PARAMETERS).is_file():
        raise ModelNotFound(
            "The file `current` beside it names it as the current release: put it back, or write"
            " the name of another into that file.",
            folder=folder,
        )
    return folder


def _named_by(pointer: Path) -> str:
    try:
        with pointer.open(encoding="utf-8") as file:
            name = file.read(2 * _LONGEST).strip()
    except (OSError, ValueError) as error:
        raise UnusableModel("The name of the current release cannot be read.", file=pointer) from (
            error
        )
    # a name and no path: what the pointer leads to lies beside it
    plain = Path(name).name == name and name.isprintable() and len(name.encode()) <= _LONGEST
    if not name or name == ".." or not plain:
        raise UnusableModel("It does not name a folder beside it.", file=pointer)
    return name


def make_current(folder: Path) -> None:
    """Make a release the current one of those beside it, in one step. Raises UnwritableOutput."""
    pointer = folder.parent / POINTER
    if folder.name == POINTER or pointer.is_dir():
        raise UnwritableOutput("No release may be called `current`.", folder=pointer)
    write_aside(pointer, folder.name + "\n")


def read_stamp(folder: Path) -> dict[str, Any] | None:
    """What was noted when a release in this folder was released; None if none was.

    Raises UnusableModel when it cannot be read.
    """
    path = folder / STAMP
    if not path.is_file():
        return None
    try:
        stamp = dict(json.loads(path.read_text(encoding="utf-8")))
        _ = stamp["release"], stamp["identity"], stamp["date"]
        return stamp
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UnusableModel(
            "A file of it is damaged; release it again.", folder=folder, file=STAMP
        ) from error


def released_on(folder: Path, identity: str) -> str | None:
    """The date on which the release in this folder was released; None for a candidate.

    A stamp of another identity does not count: somebody changed the release since. Raises
    UnusableModel when there is a stamp that cannot be read.
    """
    stamp = read_stamp(folder)
    return str(stamp["date"]) if stamp and stamp["identity"] == identity else None


def write_aside(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old one or the new one, and nothing between.

    Raises UnwritableOutput.
    """
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}-", delete=False
        ) as file:
            aside = Path(file.name)
            try:
                file.write(text)
                file.close()
                aside.chmod(0o644)
                os.replace(aside, path)
            except BaseException:
                aside.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise UnwritableOutput(file=path) from error
