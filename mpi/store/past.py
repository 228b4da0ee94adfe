"""Reading history: what happened at each event, and what the index believed at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from mpi.records import RecordKey
from mpi.store.database import Asked, Prepare
from mpi.store.past_queries import past_queries
from mpi.store.rows import Event, LoggedEvent, Residence

LOGGED = 100
"""Events of the log read at once."""


class Moved(NamedTuple):
    """A record that changed person at an event; None for no person."""

    key: RecordKey
    came: str | None
    went: str | None


class Ended(NamedTuple):
    """A person id that came back (`restored`) or went out of use (`retired`) at an event."""

    person_id: str
    what: str
    how: str | None
    successors: tuple[str, ...]


class Ending(NamedTuple):
    """One time at which a person id came back or went out of use."""

    sequence: int
    what: str
    how: str | None
    successors: tuple[str, ...]


class Stay(NamedTuple):
    """From which event until which (None: it still does) a record belonged to a person."""

    key: RecordKey
    since: int
    until: int | None


class HeldThen(NamedTuple):
    """An identifier as a record held it."""

    system: str
    value: str
    verified: bool
    key: RecordKey


class HeldWhen(NamedTuple):
    """From which event until which (None: it still does) a record held an identifier."""

    system: str
    value: str
    verified: bool
    since: int
    until: int | None


class Past:
    """History as one view sees it. A sequence names the moment right after that event."""

    def __init__(self, connection: Connection, prepare: Prepare) -> None:
        """Args: connection, in a transaction."""
        self._connection = connection
        self._of = past_queries(prepare)

    def logged(self, after: int, *, at_once: int = LOGGED) -> Iterator[LoggedEvent]:
        """The log after an event, oldest first."""
        last = after
        while True:
            rows = self._of.logged.rows(self._connection, after=last, limit=at_once)
            for sequence, kind, at, detail in rows:
                yield LoggedEvent(sequence, Event(kind, at, json.loads(detail)))
            if len(rows) < at_once:
                return
            last = rows[-1][0]

    def sequence_at(self, at: str) -> int:
        """The last event up to a time, given as the log has it; 0 before the first."""
        ((sequence,),) = self._of.moment.rows(self._connection, at=at)
        return int(sequence or 0)

    def heard_since(self, source: str, at: str) -> frozenset[str]:
        """The keys of the records of a source that messages after a time were about.

        Args: at, a time as the log has it.
        """
        rows = self._of.heard.rows(self._connection, source=source, at=at)
        return frozenset(source_id for (source_id,) in rows)

    def moved(self, sequence: int, *, limit: int, offset: int = 0) -> list[Moved]:
        """The records that changed person at an event, by the persons, then by key."""
        asked = {"sequence": sequence, "limit": limit, "offset": offset}
        rows = self._of.moved.rows(self._connection, **asked)
        return [Moved(RecordKey(row[0], row[1]), row[2], row[3]) for row in rows]

    def left_by(self, beginning: str, sequence: int, *, limit: int, offset: int = 0) -> list[str]:
        """The persons whom records left at an event whose keys begin with something, in order."""
        asked = {"sequence": sequence, "limit": limit, "offset": offset}
        rows = self._of.left_by.rows(self._connection, beginning=beginning, **asked)
        return [person_id for (person_id,) in rows]

    def created(self, sequence: int, *, limit: int, offset: int = 0) -> list[str]:
        """The person ids that an event brought, in order."""
        asked = {"sequence": sequence, "limit": limit, "offset": offset}
        return [person_id for (person_id,) in self._of.created.rows(self._connection, **asked)]

    def changed(
        self, sequence: int, *, limit: int, offset: int = 0, by_feeds: bool = False
    ) -> list[str]:
        """The other persons of whom a record moved at an event, or said something else.

        Args: by_feeds, whether the event took in whole feeds.
        """
        asked = {"sequence": sequence, "limit": limit, "offset": offset}
        statement = self._of.changed_by_feeds if by_feeds else self._of.changed
        return [person_id for (person_id,) in statement.rows(self._connection, **asked)]

    def ended(self, sequence: int, *, limit: int, offset: int = 0) -> list[Ended]:
        """The person ids that came back or went out of use at an event."""
        asked = {"sequence": sequence, "limit": limit, "offset": offset}
        rows = self._of.ended.rows(self._connection, **asked)
        return [Ended(row[0], row[1], row[2], _ids(row[3])) for row in rows]

    def first_sequence(self, person_id: str) -> int | None:
        """The event that brought a person id; None if it was never issued."""
        found = self._of.first_sequence.rows(self._connection, person_id=person_id)
        return found[0][0] if found else None

    def endings(self, person_id: str) -> list[Ending]:
        """When a person id came back or went out of use, oldest first."""
        rows = self._of.changes.rows(self._connection, person_id=person_id)
        return [Ending(row[0], row[1], row[2], _ids(row[3])) for row in rows]

    def stays(self, person_id: str) -> list[Stay]:
        """The records that ever belonged to a person id, oldest first."""
        rows = self._of.stays.rows(self._connection, person_id=person_id)
        return [Stay(RecordKey(row[0], row[1]), row[2], row[3]) for row in rows]

    def residences(self, key: RecordKey) -> list[Residence]:
        """The persons a record has belonged to, oldest first."""
        rows = self._of.residences.rows(self._connection, **key._asdict())
        return [Residence(*row) for row in rows]

    def held(self, key: RecordKey) -> list[HeldWhen]:
        """The identifiers that a record ever held, oldest first."""
        rows = self._of.names.rows(self._connection, **key._asdict())
        return [HeldWhen(row[0], row[1], row[2] == 1, row[3], row[4]) for row in rows]

    def members(self, person_id: str, sequence: int) -> tuple[RecordKey, ...]:
        """The records of a person id at a moment."""
        asked: dict[str, Asked] = {"person_id": person_id, "sequence": sequence}
        return tuple(RecordKey(*row) for row in self._of.members.rows(self._connection, **asked))

    def last_members(self, person_id: str, sequence: int) -> tuple[RecordKey, ...]:
        """The records that left a person id at an event."""
        asked: dict[str, Asked] = {"person_id": person_id, "sequence": sequence}
        rows = self._of.last_members.rows(self._connection, **asked)
        return tuple(RecordKey(*row) for row in rows)

    def identifiers(self, person_id: str, sequence: int) -> list[HeldThen]:
        """The identifiers that the records of a person id held at a moment."""
        asked: dict[str, Asked] = {"person_id": person_id, "sequence": sequence}
        rows = self._of.identifiers.rows(self._connection, **asked)
        return [HeldThen(row[0], row[1], row[2] == 1, RecordKey(row[3], row[4])) for row in rows]

    def release_id(self, sequence: int) -> str | None:
        """The release in force at a moment; None before the first link."""
        found = self._of.release.rows(self._connection, sequence=sequence)
        return json.loads(found[0][0]).get("release") if found else None


def _ids(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()
