"""Putting and deleting records in a linked index: what is answered, and what is then held."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mpi.errors import (
    IdempotencyConflict,
    InvalidRecord,
    NotMatchable,
    RecordErased,
    UnknownSource,
)
from mpi.index.changes import Cause, Effect, IngestResult, Status
from mpi.index.index import Index
from mpi.index.verify import verify
from mpi.linking.intake import record_of
from mpi.records import Identifier, Name, Record, RecordKey
from mpi.store.database import database_at
from mpi.store.near import keyed
from mpi.store.store import open_store

NEW = "9999-12-31T00:00:00"
"""A version after every other."""
NOBODY = Record("nomis", "Z0001ZZ", "1", (Name("Zebedee", "Quux"),), ("1901-02-03",))


@pytest.fixture
def index(url):
    with Index.open(url) as opened:
        yield opened


def held(index, count):
    """Some records of the index, from all over it."""
    with index._store.reading() as view:
        numbers = range(0, view.state.records, max(view.state.records // count, 1))
        return [record_of(each.payload) for each in view.records(numbers)]


def person_of(index, key):
    with index._store.reading() as view:
        return view.person_id_of(key)


def counts(index):
    return index.state().records, index.state().persons


def test_a_record_of_nobody_known_is_a_person_of_its_own(index):
    before = counts(index)
    found = index.put(NOBODY)
    assert found.status is Status.CREATED
    assert found.searchable
    assert found.sequence == index.state().sequence == 2
    assert [(each.person_id, each.effect) for each in found.persons] == [
        (found.person_id, Effect.CREATED)
    ]
    assert person_of(index, NOBODY.key) == found.person_id
    assert counts(index) == (before[0] + 1, before[1] + 1)


def test_a_new_record_of_somebody_known_joins_them(index):
    joined = 0
    for record in held(index, 12):
        before = person_of(index, record.key)
        found = index.put(replace(record, source_id=f"{record.source_id}x", version="1"))
        if found.person_id == before:
            assert [(each.person_id, each.effect) for each in found.persons] == [
                (before, Effect.CHANGED)
            ]
            joined += 1
    assert joined > 6


def test_the_index_is_what_linking_its_records_would_make_of_it(index, url):
    for at, record in enumerate(held(index, 25)):
        match at % 4:
            case 0:
                index.put(replace(record, source_id=f"{record.source_id}x", version="1"))
            case 1:
                index.put(replace(record, version=NEW, birth_dates=("1980-01-01",)))
            case 2:
                index.delete(record.key)
            case 3:
                other = held(index, 3)[1]
                both = record.identifiers + other.identifiers
                index.put(replace(record, version=NEW, identifiers=both, names=other.names))
    found = verify(url)
    assert found.clean, found.summary()
    assert found.events == index.state().sequence > 20


def test_an_older_version_and_the_same_again_change_nothing(index):
    index.put(replace(NOBODY, version="7"))
    before = counts(index), index.state().sequence
    same = index.put(replace(NOBODY, version="7"))
    older = index.put(replace(NOBODY, version="6"))
    other = index.put(replace(NOBODY, version="7", sex="F"))
    assert same.status is Status.DUPLICATE
    assert older.status is other.status is Status.STALE
    assert {same.person_id, older.person_id} == {person_of(index, NOBODY.key)}
    assert {same.sequence, older.sequence, other.sequence} == {None}
    assert (counts(index), index.state().sequence) == before


def test_versions_are_compared_as_numbers_and_times_as_times(index):
    index.put(replace(NOBODY, version="9"))
    assert index.put(replace(NOBODY, version="10")).status is Status.UPDATED
    timed = Record("courts", "T1", "2026-01-01T10:00:00+02:00", NOBODY.names)
    index.put(timed)
    earlier = replace(timed, version="2026-01-01T09:30:00+02:00", sex="F")
    later = replace(timed, version="2026-01-01T08:30:00Z", sex="F")
    assert index.put(earlier).status is Status.STALE
    assert index.put(later).status is Status.UPDATED


def test_where_a_source_has_no_versions_the_time_of_the_message_counts(index):
    plain = replace(NOBODY, version="")
    index.put(plain, event_time="2026-01-02T00:00:00Z")
    late = index.put(replace(plain, sex="F"), event_time="2026-01-01T00:00:00Z")
    newer = index.put(replace(plain, sex="M"), event_time="2026-01-03T00:00:00Z")
    assert (late.status, newer.status) == (Status.STALE, Status.UPDATED)


def test_a_deleted_record_stays_away_until_a_newer_version_comes(index):
    created = index.put(replace(NOBODY, version="5"))
    gone = index.delete(NOBODY.key, version="6")
    assert (gone.status, gone.person_id) == (Status.DELETED, None)
    assert [(each.person_id, each.effect) for each in gone.persons] == [
        (created.person_id, Effect.RETIRED)
    ]
    assert index.put(replace(NOBODY, version="6")).status is Status.STALE
    assert index.delete(NOBODY.key, version="6").status is Status.DUPLICATE
    assert index.delete(NOBODY.key, version="5").status is Status.STALE
    back = index.put(replace(NOBODY, version="7"))
    assert back.person_id == created.person_id
    assert [each.effect for each in back.persons] == [Effect.RESTORED]


def test_a_delete_that_comes_first_keeps_older_versions_out(index):
    first = index.delete(NOBODY.key, version="5")
    assert (first.status, first.persons) == (Status.DELETED, ())
    assert index.put(replace(NOBODY, version="4")).status is Status.STALE
    assert index.put(replace(NOBODY, version="6")).status is Status.CREATED


def test_a_delete_of_no_version_is_of_whatever_there_is(index):
    index.put(replace(NOBODY, version="5"))
    assert index.delete(NOBODY.key).status is Status.DELETED
    assert index.delete(NOBODY.key).status is Status.DUPLICATE
    assert index.put(replace(NOBODY, version="5")).status is Status.STALE


def test_deleting_what_was_added_restores_every_person_and_id(index):
    before = {record.key: person_of(index, record.key) for record in held(index, 60)}
    for record in held(index, 10):
        added = replace(record, source_id=f"{record.source_id}x", version="1")
        index.put(added)
        index.delete(added.key)
    assert {key: person_of(index, key) for key in before} == before


def test_a_repeated_request_gets_the_answer_of_the_first(index):
    cause = Cause("desk", "k1")
    first = index.put(NOBODY, cause=cause)
    again = index.put(NOBODY, cause=cause)
    assert (first.repeated, again.repeated) == (False, True)
    assert again.as_dict() == first.as_dict()
    assert IngestResult.from_dict(first.as_dict()) == again
    assert index.put(NOBODY, cause=Cause("other", "k1")).status is Status.DUPLICATE


def test_an_idempotency_key_is_for_one_request(index):
    cause = Cause("desk", "k1")
    index.put(NOBODY, cause=cause)
    with pytest.raises(IdempotencyConflict):
        index.put(replace(NOBODY, version="2"), cause=cause)
    with pytest.raises(IdempotencyConflict):
        index.delete(NOBODY.key, cause=cause)
    assert index.state().sequence == 2


def test_a_repeated_request_is_known_again_though_its_record_stayed_restricted(index):
    """A key is for what was sent, not for what was stored of it."""
    index.put(replace(NOBODY, restricted=True))
    cause, later = Cause("desk", "k1", may_unrestrict=False), replace(NOBODY, version="2")
    first, again = (index.put(later, cause=cause) for _ in range(2))
    assert (first.status, first.repeated, again.repeated) == (Status.UPDATED, False, True)
    assert again.as_dict() == first.as_dict()
    with index._store.reading() as view:
        (row,) = (each for each in view.records_of("nomis") if each.key == NOBODY.key)
    assert record_of(row.payload).restricted
    with pytest.raises(IdempotencyConflict):
        index.put(replace(later, restricted=True), cause=cause)


def test_an_answer_that_nothing_changed_is_kept_as_well(index):
    index.put(replace(NOBODY, version="5"))
    stale = replace(NOBODY, version="4")
    first = index.put(stale, cause=Cause("desk", "k2"))
    index.delete(NOBODY.key)
    again = index.put(stale, cause=Cause("desk", "k2"))
    assert (first.status, again.repeated) == (Status.STALE, True)
    assert again.person_id == first.person_id


def test_an_erased_record_is_not_taken_in_again_unless_told_so(index, url):
    database = database_at(url)
    with database.sole_writer() as connection, connection.begin():
        secret = connection.exec_driver_sql("SELECT secret FROM index_state").scalar()
        name = keyed(bytes(secret), NOBODY.key).hex()
        blob = f"x'{name}'" if database.one_at_a_time else f"'\\x{name}'::bytea"
        connection.exec_driver_sql(f"INSERT INTO erased VALUES ({blob}, 1, 'asked', '')")
    database.close()
    with pytest.raises(RecordErased):
        index.put(NOBODY)
    with pytest.raises(RecordErased):
        index.delete(NOBODY.key, version="3")
    assert index.put(NOBODY, again=True).status is Status.CREATED
    assert index.put(replace(NOBODY, version="2")).status is Status.UPDATED


def test_a_record_with_nothing_to_match_on_is_stored_and_said_so(index):
    found = index.put(Record("nomis", "Z0002ZZ", "1", (Name("UNKNOWN", "UNKNOWN"),), sex="F"))
    assert (found.status, found.searchable) == (Status.CREATED, False)
    assert person_of(index, RecordKey("nomis", "Z0002ZZ")) == found.person_id


@pytest.mark.parametrize(
    "key", [("nomis", ""), ("", "1"), ("nomis", "a\x00b"), ("nomis", "~1"), ("nomis", "a\nb")]
)
def test_what_can_be_no_key_is_refused(index, key):
    with pytest.raises(InvalidRecord):
        index.put(Record(*key, "1"))
    with pytest.raises(InvalidRecord):
        index.delete(RecordKey(*key))


def test_a_source_that_nobody_knows_is_refused(index):
    with pytest.raises(UnknownSource):
        index.put(Record("shoe-shop", "1"))
    with pytest.raises(UnknownSource):
        index.delete(RecordKey("shoe-shop", "1"))


@pytest.mark.parametrize(
    "record",
    [
        Record("nomis", "O1", "1", (Name("\x00", "\x00\x00"),), ("\x00",)),
        Record("nomis", "O2", "1", (Name("\U0001f600", "\U0001f469\u200d\U0001f680"),)),
        Record("nomis", "O3", "1", (Name("محمد", "حسين"),), ("1990-01-01",)),
        Record("nomis", "O4", "1", tuple(Name(f"A{n}", f"B{n}") for n in range(2_000))),
        Record("nomis", "O5", "1", birth_dates=("2999-12-31", "0000-00-00", "9" * 1000)),
        Record("nomis", "'; DROP TABLE record_0; --", "1", emails=("@", "a@b" * 1000)),
        Record("nomis", "O6", "\U0001f600", identifiers=(Identifier("nhs-number", "9"),)),
    ],
    ids=["nul", "emoji", "right-to-left", "aliases", "dates", "quotes", "version"],
)
def test_odd_records_are_stored_and_found_again(index, record):
    assert index.put(record).status is Status.CREATED
    assert index.put(record).status is Status.DUPLICATE
    with index._store.reading() as view:
        (stored,) = view.records(view.person_with(record.key).anchors)
    assert record_of(stored.payload) == record
    assert index.delete(record.key).status is Status.DELETED


def test_an_index_that_was_never_linked_takes_nothing_in(tmp_path):
    url = f"sqlite:///{tmp_path / 'mpi.db'}"
    open_store(url, create=True).close()
    with Index.open(url) as index, pytest.raises(NotMatchable):
        index.put(NOBODY)


def test_the_log_never_goes_back_in_time(index):
    late = datetime(2040, 1, 1, tzinfo=UTC)
    index.put(NOBODY, cause=Cause(at=late))
    index.put(replace(NOBODY, version="2"), cause=Cause(at=datetime(2039, 1, 1, tzinfo=UTC)))
    with index._store.reading() as view:
        times = [each.event.at for each in view.events()]
    assert times[1:] == ["2040-01-01T00:00:00.000+00:00"] * 2


def test_an_answer_is_kept_until_it_is_forgotten(index):
    cause = Cause("desk", "k3", datetime(2030, 1, 1, tzinfo=UTC))
    index.put(NOBODY, cause=cause)
    index.forget_answers(datetime(2029, 12, 31, tzinfo=UTC))
    assert index.put(NOBODY, cause=cause).repeated
    index.forget_answers(datetime(2030, 1, 2, tzinfo=UTC))
    again = index.put(NOBODY, cause=cause)
    assert (again.status, again.repeated) == (Status.DUPLICATE, False)


def test_getting_ready_changes_nothing(index, unchanged):
    index.prepare()


def test_look_ups_and_matches_see_a_record_at_once(index):
    value = "9990000018"
    record = replace(NOBODY, identifiers=(Identifier("nhs-number", value, verified=True),))
    found = index.put(record)
    (person,) = index.cross_references("nhs-number", value).persons
    assert person.person_id == found.person_id
    (match,) = index.match(replace(record, source_id="other")).persons
    assert (match.person_id, match.best) == (found.person_id, record.key)
    changed = replace(record, version="2", names=(Name("Ann", "Other"),), birth_dates=())
    index.put(changed)
    (match,) = index.match(replace(changed, source_id="other")).persons
    assert match.best == record.key
