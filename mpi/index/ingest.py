"""Use cases: put a record into an open index, and delete one.

A message counts if its version is newer than what the index knows of the record, whenever it comes;
so messages that come late, twice or in another order lead to the same records. Persons, links and
confidence are then those that linking all records anew would give.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from mpi.errors import NotPermitted, RecordErased
from mpi.index.arriving import Arrival, arrive, identifiers_of
from mpi.index.changes import UNCONDITIONAL, Cause, IngestResult, Status
from mpi.index.conditions import tag_of
from mpi.index.disturbance import Disturbance, Edit
from mpi.index.locks import known_names
from mpi.index.message import DELETED, Message
from mpi.index.plan import Done
from mpi.index.region import Place
from mpi.index.sealed import Following
from mpi.linking.delivery import Said, replaces
from mpi.linking.intake import payload_of, record_of
from mpi.linking.superseding import NONE
from mpi.records import Record, RecordKey
from mpi.sources.versions import OF_MESSAGE, is_time, message_key, version_key
from mpi.store.near import Near, keyed
from mpi.store.near_rows import Gone, StoredRow


@dataclass(slots=True)
class Put:
    """A record as one source system has it now.

    `event_time` (ISO 8601) orders messages of sources that give no versions; without it, the time
    of its cause does, at which it came. What comes again without saying when is no news: a record
    that is as held is a duplicate. `again` takes in a record that was erased.

    `record` stays what was sent, by which a request is known again; `_kept` is what is stored.
    """

    record: Record
    event_time: str = ""
    again: bool = False
    cause: Cause = field(default_factory=Cause)
    alone: bool = False
    _kept: Record = field(init=False)
    _arrival: tuple[object, Arrival] | None = None

    def __post_init__(self) -> None:
        """Store what was sent, unless looking says otherwise."""
        self._kept = self.record

    def names(self) -> frozenset[int]:
        """See `engine.Event`."""
        return known_names([self.record.key])

    def request(self) -> object:
        """See `engine.Event`."""
        return ["put", self.record, self.event_time, self.again, *conditions(self.cause)]

    def kept(self, answer: dict[str, Any]) -> IngestResult:
        """See `engine.Event`."""
        return IngestResult.from_dict(answer)

    def look(self, place: Place) -> IngestResult | Disturbance:
        """See `engine.Event`; raises RecordErased, ChangedMeanwhile."""
        near, key = place.near, self.record.key
        old = near.stored(key)
        restricted = keeps_restriction(self.cause, old)
        self._keep(replace(self.record, restricted=True) if restricted else self.record)
        payload = payload_of(self._kept)
        self.cause.condition.require(place.standing.secret, old)
        gone = None if old or not place.standing.has_tombstones else near.gone(key)
        version = self._version(payload, _known(old, gone))
        status = _status(version, payload, old, gone)
        if old and self._is_undated and payload == old.payload:
            status = Status.DUPLICATE
        if status is not None:
            return _unchanged(place, key, status, old)
        message = Message(key, self.record.version, version, payload, self.cause.client)
        if old is None and gone is None:
            self._check_erased(place, message)
        new = self._arrived(place, version)
        edit = edit_of(near, key, old, new)
        return Disturbance("put", (edit,), own=message.put(revived=gone is not None))

    def _keep(self, record: Record) -> None:
        """Set what is stored; what was made of something else is made anew."""
        if record != self._kept:
            self._kept, self._arrival = record, None

    def _version(self, payload: bytes, known: str) -> str:
        """The key of its version; without one, it was said at its time, or else when it came."""
        if self.record.version:
            return version_key(self.record.version)
        at = self.cause.at.isoformat() if self.cause.at else ""
        return message_key(self.event_time or at, known, payload=payload)

    @property
    def _is_undated(self) -> bool:
        return not self.record.version and not self.event_time

    def _check_erased(self, place: Place, message: Message) -> None:
        if not place.standing.has_erased:
            return
        name = keyed(place.standing.secret, self.record.key)
        if place.near.is_erased(name):
            if not self.again:
                raise RecordErased()
            message.erased = name

    def _arrived(self, place: Place, version: str) -> Arrival:
        """What is kept of the record, made once for a release and the supersessions in force."""
        superseded = superseding(place, self._kept)
        name = (place.compiled, version, superseded.rows if superseded else None)
        if self._arrival is None or self._arrival[0] != name:
            made = superseded.supersessions if superseded else NONE
            arrived = arrive(self._kept, place.compiled, version_key=version, supersessions=made)
            self._arrival = name, arrived
        return self._arrival[1]

    def result(self, done: Done) -> IngestResult:
        """See `engine.Event`."""
        (edit,) = done.plan.disturbance.edits
        assert edit.new is not None
        return IngestResult(
            Status.UPDATED if edit.old else Status.CREATED,
            edit.key,
            done.person_of(edit.key),
            done.stamp.sequence,
            bool(edit.new.keys),
            done.touched(),
            tag=tag_of(done.plan.place.standing.secret, edit.new),
        )


@dataclass(slots=True)
class Delete:
    """That a source system does not hold a record any more, since a version or a time.

    Without either, whatever version the index holds goes.
    """

    key: RecordKey
    version: str = ""
    event_time: str = ""
    cause: Cause = field(default_factory=Cause)
    alone: bool = False

    def names(self) -> frozenset[int]:
        """See `engine.Event`."""
        return known_names([self.key])

    def request(self) -> object:
        """See `engine.Event`."""
        return ["delete", self.key, self.version, self.event_time, *conditions(self.cause)]

    def kept(self, answer: dict[str, Any]) -> IngestResult:
        """See `engine.Event`."""
        return IngestResult.from_dict(answer)

    def look(self, place: Place) -> IngestResult | Disturbance:
        """See `engine.Event`; raises RecordErased, ChangedMeanwhile, NotPermitted."""
        near = place.near
        old = near.stored(self.key)
        self.cause.condition.require(place.standing.secret, old)
        if keeps_restriction(self.cause, old):
            raise NotPermitted("The record is restricted, and this client may not take that back.")
        gone = None if old else near.gone(self.key)
        known = _known(old, gone)
        version = self._version(known)
        if old is None and gone is None and near.is_erased(keyed(place.standing.secret, self.key)):
            raise RecordErased()
        status = _status_of_deletion(version, old, gone)
        if status is not None:
            return _unchanged(place, self.key, status, old)
        since = version or self._unsaid(known)
        message = Message(self.key, self.version, since, None, self.cause.client)
        edits = (edit_of(near, self.key, old, None),) if old else ()
        return Disturbance("delete", edits, own=message.delete(known=gone is not None))

    def _version(self, known: str) -> str:
        """The key of its version or time; empty where it names neither."""
        if self.version or not self.event_time:
            return version_key(self.version)
        return message_key(self.event_time, known)

    def _unsaid(self, known: str) -> str:
        """The version of a deletion that names none: of whatever is known, or, where the source has
        no versions, of when it comes, but never older than what it deletes.
        """
        of_message = is_time(known) and OF_MESSAGE in known
        if self.cause.at is None or not of_message:
            return known
        return max(known, message_key(self.cause.at.isoformat()))

    def result(self, done: Done) -> IngestResult:
        """See `engine.Event`."""
        sequence = done.stamp.sequence
        return IngestResult(Status.DELETED, self.key, None, sequence, persons=done.touched())


def _known(old: StoredRow | None, gone: Gone | None) -> str:
    """The key of the version in which the index holds a record, or in which it is gone."""
    known = old or gone
    return known.version_key if known else ""


def conditions(cause: Cause) -> list[object]:
    """What of a request is its condition, if it has one."""
    said = cause.condition
    return [] if said == UNCONDITIONAL else [said.one_of, said.none_of]


def keeps_restriction(cause: Cause, old: StoredRow | None) -> bool:
    """Whether a record is restricted, and stays so since who asks may not take that back."""
    return not cause.may_unrestrict and old is not None and record_of(old.payload).restricted


def edit_of(near: Near, key: RecordKey, old: StoredRow | None, new: Arrival | None) -> Edit:
    """A record before and after."""
    if old is None:
        return Edit(-1, key, None, new)
    rows = near.identifiers([old.record_no])
    held = frozenset((row.system, row.value, bool(row.verified)) for row in rows)
    return Edit(old.record_no, key, old, new, held)


def superseding(place: Place, record: Record) -> Following | None:
    """The supersessions in force that concern a record, if there are any."""
    if not place.standing.has_supersessions or not record.identifiers:
        return None
    found = Following(place.near, identifiers_of(record))
    return found if found.rows else None


def _status(
    version: str, payload: bytes, old: StoredRow | None, gone: Gone | None
) -> Status | None:
    """What a put is that comes too late, or again; None if it counts."""
    if old is not None:
        if replaces(version, old.version_key, Said.BY_MESSAGE):
            return None
        same = version == old.version_key and payload == old.payload
        return Status.DUPLICATE if same else Status.STALE
    if gone is None or version > gone.version_key:
        return None
    back = gone.kind != DELETED and version == gone.version_key
    return None if back else Status.STALE


def _status_of_deletion(version: str, old: StoredRow | None, gone: Gone | None) -> Status | None:
    """The same of a deletion; one without a version is of whatever version there is."""
    if old is not None:
        counts = not version or replaces(version, old.version_key, Said.DELETED)
        return None if counts else Status.STALE
    if gone is None:
        return None if version else Status.DUPLICATE
    if version and version != gone.version_key:
        return None if version > gone.version_key else Status.STALE
    # what was only absent could come back in the version that is now said to be deleted
    return Status.DUPLICATE if gone.kind == DELETED else None


def _unchanged(place: Place, key: RecordKey, status: Status, old: StoredRow | None) -> IngestResult:
    """The answer where nothing changes."""
    if old is None:
        return IngestResult(status, key)
    (person,) = place.near.persons([old.person_no])
    tag = tag_of(place.standing.secret, old)
    return IngestResult(status, key, person.person_id, searchable=bool(old.keys), tag=tag)
