"""A change reads what lies around it and writes all or nothing, in both kinds of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from mpi.errors import IndexBusy
from mpi.records import RecordKey
from mpi.store import sqlite
from mpi.store.change import Tally
from mpi.store.near import keyed
from mpi.store.store import open_store

AT = "2026-02-03T04:05:06.000+00:00"
LATER = "2027-01-01T00:00:00.000+00:00"
NOMIS, PDS = RecordKey("nomis", "1"), RecordKey("pds", "1")
WAIT = 10


def put(change, key, tally=None):
    """Log an event and keep a tombstone for a key: the least that an event may write."""
    stamp = change.advance(tally or Tally(AT))
    logged = {"sequence": stamp.sequence, "kind": "delete", "at": stamp.at, "detail": "{}"}
    gone = {**key._asdict(), "version_key": "1", "kind": "deleted", "sequence": stamp.sequence}
    change.write([("log_new", [logged]), ("tombstone_gone", []), ("tombstone_new", [gone])])
    return stamp


def gone(store, *keys):
    with store.reading() as view:
        return [view.near.gone(key) is not None for key in keys]


def test_what_is_written_is_there_for_the_next_view(linked):
    with linked.changing() as change:
        stamp = put(change, NOMIS)
    assert stamp.sequence == linked.state().sequence == 2
    with linked.reading() as view:
        assert view.near.gone(NOMIS) == ("1", "deleted")
        assert view.near.gone(PDS) is None


def test_what_fails_leaves_nothing(linked):
    def fail():
        with linked.changing() as change:
            put(change, NOMIS)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert linked.state().sequence == 1
    assert gone(linked, NOMIS) == [False]


def test_numbers_are_given_once_and_counted(linked):
    before = linked.state()
    with linked.changing() as change:
        first = put(change, NOMIS, Tally(AT, 2, 1, 2, 1))
    with linked.changing() as change:
        second = put(change, PDS, Tally(AT, 1, 1, -1, -1))
    assert second.first_record_no == first.first_record_no + 2
    assert second.first_person_no == first.first_person_no + 1
    with linked.reading() as view:
        taken = {record.record_no for record in view.records(range(100))}
    assert first.first_record_no > max(taken)
    after = linked.state()
    assert (after.records, after.persons) == (before.records + 1, before.persons)


def test_time_never_goes_back(linked):
    with linked.changing() as change:
        assert put(change, NOMIS, Tally(LATER)).at == LATER
    with linked.changing() as change:
        assert put(change, PDS, Tally(AT)).at == LATER
    assert linked.state().last_at == LATER


def test_a_view_sees_nothing_of_a_change_that_runs(linked):
    with linked.reading() as view:
        with linked.changing() as change:
            put(change, NOMIS)
            assert linked.state().sequence == 1
        assert view.near.gone(NOMIS) is None
        assert view.near.standing().sequence == 1
    assert linked.state().sequence == 2


def test_places_in_the_log_are_taken_in_the_order_of_commits(linked):
    """Who has advanced keeps others from it until it has ended, so nobody can see a gap."""
    advanced, go = Event(), Event()

    def first():
        with linked.changing() as change:
            stamp = put(change, NOMIS)
            advanced.set()
            assert go.wait(WAIT)
        return stamp.sequence

    def second():
        with linked.changing() as change:
            return put(change, PDS).sequence

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        assert advanced.wait(WAIT)
        two = pool.submit(second)
        with pytest.raises(TimeoutError):
            two.result(timeout=0.3)
        go.set()
        assert (one.result(WAIT), two.result(WAIT)) == (2, 3)


def test_a_name_is_held_by_one_change_at_a_time(linked, url):
    if linked.one_at_a_time:
        pytest.skip("there changes run one after the other")
    other = open_store(url)
    with linked.changing() as change:
        assert change.hold([3, 1, 2])
        with other.changing() as another:
            assert another.hold([4, 5], waiting=False)
            assert not another.hold([6, 2], waiting=False)
            assert change.hold([7], waiting=False)
    with other.changing() as another:
        assert another.hold([1, 2, 3], waiting=False)
    other.close()


def test_who_changes_everything_is_alone(linked, url):
    if linked.one_at_a_time:
        pytest.skip("there changes run one after the other")
    other = open_store(url)
    entered, left = Event(), Event()

    def alone():
        with other.changing() as change:
            change.hold_everything()
            entered.set()
            return left.is_set()

    with ThreadPoolExecutor(1) as pool:
        with linked.changing():
            found = pool.submit(alone)
            assert not entered.wait(0.3)
            left.set()
        assert found.result(WAIT)
    other.close()


def test_who_waits_too_long_for_a_turn_is_told_that_the_index_is_busy(linked, monkeypatch):
    if not linked.one_at_a_time:
        pytest.skip("there changes run beside each other")
    monkeypatch.setattr(sqlite, "CHANGE_WAIT_SECONDS", 0.05)

    def another():
        with linked.changing():
            pass

    with linked.changing(), ThreadPoolExecutor(1) as pool, pytest.raises(IndexBusy):
        pool.submit(another).result(WAIT)


def test_the_neighbourhood_is_found_by_number_and_key(linked):
    with linked.reading() as view:
        near = view.near
        numbers = near.numbers([NOMIS, PDS, RecordKey("pds", "nobody")])
        assert set(numbers) == {NOMIS, PDS}
        (link,) = near.links([numbers[NOMIS]])
        assert {link.record_l, link.record_r} == set(numbers.values())
        assert link in near.links([numbers[PDS]])
        records = near.records(list(numbers.values()))
        assert {record.key for record in records} == {NOMIS, PDS}
        (person_no,) = {record.person_no for record in records}
        (person,) = near.persons([person_no])
        assert (person.person_id, person.record_count) == ("p-one", 2)
        (pair,) = near.confidence([person_no])
        assert (pair.direct, pair.bottleneck, pair.confidence) == (None, 9_000, 987_654)
        assert near.holding([("nhs-number", "9990000011")]) == sorted(numbers.values())
        held = near.identifiers([numbers[NOMIS]])
        assert {(row.system, row.verified) for row in held} == {
            ("noms-number", 0),
            ("nhs-number", 1),
        }


def test_who_shares_a_blocking_key_is_found_whatever_its_size(linked):
    with linked.reading() as view:
        for key in (-(2**63), -1, 0, 2**63 - 1):
            assert len(view.near.sharing([key])) == 4
        assert view.near.sharing([17]) == {}
        found = view.near.matching([0, 1])
        assert {each.key for each in found} >= {NOMIS, PDS}
        assert len(found) == 4
        assert set(view.near.sharing([0]).values()) == {0}


def test_a_whole_record_is_read_by_key(linked):
    with linked.reading() as view:
        stored = view.near.stored(NOMIS)
        assert stored.key == NOMIS
        assert stored.payload == b"payload of nomis/1"
        assert [stored] == view.near.payloads([stored.record_no])
        assert view.near.stored(RecordKey("nomis", "none")) is None


@pytest.mark.parametrize(
    "verb",
    [
        *("sharing", "matching", "records", "compared", "links", "possible", "persons"),
        *("confidence", "identifiers", "holding", "numbers", "decisions", "supersessions"),
        "retired",
    ],
)
def test_of_nothing_nothing_is_found(linked, verb):
    with linked.reading() as view:
        assert not getattr(view.near, verb)([])


def test_retired_ids_are_found_by_any_of_their_last_members(linked, link):
    link(linked, {"p-one": ("nomis/1", "pds/1", "nomis/2", "pds/2")})
    with linked.reading() as view:
        rows = view.near.retired([RecordKey("pds", "2")])
        assert {row.key for row in rows} == {RecordKey("nomis", "2"), RecordKey("pds", "2")}
        assert {(row.person_id, row.how) for row in rows} == {("p-two", "merged")}
        assert view.near.retired([NOMIS]) == []


def test_the_name_of_an_erased_record_tells_nothing_without_the_secret():
    one, other = keyed(b"secret", NOMIS), keyed(b"another", NOMIS)
    assert len({one, other, keyed(b"secret", PDS)}) == 3
    assert b"nomis" not in one
