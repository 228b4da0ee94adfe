"""A small index driven by the events of `tests.properties.small_world`, beside the reference."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime

import orjson
from sqlalchemy import inspect, select

from mpi.errors import ContradictingDecision, NothingToUndo, RecordNotFound, UsageError
from mpi.index.changes import Cause
from mpi.index.decide import Decision, Seal, Supersession, Verdict
from mpi.index.events import EventType
from mpi.index.index import Index
from mpi.index.snapshot import _release
from mpi.linking.sealing import RECORD
from mpi.records import Identifier, RecordKey
from mpi.store import snapshot as tables
from mpi.store.database import database_at
from mpi.store.rows import Event
from mpi.store.schema import generation
from mpi.store.snapshot import Snapshot
from mpi.store.store import open_store
from tests.properties import reference_ids, small_world
from tests.properties.reference_ids import at_ms
from tests.properties.reference_state import Answer, Link, Sure

SEED = int.from_bytes(reference_ids.SEED, "big")
LINKED = Event(kind="link", at="2020-01-01T00:00:00.000+00:00")
FIRST = 1
"""The sequence of the link that made an empty index."""
REFUSED = (ContradictingDecision, NothingToUndo, RecordNotFound, UsageError)
"""What the door may answer to an event of the small world."""
KEPT = {"alembic_version", "release", "release_file"}
STATE = (
    "UPDATE index_state SET sequence = 1, next_record_no = 0, next_person_no = 0, records = 0,"
    " persons = 0, last_at = ''"
)


def empty_index(url, release):
    """Make an index of no records with a release."""
    store = open_store(url, create=True, seed=SEED)
    nothing = Snapshot(
        records=[],
        identifiers=tables.IDENTIFIERS.empty_table(),
        keys=tables.KEYS.empty_table(),
        links=tables.LINKS.empty_table(),
        persons=tables.PERSONS.empty_table(),
        confidence=tables.CONFIDENCE.empty_table(),
        release=_release(release),
    )
    store.replace(nothing, LINKED)
    store.close()
    return url


def clear(url):
    """Make an index as `empty_index` left it."""
    database = database_at(url)
    with database.sole_writer() as connection, connection.begin():
        for name in inspect(connection).get_table_names():
            if name == "index_state":
                connection.exec_driver_sql(STATE)
            elif name == "log":
                connection.exec_driver_sql("DELETE FROM log WHERE sequence > 1")
            elif name not in KEPT:
                connection.exec_driver_sql(f"DELETE FROM {name}")
    database.close()


class Driven:
    """An index that takes the events of the small world."""

    def __init__(self, url):
        self.index = Index.open(url)
        self.sequence = FIRST
        self.made = {}

    def close(self):
        self.index.close()

    def apply(self, event):
        """Take an event; whether it changed anything. What is refused raises."""
        at = datetime.fromtimestamp(at_ms(self.sequence + 1) / 1000, UTC)
        result = self._apply(event, Cause(at=at))
        if result.sequence is None or result.sequence <= self.sequence:
            return False
        assert result.sequence == self.sequence + 1
        self.sequence += 1
        if isinstance(event, small_world.Decide | small_world.Seal | small_world.Supersede):
            self.made[event.version] = result.sequence
        return True

    def _apply(self, event, cause):
        index = self.index
        match event:
            case small_world.Put(record, version):
                return index.put(replace(record, version=str(version)), cause=cause)
            case small_world.Delete(key, version):
                return index.delete(key, version=str(version), cause=cause)
            case small_world.Decide(left, right, verdict, _):
                return index.decide(Decision(Verdict(verdict), left, right), cause=cause)
            case small_world.Seal(sides, _):
                one, other = (tuple(map(_named, _of(sides, number))) for number in (1, 2))
                return index.seal(Seal(one, other), cause=cause)
            case small_world.Supersede(system, old, new, _):
                return index.supersede(Supersession(system, old, new), cause=cause)
            case small_world.Undo(target):
                return index.undo(self.made.get(target, 0), cause=cause)

    def view(self):
        return self.index._store.reading()

    def answer(self):
        """What the index holds, by record key."""
        with self.view() as view:
            return answer_of(view)

    def persons(self):
        """The person of every record."""
        with self.view() as view:
            rows = view.previous_membership().to_pylist()
        return {RecordKey(r["source"], r["source_id"]): r["person_id"] for r in rows}

    def events(self, limit=7):
        """All events, a few at a time."""
        cursor, more = "", True
        while more:
            page = self.index.events(cursor, limit=limit)
            yield from page.events
            cursor, more = page.cursor, page.more


def _of(sides, number):
    return [side for side in sides if side.side == number]


def _named(side):
    return (RecordKey if side.kind == RECORD else Identifier)(side.first, side.second)


def answer_of(view):
    """All of a generation that is a function of the state, by record key."""
    t, ask = generation(view.generation), view.near.connection.execute
    key, members = {}, defaultdict(set)
    for row in ask(select(t.record)):
        key[row.record_no] = RecordKey(row.source, row.source_id)
        members[row.person_no].add(key[row.record_no])

    def ends(row):
        assert row.record_l < row.record_r
        return tuple(sorted((key[row.record_l], key[row.record_r])))

    persons = ask(select(t.person)).all()
    assert {row.person_no for row in persons} == members.keys()
    assert all(row.record_count == len(members[row.person_no]) for row in persons)
    return Answer(
        {ends(row): Link(row.weight, row.blocked == 1) for row in ask(select(t.link))},
        {
            frozenset(members[row.person_no]): (
                key[row.golden_record_no],
                tuple(orjson.loads(row.findings)),
            )
            for row in persons
        },
        {
            ends(row): Sure(row.direct, row.bottleneck, row.confidence)
            for row in ask(select(t.confidence))
        },
        {ends(row): (row.weight, row.why) for row in ask(select(t.possible))},
    )


def folded(events):
    """The person of every record, from what moved."""
    person = {}
    for event in events:
        if event.type is EventType.PERSON_RESTATED:
            had = {key for key, each in person.items() if each == event.person_id}
            assert had == set(event.records)
        if event.record is not None:
            assert person.get(event.record) == event.came_from
            if event.went_to is None:
                del person[event.record]
            else:
                person[event.record] = event.went_to
    return person
