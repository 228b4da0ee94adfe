"""Many who change one index at the same time do to it what they would do one after the other."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event

import pytest

from mpi.index.changes import Cause, Status
from mpi.index.ingest import Delete, Put
from tests.index.small_index import Driven, answer_of, folded
from tests.properties import small_world
from tests.properties.reference_state import Compiled, State
from tests.properties.small_world import BIRTH_DATES, KEYS, NHS, PHONES, record

COMPILED = Compiled(small_world.release())
SAID = (BIRTH_DATES[0], "F")
WAIT = 10


@pytest.fixture
def url(small_url):
    """An empty index in a database of each kind."""
    return small_url


@pytest.fixture
def opened(url):
    """Opens the index as another process would."""
    made = []

    def another():
        made.append(Driven(url))
        return made[-1].index

    yield another
    for each in made:
        each.close()


def held(index):
    with index._store.reading() as view:
        return answer_of(view)


def sequence(index):
    return index.state().sequence


def linked(key, *phones):
    """A record of one woman, who is found by telephone numbers."""
    return record(key, phones, SAID, NHS)


class Paused:
    """What an event does right before it writes: it says so, and waits."""

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.reached, self.go = Event(), Event()

    def result(self, done):
        self.reached.set()
        assert self.go.wait(WAIT)
        return super().result(done)


class PausedPut(Paused, Put):
    """A put that waits before it writes."""


class PausedDelete(Paused, Delete):
    """A delete that waits before it writes."""


def run(index, event):
    return index._running().run(event)


def while_it_waits(paused, other):
    """Carry out two events, the second while the first is about to write; their results."""
    (index, first), (another, second) = paused, other
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(run, index, first)
        assert first.reached.wait(WAIT)
        two = pool.submit(run, another, second)
        with pytest.raises(TimeoutError):
            two.result(timeout=0.3)
        first.go.set()
        return one.result(WAIT), two.result(WAIT)


def test_of_two_who_create_one_record_one_does(opened):
    mine = linked(KEYS[0], PHONES[0])
    first, second = while_it_waits((opened(), PausedPut(mine)), (opened(), Put(mine)))
    assert (first.status, second.status) == (Status.CREATED, Status.DUPLICATE)
    assert first.person_id == second.person_id
    assert len(held(opened()).persons) == 1


def test_two_new_records_of_one_person_become_one_person(opened):
    one, other = linked(KEYS[0], PHONES[0]), linked(KEYS[3], PHONES[0])
    first, second = while_it_waits((opened(), PausedPut(one)), (opened(), Put(other)))
    assert first.person_id == second.person_id
    assert set(held(opened()).persons) == {frozenset((KEYS[0], KEYS[3]))}


def test_a_bridge_that_comes_while_one_of_its_ends_goes(opened):
    index, another = opened(), opened()
    index.put(linked(KEYS[0], PHONES[0]))
    index.put(linked(KEYS[1], PHONES[1]))
    bridge = linked(KEYS[3], PHONES[0], PHONES[1])
    while_it_waits((index, PausedPut(bridge)), (another, Delete(KEYS[0])))
    assert set(held(index).persons) == {frozenset((KEYS[1], KEYS[3]))}


def test_a_record_that_goes_while_a_bridge_to_it_comes(opened):
    index, another = opened(), opened()
    index.put(linked(KEYS[0], PHONES[0]))
    index.put(linked(KEYS[1], PHONES[1]))
    bridge = linked(KEYS[3], PHONES[0], PHONES[1])
    while_it_waits((index, PausedDelete(KEYS[0])), (another, Put(bridge)))
    assert set(held(index).persons) == {frozenset((KEYS[1], KEYS[3]))}


def test_a_tombstone_for_what_just_comes(opened):
    index, another = opened(), opened()
    late = Put(small_world.record(KEYS[0], (PHONES[0],), SAID), event_time="2026-01-01T00:00:00")
    gone = PausedDelete(KEYS[0], event_time="2026-01-02T00:00:00")
    first, second = while_it_waits((index, gone), (another, late))
    assert (first.status, second.status) == (Status.DELETED, Status.STALE)
    assert held(index).persons == {}


def test_one_request_that_comes_twice_at_once_is_carried_out_once(opened):
    mine, cause = linked(KEYS[0], PHONES[0]), Cause("desk", "request-1")
    first, second = while_it_waits(
        (opened(), PausedPut(mine, cause=cause)), (opened(), Put(mine, cause=cause))
    )
    assert second.repeated
    assert second.as_dict() == first.as_dict()
    assert sequence(opened()) == first.sequence


def test_six_who_create_one_record_at_once_make_one_person(opened):
    indexes = [opened() for _ in range(6)]
    for at, key in enumerate(KEYS[:3]):
        mine, start = record(key, (PHONES[at],), SAID), Barrier(6)

        def create(index, mine=mine, start=start):
            start.wait()
            return index.put(mine)

        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(create, indexes))
        assert sorted(each.status for each in found) == [Status.CREATED, *[Status.DUPLICATE] * 5]
        assert len({each.person_id for each in found}) == 1
    assert len(held(indexes[0]).persons) == 3


@pytest.mark.parametrize("seed", range(3))
def test_any_interleaving_ends_where_batch_ends(opened, seed):
    rng = random.Random(seed)
    events = [_about_a_record(rng, version) for version in range(1, 61)]
    state = State()
    for event in events:
        state.take(event)
    indexes = [opened() for _ in range(4)]

    def tell(mine):
        index, some = mine
        for event in some:
            _tell(index, event)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, zip(indexes, (events[at::4] for at in range(4)), strict=True)))
    assert held(indexes[0]) == state.answer(COMPILED)
    page = indexes[0].events(limit=10_000)
    assert set(folded(page.events)) == set(state.records)
    with indexes[0]._store.reading() as view:
        assert [each.sequence for each in view.events()] == list(range(1, view.sequence + 1))


def _about_a_record(rng, version):
    key = rng.choice(KEYS)
    if rng.random() < 0.25:
        return small_world.Delete(key, version)
    phones = tuple(sorted(rng.sample(PHONES, rng.choice((1, 1, 2, 3)))))
    said = (rng.choice(("", *BIRTH_DATES)), rng.choice("FM"))
    return small_world.Put(record(key, phones, said, *rng.choice(((), (NHS,)))), version)


def _tell(index, event):
    if isinstance(event, small_world.Put):
        index.put(replace(event.record, version=str(event.version)))
    else:
        index.delete(event.key, version=str(event.version))
