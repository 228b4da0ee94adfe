"""Retention: entries kept long enough lose their body, and the chain still holds.

Only chains that no process writes to are touched. What stays of an entry is its number, digest and
hash: that something was written there, not what.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from mpi.access.audit import stamp
from mpi.access.chain import without_body
from mpi.access.policy import Auditing, EntryClass
from mpi.access.reading import Kept, is_being_written, whole_lines
from mpi.errors import InvalidAudit


def expire(kept: Kept, rules: Auditing, now: datetime) -> int:
    """Take out the bodies of entries that are past their retention; returns how many.

    Entries about the chains themselves stay. Raises InvalidAudit for a chain with a line that is
    none: verify it first.
    """
    oldest = {str(kind): stamp(now - timedelta(days=rules.days_kept(kind))) for kind in EntryClass}
    del oldest[EntryClass.SERVICE]
    return sum(
        _expire(path, oldest) for path in kept.chains().values() if not is_being_written(path)
    )


def _expire(path: Path, oldest: Mapping[str, str]) -> int:
    lines = list(whole_lines(path))
    after = [without_body(line) if _is_past(line, oldest, path) else line for line in lines]
    taken = sum(one != other for one, other in zip(lines, after, strict=True))
    if taken:
        _replace(path, b"".join(after))
    return taken


def _is_past(line: bytes, oldest: Mapping[str, str], path: Path) -> bool:
    try:
        body: dict[str, Any] | None = orjson.loads(line).get("body")
    except orjson.JSONDecodeError as error:
        raise InvalidAudit("A line is no entry.", file=path) from error
    limit = oldest.get(body["class"]) if body else None
    return body is not None and limit is not None and body["at"] < limit


def _replace(path: Path, content: bytes) -> None:
    """Put new content in a file's place, whole or not at all."""
    made = path.with_name(f".{path.name}.new")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
