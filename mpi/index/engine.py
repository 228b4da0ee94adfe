"""The engine of changes: every event goes through here, in one transaction, beside all others.

An event is worked out in a view, where it holds nobody up, and written in a change. If the log has
moved on in between it is worked out again there. Where several changes run at a time (PostgreSQL),
it first holds the names of all records that it read; what it finds needing more than it holds makes
it hold more and look again, until it holds all that it needs.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from mpi.index.answers import Kept, check_repeated
from mpi.index.changes import Cause, ChangeResult, IngestResult
from mpi.index.compiled import Releases
from mpi.index.disturbance import Disturbance
from mpi.index.locks import request_name
from mpi.index.plan import Done, Plan, plan
from mpi.index.region import Place
from mpi.store.change import Change
from mpi.store.near import Near
from mpi.store.near_rows import Standing
from mpi.store.store import Store

log = logging.getLogger("mpi.ingest")

ROUNDS = 20
"""How often a change tries to hold what it needs beside others, before it runs alone."""
MOST_NAMES = 1_000
"""Names that one change holds; the server's table of locks has some 6,000 for everybody."""

R = TypeVar("R", bound=IngestResult | ChangeResult)
R_co = TypeVar("R_co", bound=IngestResult | ChangeResult, covariant=True)


class Event(Protocol[R_co]):
    """Something that may change the index."""

    @property
    def cause(self) -> Cause:
        """Who asks for it."""
        ...

    @property
    def alone(self) -> bool:
        """Whether it concerns records that cannot be known beforehand, so must run alone."""
        ...

    def names(self) -> frozenset[int]:
        """The names of the records that it is about; see `locks`."""
        ...

    def request(self) -> object:
        """All that was asked for, to tell a repeated request from another; ready for JSON."""
        ...

    def look(self, place: Place) -> R_co | Disturbance:
        """What it changes where it takes place, or the answer where it changes nothing."""
        ...

    def result(self, done: Done) -> R_co:
        """What it did."""
        ...

    def kept(self, answer: dict[str, Any]) -> R_co:
        """An answer that was kept."""
        ...


@dataclass(frozen=True, slots=True)
class _Seen(Generic[R]):
    """An event worked out at a moment of the index."""

    place: Place
    found: R | Plan


class Engine:
    """Changes one index. Keep one for the life of a process; threads may share it."""

    def __init__(self, store: Store, releases: Releases) -> None:
        """Args: releases, compiled; shared with whatever matches."""
        self._store = store
        self.releases = releases

    def run(self, event: Event[R]) -> R:
        """Carry out an event; it is durable when this returns.

        Raises what the event raises, IdempotencyConflict, IndexBusy, NotMatchable.
        """
        seen = None if event.alone else self._in_view(event)
        if seen is not None and not event.cause.key and not isinstance(seen.found, Plan):
            return seen.found
        names = _names(event, seen)
        for _ in range(0 if event.alone else ROUNDS):
            if len(names) > MOST_NAMES:
                break
            with self._store.changing() as change:
                change.hold(names)
                seen, names = self._settled(event, change, seen, names)
                if seen is not None:
                    return self._written(event, change, seen)
        if not event.alone:
            log.warning("An event concerns so many records that it ran alone.")
        with self._store.changing() as change:
            change.hold_everything()
            return self._written(event, change, self._seen(event, change.near))

    def rehearse(self, event: Event[R]) -> None:
        """Work an event out and write nothing, so that the next one finds everything prepared."""
        self._in_view(event)

    def _in_view(self, event: Event[R]) -> _Seen[R]:
        with self._store.reading() as view:
            return self._seen(event, view.near)

    def _seen(self, event: Event[R], near: Near, standing: Standing | None = None) -> _Seen[R]:
        """Work an event out, on the index as it stands."""
        standing = standing or near.standing()
        place = Place(near, standing, self.releases.compiled(near, standing.release_id))
        kept = check_repeated(near, event.cause, event.request)
        if kept is not None:
            return _Seen(place, event.kept(kept))
        looked = event.look(place)
        return _Seen(place, plan(place, looked) if isinstance(looked, Disturbance) else looked)

    def _settled(
        self, event: Event[R], change: Change, seen: _Seen[R] | None, held: frozenset[int]
    ) -> tuple[_Seen[R] | None, frozenset[int]]:
        """An event worked out while all that it needs is held; else None, and what it needs."""
        standing = change.standing()
        if seen is None or _is_past(seen, standing, event):
            seen = self._seen(event, change.near, standing)
        while not self._store.one_at_a_time:
            needed = _names(event, seen)
            if needed <= held:
                break
            if len(needed) > MOST_NAMES or not change.hold(needed - held, waiting=False):
                return None, held | needed
            held |= needed
            seen = self._seen(event, change.near)
        return seen, held

    def _written(self, event: Event[R], change: Change, seen: _Seen[R]) -> R:
        """Write what was worked out; the answer is kept if it was asked for under a key."""
        kept = Kept(event.cause, event.request)
        if not isinstance(seen.found, Plan):
            change.write(kept.writes(None, now(event.cause), seen.found))
            return seen.found
        stamp = change.advance(seen.found.tally(now(event.cause)))
        done = seen.found.stamped(stamp)
        result = event.result(done)
        change.write([*done.writes(), *kept.writes(stamp.sequence, stamp.at, result)])
        if seen.found.disturbance.forgotten is not None:
            change.forget(seen.found.disturbance.forgotten, stamp)
        return result


def now(cause: Cause) -> str:
    """The time of an event as the log has it."""
    at = cause.at or datetime.now(UTC)
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _names(event: Event[R], seen: _Seen[R] | None) -> frozenset[int]:
    cause = event.cause
    asked = {request_name(cause.client, cause.key)} if cause.key else set()
    names = event.names() | asked
    return names | seen.found.names if seen and isinstance(seen.found, Plan) else names


def _is_past(seen: _Seen[R], standing: Standing, event: Event[R]) -> bool:
    """Whether anything happened since an event was worked out, so that it may be otherwise now."""
    before = seen.place.standing
    moved = (standing.generation, standing.sequence) != (before.generation, before.sequence)
    return moved or bool(event.cause.key)
