"""What is told of changes, and what is remembered of persons and records; on both stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mpi.errors import InvalidCursor, PersonNotFound, RecordNotFound, UsageError
from mpi.index.changes import Cause, Effect
from mpi.index.events import EventType
from mpi.index.index import Index
from mpi.records import Identifier, Name, Record, RecordKey
from tests.index.linking import membership
from tests.index.small_index import folded

START = datetime(2027, 1, 1, tzinfo=UTC)
ONE = Record(
    "nomis",
    "Z0001ZZ",
    "1",
    (Name("Zebedee", "Quux"),),
    ("1901-02-03",),
    "M",
    identifiers=(Identifier("nhs-number", "9990000018", verified=True),),
)
TWO = replace(ONE, source="ndelius", source_id="Z000002")


@pytest.fixture
def index(url):
    with Index.open(url) as opened:
        yield opened


def cause(hours):
    return Cause(at=START + timedelta(hours=hours))


def every(index, after="", limit=500):
    found, more = [], True
    while more:
        page = index.events(after, limit=limit)
        found += page.events
        after, more = page.cursor, page.more
    return found


def latest(index, sequence):
    return every(index, f"{sequence - 1}.999999")


def test_the_first_link_creates_everybody_and_folds_to_the_cross_references(index, url):
    events = every(index)
    assert folded(events) == membership(url)
    kinds = [each.type for each in events]
    assert set(kinds) == {EventType.RECORD_MOVED, EventType.PERSON_CREATED}
    assert kinds.count(EventType.PERSON_CREATED) == index.state().persons
    assert [each.ordinal for each in events] == list(range(1, len(events) + 1))


def test_pages_of_any_size_give_the_same_events(index):
    index.put(ONE)
    index.put(TWO)
    whole = every(index, limit=10_000)
    assert every(index, limit=37) == whole
    assert every(index, whole[100].cursor) == whole[101:]
    assert len({each.id for each in whole}) == len(whole)
    assert index.events(whole[-1].cursor).events == ()
    assert index.events(whole[-1].cursor).cursor == whole[-1].cursor


@pytest.mark.parametrize("cursor", ["x", "1.x", "-1", "1.-2", "²", "1" * 30, "1.2.3", " 1"])
def test_what_is_no_cursor_is_refused(index, cursor):
    with pytest.raises(InvalidCursor):
        index.events(cursor)


def test_a_cursor_of_events_that_the_index_does_not_have_is_refused(index):
    last = index.put(ONE).sequence
    assert index.events(f"{last}.9").events == ()
    with pytest.raises(InvalidCursor):
        index.events(f"{last + 1}.0")


def test_each_change_tells_what_it_did(index):
    first = index.put(ONE)
    person = first.person_id
    assert [each.as_dict() | {"id": "", "at": ""} for each in latest(index, 2)] == [
        {
            "id": "",
            "sequence": 2,
            "ordinal": 1,
            "type": "record-moved",
            "at": "",
            "cause": "put",
            "record": ONE.key._asdict(),
            "came_from": None,
            "went_to": person,
        },
        {
            "id": "",
            "sequence": 2,
            "ordinal": 2,
            "type": "person-created",
            "at": "",
            "cause": "put",
            "person_id": person,
            "successors": [],
        },
    ]
    index.put(TWO)
    moved, changed = latest(index, 3)
    assert (moved.record, moved.went_to) == (TWO.key, person)
    assert (changed.type, changed.person_id) == (EventType.PERSON_CHANGED, person)
    index.put(replace(TWO, version="2", town="Leeds"))
    (changed,) = latest(index, 4)
    assert (changed.type, changed.person_id) == (EventType.PERSON_CHANGED, person)
    index.delete(TWO.key)
    moved, changed = latest(index, 5)
    assert (moved.came_from, moved.went_to) == (person, None)
    assert changed.type is EventType.PERSON_CHANGED
    index.delete(ONE.key)
    assert [each.type for each in latest(index, 6)] == [
        EventType.RECORD_MOVED,
        EventType.PERSON_RETIRED,
    ]
    index.put(replace(ONE, version="9"))
    assert [each.type for each in latest(index, 7)] == [
        EventType.RECORD_MOVED,
        EventType.PERSON_RESTORED,
    ]


def test_a_message_that_changes_nothing_tells_nothing(index):
    index.put(ONE)
    last = every(index)[-1].cursor
    index.put(ONE)
    assert index.events(last).events == ()


def test_a_person_has_a_history(index):
    person = index.put(ONE, cause=cause(1)).person_id
    index.put(TWO, cause=cause(2))
    index.delete(ONE.key, cause=cause(3))
    index.delete(TWO.key, cause=cause(4))
    found = index.history(person.upper())
    assert not found.in_use
    assert [(each.effect, each.came, each.went) for each in found.turns] == [
        (Effect.CREATED, (ONE.key,), ()),
        (Effect.CHANGED, (TWO.key,), ()),
        (Effect.CHANGED, (), (ONE.key,)),
        (Effect.RETIRED, (), (TWO.key,)),
    ]
    assert [each.cause for each in found.turns] == ["put", "put", "delete", "delete"]
    assert found.turns[0].at == "2027-01-01T01:00:00.000+00:00"
    with pytest.raises(PersonNotFound):
        index.history("nobody")


def test_a_record_has_a_history_of_persons_and_identifiers(index):
    person = index.put(ONE, cause=cause(1)).person_id
    other = Identifier("nhs-number", "9990000026")
    index.put(replace(ONE, version="2", identifiers=(other,)), cause=cause(2))
    index.delete(ONE.key, cause=cause(3))
    found = index.record_history(ONE.key)
    assert [(each, s.since, s.until) for each, s in found.persons] == [(person, 2, 4)]
    assert [(each, s.since, s.until) for each, s in found.identifiers] == [
        (Identifier("nhs-number", "9990000018", verified=True), 2, 3),
        (other, 3, 4),
    ]
    assert found.as_dict()["persons"][0]["until_at"] == "2027-01-01T03:00:00.000+00:00"
    with pytest.raises(RecordNotFound):
        index.record_history(RecordKey("nomis", "none"))


def test_a_person_is_as_it_was_at_a_time(index):
    person = index.put(ONE, cause=cause(1)).person_id
    index.put(TWO, cause=cause(2))
    index.put(replace(TWO, version="2", identifiers=()), cause=cause(3))
    then = index.as_of(person, START + timedelta(hours=2, minutes=30))
    assert (then.sequence, then.in_use, then.records) == (3, True, (TWO.key, ONE.key))
    assert then.at == "2027-01-01T02:00:00.000+00:00"
    assert [(each.value, keys) for each, keys in then.identifiers] == [
        ("9990000018", (TWO.key, ONE.key))
    ]
    assert [keys for _, keys in index.as_of(person, 4).identifiers] == [(ONE.key,)]
    assert then.release == index.state().release.release_id
    with pytest.raises(PersonNotFound):
        index.as_of(person, START)
    with pytest.raises(UsageError):
        index.as_of(person, 99)


def test_an_id_that_was_merged_away_led_to_whoever_held_its_records_then(index):
    apart = replace(TWO, names=(Name("Ann", "Other"),), identifiers=(), birth_dates=("1999-09-09",))
    one, two = index.put(ONE), index.put(apart)
    assert one.person_id != two.person_id
    index.put(replace(TWO, version="2"))
    index.delete(TWO.key)
    assert index.as_of(two.person_id, 3).in_use
    merged = index.as_of(two.person_id, 4)
    assert (merged.in_use, merged.records, merged.current) == (False, (), {one.person_id: 1})
    assert index.as_of(two.person_id, 5).current == {}
