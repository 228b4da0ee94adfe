"""What a seal broke is told to nobody but those who may know of seals; on both stores."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import MPIError, PersonGone, PersonNotFound, RecordNotFound
from mpi.index.apart import Apart
from mpi.index.decide import Decision, Seal, Verdict
from mpi.index.events import EventType
from mpi.index.look_up import PersonAnswer
from mpi.records import Identifier
from tests.index.small_index import REFUSED, Driven, clear, empty_index, folded
from tests.properties import small_world
from tests.properties.small_world import BIRTH_DATES, KEYS, NHS, PHONES, record

ANN, BEA, CAT, DEE = KEYS[:4]
BLIND = Sight(sealed=False)
RELEASE = small_world.release()


@pytest.fixture
def driven(four):
    """An index of four records, all of different persons."""
    return four


def same(left, right):
    return Decision(Verdict.SAME, left, right)


def every(index, sight, limit=500):
    cursor, more, found = "", True, []
    while more:
        page = index.events(cursor, limit=limit, sight=sight)
        found += page.events
        cursor, more = page.cursor, page.more
    return found


def sealed_sides(index):
    """The pairs of records that lie on two sides of a seal in force, by what they are named."""
    with index._store.reading() as view:
        return Apart.of(view, BLIND).pairs


def ids_ever(index):
    return {
        person
        for each in every(index, EVERYTHING)
        for person in (each.person_id, each.came_from, each.went_to)
        if person
    }


def lived_together(events):
    """The pairs of records that one person had at some time, from what moved."""
    person, found = {}, set()
    for event in events:
        if event.record is None:
            continue
        person[event.record] = event.went_to
        mates = {k for k, v in person.items() if v == event.went_to and event.went_to}
        found |= {frozenset((event.record, each)) for each in mates - {event.record}}
    return found


def check_told_apart(driven):
    """Nothing that somebody is told who may not know of seals has both sides of one."""
    index, now = driven.index, driven.persons()
    parted = {
        frozenset((a, b))
        for a, b in product(now, now)
        if frozenset((now[a], now[b])) in sealed_sides(index)
    }
    events = every(index, BLIND)
    assert every(index, BLIND, limit=3) == events
    assert folded(events) == now
    assert not lived_together(events) & parted
    assert all(each.cause != "seal" for each in events)
    for person_id in ids_ever(index):
        told = told_of_id(index, person_id, index.state().sequence)
        for records in told:
            pairs = {frozenset((a, b)) for a, b in product(records, records) if a != b}
            assert not pairs & parted, person_id


def told_of_id(index, person_id, last):
    """The sets of records that each answer about a person id brings together."""
    try:
        history = index.history(person_id, BLIND)
        yield {key for turn in history.turns for key in (*turn.came, *turn.went)}
        assert all(turn.cause != "seal" for turn in history.turns)
    except PersonNotFound:
        pass
    for sequence in range(last + 1):
        try:
            found = index.as_of(person_id, sequence, BLIND)
        except PersonNotFound:
            continue
        yield {*found.records, *(key for _, keys in found.identifiers for key in keys)}
        yield from redirected(index, found.current)
    try:
        answer = index.person(person_id, BLIND)
    except (PersonNotFound, PersonGone):
        return
    if not isinstance(answer, PersonAnswer):
        yield from redirected(index, answer.current)


def redirected(index, person_ids):
    """The records of the persons to whom an answer leads."""
    found = set()
    for each in person_ids:
        try:
            answer = index.person(each)
        except (PersonNotFound, PersonGone):
            continue
        if isinstance(answer, PersonAnswer):
            found |= set(answer.person.records)
    yield found


def test_what_a_seal_broke_never_was_one(driven):
    index, before = driven.index, driven.persons()
    index.decide(same(ANN, BEA))
    index.decide(same(BEA, CAT))
    index.seal(Seal((ANN,), (BEA, CAT), reason="adoption"))
    check_told_apart(driven)
    now = driven.persons()
    assert now[ANN] != now[BEA]
    assert now[BEA] == now[CAT] == before[ANN]
    assert [e.went_to for e in every(index, BLIND) if e.record == ANN] == [now[ANN]]
    assert index.history(now[ANN], BLIND).in_use
    whole = index.history(now[BEA])
    assert {ANN, BEA, CAT} <= {key for turn in whole.turns for key in turn.came}
    assert [turn.cause for turn in whole.turns][-1] == "seal"


def test_an_id_that_both_sides_left_was_never_issued(driven):
    index = driven.index
    index.decide(same(ANN, BEA))
    index.decide(same(CAT, DEE))
    merged = index.decide(same(BEA, CAT))
    gone = [each.person_id for each in merged.persons if each.successors]
    index.seal(Seal((ANN, BEA), (CAT, DEE)))
    check_told_apart(driven)
    assert gone


def test_those_who_parted_before_the_seal_are_told_apart_as_well(driven):
    index = driven.index
    made = index.decide(same(ANN, BEA))
    index.undo(made.sequence)
    assert lived_together(every(index, BLIND))
    index.seal(Seal((ANN,), (BEA,)))
    check_told_apart(driven)


def test_a_seal_that_is_undone_hides_nothing_but_that_it_was(driven):
    index = driven.index
    index.decide(same(ANN, BEA))
    sealed = index.seal(Seal((ANN,), (BEA,)))
    index.undo(sealed.sequence)
    assert frozenset((ANN, BEA)) in lived_together(every(index, BLIND))
    assert all(each.cause != "seal" for each in every(index, BLIND))


def test_a_seal_may_name_identifiers_and_records_that_are_gone(driven):
    index = driven.index
    index.put(record(BEA, PHONES[1:2], (BIRTH_DATES[0], "F"), NHS), event_time="2026-01-01")
    index.decide(same(ANN, BEA))
    index.seal(Seal((Identifier("nhs-number", NHS),), (ANN,)))
    check_told_apart(driven)
    index.delete(BEA)
    check_told_apart(driven)
    moved = [each for each in every(index, BLIND) if each.record == BEA]
    assert {driven.persons()[ANN]}.isdisjoint({each.came_from for each in moved})


def test_two_records_that_a_seal_keeps_apart_are_not_explained_together(driven):
    index = driven.index
    index.seal(Seal((ANN,), (BEA,)))
    left, right, other = ("|".join(key) for key in (ANN, BEA, CAT))
    assert index.explain(left, right).persons
    assert index.explain(left, other, sight=BLIND).persons
    with pytest.raises(RecordNotFound) as refused:
        index.explain(left, right, sight=BLIND)
    with pytest.raises(RecordNotFound) as absent:
        index.explain(left, f"{BEA.source}|none", sight=BLIND)
    assert refused.value.where == absent.value.where


def test_who_may_know_of_seals_is_told_all(driven):
    index = driven.index
    index.decide(same(ANN, BEA))
    index.seal(Seal((ANN,), (BEA,)))
    assert every(index, EVERYTHING) == every(index, Sight(sources=frozenset()))
    assert frozenset((ANN, BEA)) in lived_together(every(index, EVERYTHING))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return empty_index(f"sqlite:///{tmp_path_factory.mktemp('apart') / 'mpi.db'}", RELEASE)


@given(small_world.histories(10), st.sets(st.sampled_from(KEYS), min_size=2, max_size=2))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_whatever_happened_nothing_told_has_both_sides_of_a_seal(small, events, sides):
    clear(small)
    driven = Driven(small)
    try:
        for event in events:
            try:
                driven.apply(event)
            except REFUSED:
                continue
        one, other = sorted(sides)
        try:
            driven.index.seal(Seal((one,), (other,)))
        except MPIError:
            return
        check_told_apart(driven)
    finally:
        driven.close()


@pytest.mark.parametrize("first", ["erase", "seal"])
def test_what_is_restated_because_a_record_was_erased_does_not_tell_of_a_seal(driven, first):
    index = driven.index
    index.decide(same(ANN, BEA))
    index.decide(same(ANN, CAT))
    for event in (first, {"erase": "seal", "seal": "erase"}[first]):
        if event == "erase":
            index.erase(CAT, "request")
        else:
            index.seal(Seal((ANN,), (BEA,)))
    check_told_apart(driven)
    restated = [e for e in every(index, BLIND) if e.type is EventType.PERSON_RESTATED]
    assert restated
    assert not any({ANN, BEA} <= set(each.records) for each in restated)
    assert any({ANN, BEA} <= set(each.records) for each in every(index, EVERYTHING)) is (
        first == "erase"
    )
