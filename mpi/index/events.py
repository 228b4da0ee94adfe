"""What happened, as a feed for others: which records changed person, and what became of persons.

Events are read from history and kept nowhere else, so they cannot disagree with it. Each change to
the index is a number of them under one sequence, in a fixed order; who has read as far as a cursor
misses nothing after it, for sequences become visible in order.

Folding `record-moved` over all of them gives the person of every record. Who follows them and has
read of a record that is erased later cannot be told that this record has left, for its key is
nowhere any more. So where it left a person, `person-restated` says which records the person had
from then on: all others that the follower has under that person are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Any

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import InvalidCursor
from mpi.index import shown
from mpi.index.apart import Apart
from mpi.index.apart_events import as_told
from mpi.records import PSEUDONYM, RecordKey
from mpi.store.past import Ended, Moved, Past
from mpi.store.rows import LoggedEvent
from mpi.store.view import View

if TYPE_CHECKING:
    import pandas as pd

MOST_EVENTS = 10_000
_FEEDS = ("link", "rollback")
_SECTION = 1_000


class EventType(StrEnum):
    """What an event is about."""

    RECORD_MOVED = "record-moved"
    PERSON_CREATED = "person-created"
    PERSON_CHANGED = "person-changed"
    PERSON_RESTORED = "person-restored"
    PERSON_MERGED = "person-merged"
    PERSON_SPLIT = "person-split"
    PERSON_RETIRED = "person-retired"
    PERSON_RESTATED = "person-restated"


_OF_RECORD = ("record", "came_from", "went_to")
_OF_PERSON = ("person_id", "successors")


@dataclass(frozen=True, slots=True)
class IndexEvent:
    """One thing that happened.

    A `record-moved` has a record, the person it came from and the one it went to, either None. All
    others have a person; one merged or split has successors, the persons who took its records over,
    and one restated its `records`. `cause` is what changed the index: put, delete, merge, decide,
    undo, supersede, seal, link, rollback or erase.
    """

    id: str
    sequence: int
    ordinal: int
    type: EventType
    at: str
    cause: str
    person_id: str | None = None
    record: RecordKey | None = None
    came_from: str | None = None
    went_to: str | None = None
    successors: tuple[str, ...] = ()
    records: tuple[RecordKey, ...] = ()

    @property
    def cursor(self) -> str:
        """Where to go on after it."""
        return f"{self.sequence}.{self.ordinal}"

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; without what its type has not."""
        plain: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        plain["type"] = self.type.value
        plain["successors"] = list(self.successors)
        plain["records"] = [key._asdict() for key in self.records]
        if self.record is not None:
            plain["record"] = self.record._asdict()
        dropped = {"records", *(_OF_PERSON if self.record else _OF_RECORD)}
        if self.type is EventType.PERSON_RESTATED:
            dropped = {"successors", *_OF_RECORD}
        return {name: value for name, value in plain.items() if name not in dropped}


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order; `cursor` is where to go on, and `more` says whether there are any yet."""

    events: tuple[IndexEvent, ...]
    cursor: str
    more: bool

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "events": [each.as_dict() for each in self.events],
            "cursor": self.cursor,
            "more": self.more,
        }

    def frame(self) -> pd.DataFrame:
        """One row per event; see `shown.events`."""
        return shown.events(self.as_dict())


def events(
    view: View, after: str = "", *, limit: int = 100, sight: Sight = EVERYTHING
) -> EventPage:
    """Events after a cursor, the oldest first; from the very first one without a cursor.

    Args: sight, of whoever asks: what seals keep apart is told as `apart` has it.
    Raises InvalidCursor for what is none, or is of events that the index does not have: it may have
    been restored from a backup made before.
    """
    sequence, ordinal = _read(after)
    if sequence > view.sequence:
        raise InvalidCursor("The index has not come so far. Read its events from the first one.")
    most = max(1, min(limit, MOST_EVENTS))
    apart = Apart.of(view, sight)
    found = list(islice(_events(view, sequence, ordinal, apart), most + 1))
    page = tuple(found[:most])
    cursor = page[-1].cursor if page else after or "0.0"
    return EventPage(page, cursor, len(found) > most)


def _read(cursor: str) -> tuple[int, int]:
    if not cursor:
        return 0, 0
    sequence, _, ordinal = cursor.partition(".")
    numbers = (sequence, ordinal or "0")
    if not all(each.isdecimal() and each.isascii() and len(each) < 10 for each in numbers):
        raise InvalidCursor("A cursor is what an earlier answer gave, or nothing.")
    return int(sequence), int(ordinal or 0)


def _events(view: View, sequence: int, ordinal: int, apart: Apart) -> Iterator[IndexEvent]:
    """All events after a cursor."""
    seed = view.state.seed.to_bytes(16, "big", signed=True)
    name = blake2b(seed, digest_size=4).hexdigest()
    past = view.past
    for logged in past.logged(max(sequence - 1, 0)):
        skipped = ordinal if logged.sequence == sequence else 0
        rows = _rows(past, logged, skipped, apart)
        for number, said in enumerate(rows, skipped + 1):
            yield IndexEvent(
                id=f"{name}-{logged.sequence}-{number}",
                sequence=logged.sequence,
                ordinal=number,
                at=logged.event.at,
                cause=apart.cause(logged.event.kind),
                **said,
            )


def _rows(
    past: Past, logged: LoggedEvent, skipped: int, apart: Apart
) -> Iterator[Mapping[str, Any]]:
    """What the events of one change say, without the first few; ordinals count from 1."""
    if logged.sequence in apart.moments:
        # the few changes of which something is hidden are read whole, and counted as told
        every = (row for each in _sections(past, logged, apart) for row in each.after(0)[1])
        told = as_told(apart, logged.sequence, every)[skipped:]
        yield from ({**row, "type": EventType(row["type"])} for row in told)
        return
    left = skipped
    for section in _sections(past, logged, apart):
        left, rows = section.after(left)
        yield from rows


@dataclass(frozen=True, slots=True)
class _Section:
    """Events of one kind of one change: how to read some of them, and what each row says."""

    read: Callable[[int, int], list[Any]]
    says: Callable[[Any], Mapping[str, Any]]

    def after(self, skipped: int) -> tuple[int, Iterator[Mapping[str, Any]]]:
        """How many are still to be skipped after this, and what the others say."""
        first = self.read(_SECTION, skipped)
        if not first and skipped:
            return skipped - self._count(skipped), iter(())
        return 0, self._said(first, skipped)

    def _count(self, most: int) -> int:
        """How many there are, given that there are no more than so many."""
        count = 0
        while rows := self.read(min(_SECTION, most - count), count):
            count += len(rows)
            if count >= most:
                break
        return count

    def _said(self, rows: list[Any], offset: int) -> Iterator[Mapping[str, Any]]:
        while rows:
            for row in rows:
                yield self.says(row)
            offset += len(rows)
            rows = self.read(_SECTION, offset) if len(rows) == _SECTION else []


def _sections(past: Past, logged: LoggedEvent, apart: Apart) -> Iterator[_Section]:
    of, by_feeds = logged.sequence, logged.event.kind in _FEEDS
    yield _Section(lambda n, o: past.moved(of, limit=n, offset=o), _moved)
    yield _Section(
        lambda n, o: past.created(of, limit=n, offset=o), _person(EventType.PERSON_CREATED)
    )
    yield _Section(
        lambda n, o: past.changed(of, limit=n, offset=o, by_feeds=by_feeds),
        _person(EventType.PERSON_CHANGED),
    )
    yield _Section(lambda n, o: past.ended(of, limit=n, offset=o), _ended)
    restated = _restated(past, of, apart)
    yield _Section(lambda n, o: past.left_by(PSEUDONYM, of, limit=n, offset=o), restated)


def _moved(row: Moved) -> Mapping[str, Any]:
    return {
        "type": EventType.RECORD_MOVED,
        "record": row.key,
        "came_from": row.came,
        "went_to": row.went,
    }


def _person(kind: EventType) -> Callable[[str], Mapping[str, Any]]:
    return lambda person_id: {"type": kind, "person_id": person_id}


def _restated(past: Past, sequence: int, apart: Apart) -> Callable[[str], Mapping[str, Any]]:
    """What a seal hides of a person is hidden here as well, whenever it was there."""
    return lambda person_id: {
        "type": EventType.PERSON_RESTATED,
        "person_id": person_id,
        "records": apart.told(person_id, past.members(person_id, sequence)),
    }


_HOW = {
    "merged": EventType.PERSON_MERGED,
    "split": EventType.PERSON_SPLIT,
    "deleted": EventType.PERSON_RETIRED,
}


def _ended(row: Ended) -> Mapping[str, Any]:
    kind = EventType.PERSON_RESTORED if row.what == "restored" else _HOW[row.how or "deleted"]
    return {"type": kind, "person_id": row.person_id, "successors": row.successors}
