"""Anchors: where each chain of the audit stood at some moments, noted elsewhere.

Hashes alone show that a line was changed. That the last lines were cut off, that a file is missing,
or that a whole chain was written anew, only a note from then can show.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import orjson

from mpi.access.chain import Head
from mpi.errors import InvalidAudit

if TYPE_CHECKING:
    from mpi.store.store import Store


class Anchors(Protocol):
    """Somewhere that heads of chains are noted, which the chains' own folder is not."""

    def note(self, chain: str, head: Head, at: str) -> None:
        """Note durably where a chain stands. Raises OSError."""
        ...

    def noted(self) -> Iterator[tuple[str, Head]]:
        """Every note, as chain and head."""
        ...


class StoreAnchors:
    """Anchors in an index, where whoever holds the audit's folder need not be able to write."""

    def __init__(self, store: Store, audit: str) -> None:
        """Args: store, open, which stays the caller's to close; audit, the name of one of those
        that are anchored there (`Keyed.audit`): services over one index may keep their own.
        """
        self._store = store
        self._audit = f"{audit}/"

    def note(self, chain: str, head: Head, at: str) -> None:
        """See `Anchors.note`. Raises MPIError where the index cannot be written."""
        from mpi.store.audit_anchors import Anchored

        self._store.note_anchor(Anchored(self._audit + chain, head.number, head.hash, at))

    def noted(self) -> Iterator[tuple[str, Head]]:
        """Every note of this audit."""
        for each in self._store.anchors():
            if each.chain.startswith(self._audit):
                chain = each.chain.removeprefix(self._audit)
                yield chain, Head(each.number, each.hash)


@dataclass(frozen=True, slots=True)
class Several:
    """Anchors that are noted in several places; all that any of them has count."""

    places: tuple[Anchors, ...]

    def note(self, chain: str, head: Head, at: str) -> None:
        """Note in every place."""
        for each in self.places:
            each.note(chain, head, at)

    def noted(self) -> Iterator[tuple[str, Head]]:
        """The notes of every place."""
        for each in self.places:
            yield from each.noted()


class AnchorFile:
    """Anchors in a file that all processes append to."""

    def __init__(self, path: Path) -> None:
        """Args: path, made when the first head is noted."""
        self._path = path

    def note(self, chain: str, head: Head, at: str) -> None:
        """Append one line; a single write, so that lines of processes never mix."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        said = {"at": at, "chain": chain, "number": head.number, "hash": head.hash}
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE))
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    def noted(self) -> Iterator[tuple[str, Head]]:
        """Every note; a last line that a killed process left unfinished is none."""
        if not self._path.exists():
            return
        for at, line in enumerate(self._path.read_bytes().splitlines(keepends=True), 1):
            try:
                said = orjson.loads(line)
                yield said["chain"], Head(said["number"], said["hash"])
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                if line.endswith(b"\n"):
                    raise InvalidAudit("No anchor.", file=self._path, line=at) from error
