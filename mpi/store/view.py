"""Reading verbs: one consistent look at the index, in as few statements as the answer allows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from mpi.records import RecordKey
from mpi.store import queries, taken
from mpi.store.database import Moment, Prepare
from mpi.store.near import Near
from mpi.store.past import Past
from mpi.store.rows import (
    Event,
    HeldIdentifier,
    Holder,
    LoggedEvent,
    Member,
    PairConfidence,
    PersonRows,
    Release,
    Residence,
    RetiredPerson,
    State,
    StoredLink,
    StoredRecord,
)
from mpi.store.taken import DecisionTaken, SealMade, SupersessionMade
from mpi.store.whole_tables import WholeTables

# Arrow takes a quarter of a second to import, which a look-up has no need to wait for.
if TYPE_CHECKING:
    from mpi.store.rulings import Rulings

T = TypeVar("T")

FEW = 16
"""Records up to which it is cheaper to fetch every pair of a person than to ask for some."""
BATCH = 500
"""Values listed in one statement."""


@dataclass(slots=True)
class Seen:
    """What the views of one store need not read again: the last state, and releases by id."""

    states: dict[int, State] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)


class View(WholeTables):
    """One moment of the index; see `Store.reading`. Every verb answers from that moment."""

    def __init__(self, moment: Moment, prepare: Prepare, seen: Seen) -> None:
        """Args: prepare, of the same database; seen, what was read before."""
        self._connection = moment.connection
        self.sequence = moment.sequence
        self._seen = seen
        self.generation = moment.generation
        self._prepare = prepare
        self._queries = queries.queries_of(moment.generation, prepare)

    @property
    def near(self) -> Near:
        """What lies around a change, to work it out before it is made."""
        return Near(self._connection, self.generation, self._prepare)

    @property
    def past(self) -> Past:
        """History: what happened at each event, and what was believed at a time."""
        return Past(self._connection, self._prepare)

    @property
    def state(self) -> State:
        """Where the index stands: release, counts, last event."""
        state = self._seen.states.get(self.sequence)
        if state is None:
            state = self._state()
            self._seen.states.clear()
            self._seen.states[state.sequence] = state
        return state

    def _state(self) -> State:
        """The state as it is kept, but for the release, which hardly ever is another one."""
        (row,) = self._queries.state.rows(self._connection)
        release_id, counts = row[7], row[4]
        return State(
            generation=row[0],
            sequence=row[1],
            seed=row[2],
            release=None if release_id is None else self._release(release_id),
            provisional=row[3] == 1,
            counts=json.loads(counts),
            records=row[5],
            persons=row[6],
            last_at=row[8],
        )

    def _release(self, release_id: str) -> Release:
        release = self._seen.releases.get(release_id)
        if release is None:
            asked = {"release_id": release_id}
            name, document = self._connection.execute(queries.RELEASE, asked).one()
            release = Release(release_id, name, json.loads(document))
            self._seen.releases[release_id] = release
        return release

    def release_files(self) -> dict[str, bytes]:
        """The files of the release that made the index, by name; none if it came before 0003."""
        rows = self._connection.execute(queries.RELEASE_FILES)
        return {name: bytes(content) for name, content in rows}

    def records_holding(self, system: str, value: str) -> list[Holder]:
        """The records that hold an identifier (canonical value); empty if none does."""
        found = self._queries.holders.rows(self._connection, system=system, value=value)
        return [Holder(number, person, on == 1) for number, person, on in found]

    def persons_holding(self, system: str, value: str) -> tuple[PersonRows, ...]:
        """The persons who hold an identifier (canonical value), by number; anchors: its holders.

        More than one person: the identifier is ambiguous. None: empty.
        """
        anchors: dict[int, list[int]] = {}
        for holder in self.records_holding(system, value):
            anchors.setdefault(holder.person_no, []).append(holder.record_no)
        return tuple(self._person(person_no, anchors[person_no]) for person_no in sorted(anchors))

    def person_of(self, person_id: str) -> PersonRows | None:
        """A person by id, anchored on the golden record; None if the id is not in use now.

        For an id that was in use, see `resolve_retired`.
        """
        found = self._queries.person_no_of_id.rows(self._connection, person_id=person_id)
        return self._person(found[0][0], [found[0][1]]) if found else None

    def person_with(self, key: RecordKey) -> PersonRows | None:
        """The person a record belongs to, anchored on that record; None if there is no record."""
        found = self._queries.person_no_of_record.rows(self._connection, **key._asdict())
        return self._person(found[0][0], [found[0][1]]) if found else None

    def person_id_of(self, key: RecordKey) -> str | None:
        """The id of the person a record belongs to; None if there is no record."""
        found = self._queries.person_id_of_record.rows(self._connection, **key._asdict())
        return str(found[0][0]) if found else None

    def _person(self, person_no: int, anchors: Sequence[int]) -> PersonRows:
        rows = self._queries.person.rows(self._connection, person_no=person_no)
        person_id, golden, findings, all_pairs = rows[0][:4]
        members = {row[4]: Member(row[4], RecordKey(row[5], row[6])) for row in rows}
        held = (HeldIdentifier(row[4], row[7], row[8], row[9] == 1) for row in rows if row[7])
        return PersonRows(
            person_no=person_no,
            person_id=person_id,
            golden_record_no=golden,
            findings=tuple(json.loads(findings)),
            all_pairs=all_pairs == 1,
            anchors=tuple(anchors),
            members=tuple(members.values()),
            identifiers=tuple(held),
            pairs=self._pairs(person_no, anchors, few=not all_pairs or len(members) <= FEW),
        )

    def _pairs(
        self, person_no: int, anchors: Sequence[int], *, few: bool
    ) -> tuple[PairConfidence, ...]:
        if few:
            rows = self._queries.pairs.rows(self._connection, person_no=person_no)
            return tuple(PairConfidence(*row) for row in rows)
        asked = {"person_no": person_no, "anchors": list(anchors)}
        found = self._connection.execute(self._queries.pairs_of_anchors, asked)
        return tuple(PairConfidence(*row) for row in found)

    def has_source(self, source: str) -> bool:
        """Whether the index holds a record of a source system."""
        return bool(self._queries.source.rows(self._connection, source=source))

    def candidates(self, keys: Iterable[int]) -> list[int]:
        """Numbers of the records that carry any of some blocking keys, ascending and distinct."""
        found: set[int] = set()
        for some in _batches(keys):
            found.update(self._connection.scalars(self._queries.candidates, {"keys": some}))
        return sorted(found)

    def records(self, record_nos: Iterable[int]) -> Iterator[StoredRecord]:
        """Whole records by number; ascending if the numbers are. Unknown numbers are left out."""
        for some in _batches(record_nos):
            asked = {"record_nos": some}
            for row in self._connection.execute(self._queries.records, asked):
                number, source, source_id, *rest = row
                yield StoredRecord(number, RecordKey(source, source_id), *rest)

    def records_of(self, source: str) -> Iterator[StoredRecord]:
        """All records of a source system, in order of their keys."""
        for rows in self._queries.records_of.batches(self._connection, BATCH, source=source):
            for number, source, source_id, *rest in rows:
                yield StoredRecord(number, RecordKey(source, source_id), *rest)

    def links_among(self, record_nos: Sequence[int]) -> list[StoredLink]:
        """The links whose both ends are among some records (at most a few thousand)."""
        asked = {"record_nos": list(record_nos)}
        # all at once: of a person with 200 records there are 20,000
        rows = self._connection.execute(self._queries.links, asked).all()
        return [StoredLink(left, right, weight, bool(on)) for left, right, weight, on in rows]

    def resolve_retired(self, person_id: str) -> RetiredPerson | None:
        """What became of a person id; None if it is in use or was never issued."""
        asked = {"person_id": person_id}
        row = self._connection.execute(queries.RETIRED_PERSON, asked).one_or_none()
        if row is None:
            return None
        rows = self._connection.execute(queries.RETIRED_MEMBERS, asked)
        members = tuple(RecordKey(*key) for key in rows)
        return RetiredPerson(
            person_id=person_id,
            first_sequence=row.first_sequence,
            retired_sequence=row.retired_sequence,
            how=row.how,
            successors=tuple(json.loads(row.successors)),
            members=members,
            current=self.current_persons(members),
        )

    def current_persons(self, record_keys: Iterable[RecordKey]) -> dict[str, int]:
        """The persons who hold some records now, with the number of those records each holds."""
        counts: dict[str, int] = {}
        for some in _batches(record_keys):
            asked = {"record_keys": some}
            for person_id, count in self._connection.execute(self._queries.current_persons, asked):
                counts[person_id] = counts.get(person_id, 0) + count
        return dict(sorted(counts.items()))

    def members_ever(self, person_id: str) -> list[RecordKey]:
        """The records that belong to a person, or once did; empty for an id never issued."""
        asked = {"person_id": person_id}
        return [RecordKey(*row) for row in self._connection.execute(queries.MEMBERS_EVER, asked)]

    def residences(self, key: RecordKey) -> list[Residence]:
        """The persons a record has belonged to, oldest first."""
        asked = {"source": key.source, "source_id": key.source_id}
        return [Residence(*row) for row in self._connection.execute(queries.RESIDENCES, asked)]

    def events(self) -> list[LoggedEvent]:
        """The log, oldest first."""
        rows = self._connection.execute(queries.EVENTS)
        return [LoggedEvent(n, Event(kind, at, json.loads(said))) for n, kind, at, said in rows]

    def rulings(self) -> Rulings:
        """All that is decided, replaced, sealed and gone, for a link."""
        from mpi.store.rulings import rulings

        return rulings(self._connection)

    def decisions(
        self, *, key: RecordKey | None = None, everything: bool = False
    ) -> list[DecisionTaken]:
        """Decisions, oldest first; of one record, if wanted; `everything`, those undone too."""
        return taken.decisions(self._connection, key=key, everything=everything)

    def supersessions(self, *, everything: bool = False) -> list[SupersessionMade]:
        """Supersessions, oldest first; `everything`, those undone too."""
        return taken.supersessions(self._connection, everything=everything)

    def seals(self, *, everything: bool = False) -> list[SealMade]:
        """Seals, oldest first; `everything`, those undone too."""
        return taken.seals(self._connection, everything=everything)


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while some := list(islice(rest, BATCH)):
        yield some
