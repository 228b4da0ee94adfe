"""The use cases of an open index in which it changes, and those that say how it has changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import NotMatchable
from mpi.index.texts import (
    LONGEST_NAME,
    check_cause,
    check_key,
    check_ruling,
    check_texts,
    check_version,
    person_id_of,
)
from mpi.records import Name, Record, RecordKey
from mpi.store.store import Store

# What compares takes half a second to import, which a look-up has no need to wait for.
if TYPE_CHECKING:
    from mpi.index.as_of import PersonAsOf
    from mpi.index.changes import Cause, ChangeResult, IngestResult
    from mpi.index.compiled import Compiled
    from mpi.index.decide import Decision, Seal, Supersession
    from mpi.index.engine import Engine
    from mpi.index.erasing import Erasure
    from mpi.index.events import EventPage
    from mpi.index.history import PersonHistory, RecordHistory
    from mpi.store.taken import DecisionTaken, SealMade, SupersessionMade
    from mpi.store.view import View


class Living:
    """The part of `Index` that takes records and decisions one by one, and tells of them."""

    def __init__(self, store: Store) -> None:
        """Args: store, open."""
        self._store = store
        self._lock = Lock()
        self._engine: Engine | None = None
        self._sources: set[str] = set()

    def put(
        self,
        record: Record,
        *,
        event_time: str = "",
        again: bool = False,
        cause: Cause | None = None,
    ) -> IngestResult:
        """Put a record, new or in a newer version; durable when this returns. See `ingest.Put`.

        Raises InvalidRecord, UnknownSource, RecordErased, IdempotencyConflict, NotMatchable,
        IndexBusy.
        """
        from mpi.index.changes import Cause
        from mpi.index.ingest import Put

        check_key(record.key)
        check_version(record.version)
        check_cause(cause, event_time)
        self._check_source(record.source)
        return self._running().run(Put(record, event_time, again, cause or Cause()))

    def delete(
        self,
        key: RecordKey,
        *,
        version: str = "",
        event_time: str = "",
        cause: Cause | None = None,
    ) -> IngestResult:
        """Delete a record, since a version or a time; durable when this returns.

        See `ingest.Delete`. Raises InvalidRecord, UnknownSource, RecordErased, IdempotencyConflict,
        NotMatchable, IndexBusy.
        """
        from mpi.index.changes import Cause
        from mpi.index.ingest import Delete

        check_key(key)
        check_version(version)
        check_cause(cause, event_time)
        self._check_source(key.source)
        return self._running().run(Delete(key, version, event_time, cause or Cause()))

    def decide(self, decision: Decision, *, cause: Cause | None = None) -> ChangeResult:
        """Decide on two records; durable when this returns. See `deciding.Decide`.

        Raises RecordNotFound, UsageError, ContradictingDecision, IdempotencyConflict, NotMatchable,
        IndexBusy; InvalidRecord and InvalidParameter for what cannot be kept.
        """
        from mpi.index.changes import Cause
        from mpi.index.deciding import Decide

        for key in decision.ends:
            check_key(key)
        check_ruling(decision.by, decision.reason)
        check_texts(LONGEST_NAME, survivor=decision.survivor)
        check_cause(cause)
        return self._running().run(Decide(decision, cause or Cause()))

    def supersede(self, supersession: Supersession, *, cause: Cause | None = None) -> ChangeResult:
        """Take one identifier for another. See `superseding.Supersede`.

        Raises UnknownIdentifierSystem, InvalidIdentifier, and as `decide`.
        """
        from mpi.index.changes import Cause
        from mpi.index.superseding import Supersede

        check_ruling(supersession.by, supersession.reason)
        check_cause(cause)
        return self._running().run(Supersede(supersession, cause or Cause()))

    def merge(
        self,
        subsumed: RecordKey,
        survivor: RecordKey,
        *,
        replaced: Supersession | None = None,
        cause: Cause | None = None,
    ) -> ChangeResult:
        """Delete a record that its source merged into another, and take the identifier of the one
        for that of the other, as one event. See `merging.Merge`.

        Raises RecordNotFound where either is not there, and as `supersede` and `delete`.
        """
        from mpi.index.changes import Cause
        from mpi.index.merging import Merge

        for key in (subsumed, survivor):
            check_key(key)
            self._check_source(key.source)
        if replaced is not None:
            check_ruling(replaced.by, replaced.reason)
        check_cause(cause)
        return self._running().run(Merge(subsumed, survivor, replaced, cause or Cause()))

    def seal(self, seal: Seal, *, cause: Cause | None = None) -> ChangeResult:
        """Keep two sides apart whatever comes. See `sealing.PutSeal`; raises as `supersede`."""
        from mpi.index.changes import Cause
        from mpi.index.sealing import PutSeal

        for side in (*seal.one, *seal.other):
            if isinstance(side, RecordKey):
                check_key(side)
        check_ruling(seal.by, seal.reason)
        check_cause(cause)
        return self._running().run(PutSeal(seal, cause or Cause()))

    def undo(
        self,
        sequence: int,
        *,
        by: str = "",
        reason: str = "",
        cause: Cause | None = None,
        decisions_only: bool = False,
    ) -> ChangeResult:
        """Undo a decision, supersession or seal by its number. See `undoing.Undo`.

        With `decisions_only`, seals and supersessions are as if they were not there.

        Raises NothingToUndo, ContradictingDecision where an earlier decision would be in force
        again and contradict others, IdempotencyConflict, NotMatchable, IndexBusy.
        """
        from mpi.index.changes import Cause
        from mpi.index.undoing import Undo

        check_ruling(by, reason)
        check_cause(cause)
        undo = Undo(sequence, by, reason, cause or Cause(), decisions_only)
        return self._running().run(undo)

    def erase(self, key: RecordKey, reason: str, by: str = "") -> Erasure:
        """Erase a record for good, and what the index knows of it. See `erasing`.

        `reason` is a code. Raises RecordNotFound, UsageError, NotMatchable, IndexBusy.
        """
        from mpi.index.erasing import Erase, Erasure

        check_key(key)
        check_texts(LONGEST_NAME, by=by)
        try:
            found = self._running().run(Erase(key, reason, by))
        except NotMatchable as error:
            said = f"{error.detail} Then erase: the person of the record has to be settled anew."
            raise NotMatchable(said) from error
        return Erasure(found.sequence, found.changed, self._store.scrub(), found.persons)

    def events(self, after: str = "", *, limit: int = 100, sight: Sight = EVERYTHING) -> EventPage:
        """What happened after a cursor. See `events.events`; raises InvalidCursor."""
        from mpi.index.events import events

        with self._store.reading() as view:
            return events(view, after, limit=limit, sight=sight)

    def history(self, person_id: str, sight: Sight = EVERYTHING) -> PersonHistory:
        """What happened to a person id; raises PersonNotFound."""
        from mpi.index.history import history

        with self._store.reading() as view:
            return history(view, person_id_of(person_id), sight)

    def record_history(self, key: RecordKey) -> RecordHistory:
        """The persons and identifiers of a record over time; raises RecordNotFound."""
        from mpi.index.history import record_history

        with self._store.reading() as view:
            return record_history(view, key)

    def as_of(self, person_id: str, at: datetime | int, sight: Sight = EVERYTHING) -> PersonAsOf:
        """A person id as it was at a time or after an event; raises PersonNotFound, UsageError."""
        from mpi.index.as_of import as_of

        with self._store.reading() as view:
            return as_of(view, person_id_of(person_id), at, sight)

    def decisions(
        self, *, key: RecordKey | None = None, everything: bool = False
    ) -> list[DecisionTaken]:
        """Decisions, oldest first; of one record, if wanted; `everything`, those undone too."""
        with self._store.reading() as view:
            return view.decisions(key=key, everything=everything)

    def supersessions(self, *, everything: bool = False) -> list[SupersessionMade]:
        """Supersessions, oldest first; `everything`, those undone too."""
        with self._store.reading() as view:
            return view.supersessions(everything=everything)

    def seals(self, *, everything: bool = False) -> list[SealMade]:
        """Seals, oldest first; `everything`, those undone too."""
        with self._store.reading() as view:
            return view.seals(everything=everything)

    def prepare(self) -> None:
        """Get ready for records: import what compares, compile the release, prepare statements.

        Writes nothing. Raises NotMatchable.
        """
        from mpi.index.ingest import Put
        from mpi.index.match import match

        nobody = Record("", "", names=(Name("A", "B"),), birth_dates=("1900-01-01",))
        with self._store.reading() as view:
            match(view, self._compiled_for(view), nobody)
        self._running().rehearse(Put(nobody))

    def forget_answers(self, before: datetime) -> None:
        """Forget what was answered before a time to requests that named an idempotency key.

        Such a request is carried out again if it comes again. Raises IndexBusy.
        """
        at = before.astimezone(UTC).isoformat(timespec="milliseconds")
        with self._store.changing() as change:
            change.write([("idempotency_old", [{"before": at}])])

    def accept(self, sources: Iterable[str]) -> None:
        """Take records of these source systems too, which are described outside of this package."""
        self._sources.update(sources)

    def _check_source(self, source: str) -> None:
        from mpi.index.match import check_source

        if source not in self._sources:
            with self._store.reading() as view:
                check_source(view, source)
            self._sources.add(source)

    def _running(self) -> Engine:
        """What changes the index, made when it is first wanted."""
        from mpi.index.compiled import Releases
        from mpi.index.engine import Engine

        with self._lock:
            if self._engine is None:
                self._engine = Engine(self._store, Releases())
            return self._engine

    def _compiled_for(self, view: View) -> Compiled:
        """The release that made the index, compiled when it is first wanted or is another one."""
        release = view.state.release
        release_id = release.release_id if release else None
        return self._running().releases.compiled(view.near, release_id)
