"""Writing the audit: an entry is on disk before the answer that it is about leaves.

Every worker process has chains of its own in one folder, so that none waits for another and a
chain needs no lock but the process's. Requests that come at one time are written and flushed
together (group commit): the first writes for all who wait.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import orjson

from mpi.access.anchors import Anchors
from mpi.access.chain import Head, linked, start_of
from mpi.access.policy import EntryClass
from mpi.errors import AuditUnavailable

SUFFIX = ".jsonl"
ANCHOR_SECONDS = 60.0
ANCHOR_ENTRIES = 1000
"""The heads of a chain are anchored after so many seconds or entries, whichever is first."""
LARGEST_CHAIN = 256 * 1024 * 1024
"""Bytes after which a process begins another chain."""

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time of day of an entry."""
    return datetime.now(UTC)


class Audit:
    """The chains of one process. Threads may share it.

    An entry is durable when `write` returns. Where it cannot be written AuditUnavailable is raised
    and nothing may be answered; the next attempt begins a new chain.
    """

    def __init__(
        self, folder: Path, anchors: Anchors, clock: Clock = now, *, largest: int = LARGEST_CHAIN
    ) -> None:
        """Args: folder, made if it is not there; anchors, where heads are noted; largest, bytes
        of a chain.
        """
        self._largest = largest
        self._folder = folder
        self._anchors = anchors
        self._clock = clock
        self._chaining = Lock()
        self._flushing = Lock()
        self._chain: _Chain | None = None

    def write(self, *entries: Mapping[str, Any]) -> None:
        """Write entries, in their order; returns when they are durable. Raises AuditUnavailable."""
        at = stamp(self._clock())
        bodies = [orjson.dumps({"at": at, **entry}) for entry in entries]
        try:
            with self._chaining:
                chain = self._usable()
                number = chain.take(bodies)
            with self._flushing:
                if chain.durable < number:
                    self._flush(chain)
        except OSError as error:
            self._give_up(error)

    def _usable(self) -> _Chain:
        """The chain to write to; another one where there is none, or it is broken."""
        chain = self._chain
        if chain is None or chain.broken:
            if chain is not None:
                chain.close()
            chain = self._chain = _Chain.begun(self._folder, self._anchors, self._clock())
        return chain

    def _flush(self, chain: _Chain) -> None:
        """Write everything that waits, whoever it is of."""
        with self._chaining:
            lines, head = chain.waiting()
        chain.flush(lines, head)
        if chain.wants_anchor():
            chain.anchor(stamp(self._clock()))
        if chain.size > self._largest:
            with self._chaining:
                self._end_full(chain)

    def _end_full(self, chain: _Chain) -> None:
        """End a chain that is full, unless somebody's entry waits in it."""
        if self._chain is chain and not chain.waits:
            self._chain = None
            self._end(chain)
            chain.close()

    def _give_up(self, error: OSError) -> None:
        raise AuditUnavailable from error

    def heads(self) -> list[tuple[str, Head, str]]:
        """Where the chain of this process stands on disk, and when; nothing before it has any."""
        with self._chaining:
            chain = self._chain
            if chain is None:
                return []
            return [(chain.name, chain.written, stamp(self._clock()))]

    def usable(self) -> bool:
        """Whether entries can be written; tried by beginning the chain, if it is not begun."""
        try:
            with self._chaining:
                return not self._usable().broken
        except OSError:
            return False

    def close(self) -> None:
        """End the chain, so that nothing can be cut off it unseen. The audit must not be used
        after.
        """
        with self._flushing, self._chaining:
            chain, self._chain = self._chain, None
            if chain is None:
                return
            try:
                if not chain.broken:
                    self._end(chain)
            finally:
                chain.close()

    def _end(self, chain: _Chain) -> None:
        at = stamp(self._clock())
        try:
            chain.take([_event(at, "closed")])
            chain.flush(*chain.waiting())
            chain.anchor(at)
        except OSError as error:
            self._give_up(error)


class _Chain:
    """One file of entries, held by this process alone."""

    def __init__(self, name: str, descriptor: int, anchors: Anchors) -> None:
        self.name = name
        self.durable = 0
        self.size = 0
        self.broken = False
        self._descriptor = descriptor
        self._anchors = anchors
        self._head = start_of(name)
        self._written = self._head
        self._lines: list[bytes] = []
        self._anchored, self._anchored_at = 0, monotonic()

    @classmethod
    def begun(cls, folder: Path, anchors: Anchors, at: datetime) -> _Chain:
        """A new chain, whose name no other has; anchored before it holds anything else."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{at:%Y%m%dT%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        descriptor = os.open(folder / (name + SUFFIX), flags, 0o600)
        chain = cls(name, descriptor, anchors)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sync_folder(folder)
            chain.take([_event(stamp(at), "opened")])
            chain.flush(*chain.waiting())
            chain.anchor(stamp(at))
        except OSError:
            chain.close()
            raise
        return chain

    def take(self, bodies: Sequence[bytes]) -> int:
        """Chain bodies for the next flush; returns the number of the last."""
        for body in bodies:
            self._head, line = linked(self._head, body)
            self._lines.append(line)
        return self._head.number

    @property
    def written(self) -> Head:
        """Where the chain stands on disk."""
        return self._written

    @property
    def waits(self) -> bool:
        """Whether something was chained that is not written yet."""
        return bool(self._lines)

    def waiting(self) -> tuple[list[bytes], Head]:
        """What is to be written, and the head that the chain then has."""
        lines, self._lines = self._lines, []
        return lines, self._head

    def flush(self, lines: Sequence[bytes], head: Head) -> None:
        """Write lines and wait for the disk; after a failure the chain is broken for good."""
        if self.broken:
            raise OSError("an earlier write failed")
        block = b"".join(lines)
        try:
            _write_whole(self._descriptor, block)
            os.fdatasync(self._descriptor)
        except OSError:
            self.broken = True
            raise
        self.size += len(block)
        self.durable = head.number
        self._written = head

    def wants_anchor(self) -> bool:
        """Whether the head has moved far enough, or long enough ago, to be noted elsewhere."""
        moved = self.durable - self._anchored
        return moved >= ANCHOR_ENTRIES or monotonic() - self._anchored_at >= ANCHOR_SECONDS

    def anchor(self, at: str) -> None:
        """Note where the chain stands."""
        self._anchors.note(self.name, self._written, at)
        self._anchored, self._anchored_at = self._written.number, monotonic()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def _event(at: str, event: str) -> bytes:
    """An entry about the chain itself."""
    return orjson.dumps({"at": at, "class": EntryClass.SERVICE, "event": event})


def _write_whole(descriptor: int, block: bytes) -> None:
    rest = memoryview(block)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def stamp(at: datetime) -> str:
    """A time as entries have it: in UTC and of one length, so that texts order as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
