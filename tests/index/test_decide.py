"""Decisions, supersessions and seals in an index, and undoing them; on both stores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mpi.errors import (
    ContradictingDecision,
    IdempotencyConflict,
    InvalidIdentifier,
    InvalidParameter,
    InvalidRecord,
    NothingToUndo,
    PersonNotFound,
    RecordNotFound,
    UnknownIdentifierSystem,
    UsageError,
)
from mpi.index.changes import Cause, ChangeResult, Effect, Status
from mpi.index.decide import Decision, Seal, Supersession, Verdict
from mpi.index.texts import LONGEST_NAME, LONGEST_TEXT
from mpi.records import LONGEST_KEY, LONGEST_VERSION, Identifier, RecordKey
from tests.properties.small_world import BIRTH_DATES, KEYS, NHS, OTHER_NHS, PHONES, record

ANN, BEA, CAT, DEE = KEYS[:4]


@pytest.fixture
def driven(four):
    """An index of four records, all of different persons."""
    return four


@pytest.fixture
def index(driven):
    return driven.index


def same(left, right, **more):
    return Decision(Verdict.SAME, left, right, **more)


def different(left, right):
    return Decision(Verdict.DIFFERENT, left, right)


def together(driven):
    """The records of each person who has several."""
    groups = {}
    for key, person in driven.persons().items():
        groups.setdefault(person, set()).add(key)
    return [members for members in groups.values() if len(members) > 1]


def test_same_makes_one_person_and_undoing_it_gives_both_ids_back(driven, index):
    before = driven.persons()
    made = index.decide(same(ANN, BEA, reason="both seen", by="desk"))
    assert together(driven) == [{ANN, BEA}]
    assert [each.effect for each in made.persons] == [Effect.CHANGED, Effect.MERGED]
    assert made.persons[1].successors == (before[ANN],)
    assert index.person(before[BEA]).current == {before[ANN]: 1}
    undone = index.undo(made.sequence, by="desk", reason="wrong")
    assert driven.persons() == before
    assert Effect.RESTORED in [each.effect for each in undone.persons]


def test_the_survivor_named_keeps_its_id(driven, index):
    before = driven.persons()
    index.decide(same(ANN, BEA, survivor=before[BEA]))
    assert set(driven.persons().values()) == {before[BEA], before[CAT], before[DEE]}


@pytest.mark.parametrize("verdict", [Verdict.DIFFERENT, Verdict.UNSURE])
def test_a_survivor_is_named_only_with_same_and_is_one_of_the_two(driven, index, verdict):
    before = driven.persons()
    with pytest.raises(UsageError):
        index.decide(same(ANN, BEA, survivor=before[CAT]))
    with pytest.raises(UsageError):
        index.decide(Decision(verdict, ANN, BEA, survivor=before[ANN]))


def test_different_parts_what_links_joined(driven, index):
    index.put(record(BEA, (PHONES[0],), (BIRTH_DATES[0], "F"), NHS), event_time="2026-01-01")
    assert together(driven) == [{ANN, BEA}]
    made = index.decide(different(ANN, BEA))
    assert together(driven) == []
    index.undo(made.sequence)
    assert together(driven) == [{ANN, BEA}]


def test_unsure_takes_back_what_was_decided(driven, index):
    index.decide(same(ANN, BEA))
    index.decide(Decision(Verdict.UNSURE, BEA, ANN))
    assert together(driven) == []


def test_deciding_the_same_again_changes_nothing(index):
    first = index.decide(same(ANN, BEA))
    again = index.decide(same(BEA, ANN))
    assert (again.sequence, again.changed, again.persons) == (first.sequence, False, ())
    assert index.state().sequence == first.sequence


def test_a_decision_that_contradicts_others_is_refused_with_the_chain(driven, index):
    index.decide(same(ANN, BEA))
    index.decide(different(BEA, CAT))
    sequence = index.state().sequence + 1
    with pytest.raises(ContradictingDecision) as refused:
        index.decide(same(ANN, CAT))
    assert refused.value.chain == (ANN, BEA, CAT)
    index.decide(same(BEA, DEE))
    with pytest.raises(ContradictingDecision) as refused:
        index.decide(different(DEE, ANN))
    assert refused.value.chain == (ANN, BEA, DEE)
    assert index.state().sequence == sequence
    assert together(driven) == [{ANN, BEA, DEE}]


UNSURE = Verdict.UNSURE


@pytest.mark.parametrize("over", [UNSURE, Verdict.DIFFERENT])
def test_undoing_does_not_put_back_what_contradicts_decisions_made_since(driven, index, over):
    index.decide(same(ANN, BEA))
    taken_back = index.decide(Decision(over, ANN, BEA))
    index.decide(same(BEA, CAT))
    apart = index.decide(different(ANN, CAT))
    before = driven.answer()
    with pytest.raises(ContradictingDecision) as refused:
        index.undo(taken_back.sequence)
    assert refused.value.chain == (ANN, CAT, BEA)
    assert driven.answer() == before
    index.undo(apart.sequence)
    index.undo(taken_back.sequence)
    assert together(driven) == [{ANN, BEA, CAT}]


def test_undoing_does_not_put_back_what_parts_records_joined_since(driven, index):
    index.decide(different(ANN, BEA))
    taken_back = index.decide(Decision(UNSURE, ANN, BEA))
    index.decide(same(ANN, CAT))
    index.decide(same(CAT, BEA))
    with pytest.raises(ContradictingDecision) as refused:
        index.undo(taken_back.sequence)
    assert refused.value.chain == (ANN, CAT, BEA)
    assert together(driven) == [{ANN, BEA, CAT}]


def test_undoing_a_decision_that_another_replaced_puts_nothing_back(driven, index):
    index.decide(same(ANN, BEA))
    first = index.decide(Decision(UNSURE, ANN, BEA))
    index.decide(different(ANN, BEA))
    index.decide(same(BEA, CAT))
    index.undo(first.sequence)
    assert together(driven) == [{BEA, CAT}]


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63, 2**70])
def test_a_number_that_no_event_can_have_is_nothing_to_undo(index, number):
    with pytest.raises(NothingToUndo):
        index.undo(number)


NUL, HALF, LONG = "a\x00b", "a\ud800b", "x" * 5_000
ODD = RecordKey("courts", NUL)
ONE = record(ANN, (PHONES[0],), (BIRTH_DATES[0], "F"))
TWO_SIDES = (ANN,), (BEA,)


@pytest.mark.parametrize(
    ("change", "error", "named"),
    [
        (lambda i: i.decide(same(ANN, BEA, reason=NUL)), InvalidParameter, "reason"),
        (lambda i: i.decide(same(ANN, BEA, reason=LONG)), InvalidParameter, "reason"),
        (lambda i: i.decide(same(ANN, BEA, reason=HALF)), InvalidParameter, "reason"),
        (lambda i: i.decide(same(ANN, BEA, by=NUL)), InvalidParameter, "by"),
        (lambda i: i.decide(same(ANN, BEA, survivor=NUL)), InvalidParameter, "survivor"),
        (lambda i: i.decide(same(ANN, ODD)), InvalidRecord, "source_id"),
        (lambda i: i.undo(2, reason=NUL), InvalidParameter, "reason"),
        (lambda i: i.undo(2, by=LONG), InvalidParameter, "by"),
        (lambda i: i.seal(Seal(*TWO_SIDES, reason=NUL)), InvalidParameter, "reason"),
        (lambda i: i.seal(Seal((ODD,), (BEA,))), InvalidRecord, "source_id"),
        (lambda i: i.seal(Seal((BEA,), (RecordKey(LONG, "1"),))), InvalidRecord, "source_id"),
        (
            lambda i: i.supersede(Supersession("nhs-number", OTHER_NHS, NHS, reason=NUL)),
            InvalidParameter,
            "reason",
        ),
        (lambda i: i.erase(ANN, "request", NUL), InvalidParameter, "by"),
        (lambda i: i.erase(ODD, "request"), InvalidRecord, "source_id"),
        (lambda i: i.put(replace(ONE, version=NUL)), InvalidRecord, "version"),
        (lambda i: i.put(replace(ONE, version=LONG)), InvalidRecord, "version"),
        (lambda i: i.put(ONE, event_time=LONG), InvalidParameter, "event_time"),
        (lambda i: i.put(ONE, cause=Cause(NUL)), InvalidParameter, "client"),
        (lambda i: i.put(ONE, cause=Cause("a", LONG)), InvalidParameter, "idempotency_key"),
        (lambda i: i.delete(ANN, version=LONG), InvalidRecord, "version"),
        (lambda i: i.delete(ANN, cause=Cause("a", NUL)), InvalidParameter, "idempotency_key"),
        (lambda i: i.person(NUL), PersonNotFound, None),
        (lambda i: i.history(NUL), PersonNotFound, None),
        (lambda i: i.as_of(HALF, 1), PersonNotFound, None),
    ],
)
def test_what_a_database_cannot_keep_is_refused_at_the_door_and_the_same_everywhere(
    driven, index, change, error, named
):
    before = driven.answer(), index.state().sequence
    with pytest.raises(error) as refused:
        change(index)
    places = refused.value.where
    assert named in (None, places.get("parameter"), places.get("field"))
    assert (driven.answer(), index.state().sequence) == before


def test_the_longest_that_may_be_given_is_kept(driven, index):
    wide = "\U0001f642"
    key = RecordKey("courts", wide * (LONGEST_KEY - len("courts")))
    longest = replace(
        ONE, source_id=key.source_id, version=wide * LONGEST_VERSION, addresses=(NUL,)
    )
    cause = Cause(wide * LONGEST_NAME, wide * LONGEST_NAME)
    assert index.put(longest, cause=cause).person_id == driven.persons()[key]
    made = index.decide(same(key, ANN, reason=wide * LONGEST_TEXT, by=wide * LONGEST_NAME))
    index.undo(made.sequence, reason=wide * LONGEST_TEXT)
    assert index.delete(key).status is Status.DELETED
    assert index.erase(key, "request").changed


def test_the_opposite_of_a_decision_on_the_same_two_replaces_it(driven, index):
    index.decide(same(ANN, BEA))
    index.decide(different(ANN, BEA))
    assert together(driven) == []
    assert [each.verdict for each in index.decisions()] == ["same", "different"]


def test_a_decision_holds_when_a_record_goes_and_comes_back(driven, index):
    index.decide(same(ANN, BEA))
    index.delete(ANN)
    assert together(driven) == []
    index.put(record(ANN, (PHONES[0],), (BIRTH_DATES[0], "F")), event_time="2026-01-01")
    assert together(driven) == [{ANN, BEA}]


def test_a_decision_is_on_two_records_that_are_there(index):
    with pytest.raises(RecordNotFound):
        index.decide(same(ANN, RecordKey("courts", "none")))
    with pytest.raises(UsageError):
        index.decide(same(ANN, ANN))


def test_a_seal_outranks_decisions_and_links(driven, index):
    index.decide(same(ANN, BEA))
    sealed = index.seal(Seal((ANN,), (BEA,), reason="protection"))
    assert together(driven) == []
    with pytest.raises(ContradictingDecision) as refused:
        index.decide(same(BEA, ANN, reason="again", survivor=driven.persons()[ANN]))
    assert refused.value.chain == (ANN, BEA)
    index.undo(sealed.sequence)
    assert together(driven) == [{ANN, BEA}]


def test_a_seal_names_all_who_hold_an_identifier_also_later(driven, index):
    index.seal(Seal((Identifier("nhs-number", "999 000 0018"),), (BEA,)))
    index.put(record(BEA, (PHONES[1],), (BIRTH_DATES[0], "F")), event_time="2026-01-01")
    index.put(record(ANN, (PHONES[1],), (BIRTH_DATES[0], "F"), NHS), event_time="2026-01-01")
    assert together(driven) == []
    index.put(record(ANN, (PHONES[1],), (BIRTH_DATES[0], "F")), event_time="2026-01-02")
    assert together(driven) == [{ANN, BEA}]


@pytest.mark.parametrize(
    ("one", "other"), [((), (BEA,)), ((ANN,), ()), ((ANN, CAT), (BEA, CAT))], ids=str
)
def test_a_seal_has_two_sides_apart(index, one, other):
    with pytest.raises(UsageError):
        index.seal(Seal(one, other))


def test_a_superseded_value_counts_as_the_new_one(driven, index):
    said = (BIRTH_DATES[0], "F")
    index.put(record(ANN, (), said, NHS), event_time="2026-01-01")
    index.put(record(BEA, (), said, OTHER_NHS), event_time="2026-01-01")
    assert together(driven) == []
    made = index.supersede(Supersession("nhs-number", "999 000 0026", NHS, by="desk"))
    assert together(driven) == [{ANN, BEA}]
    assert len(index.cross_references("nhs-number", NHS).persons) == 1
    index.put(record(CAT, (), said, OTHER_NHS), event_time="2026-01-01")
    assert together(driven) == [{ANN, BEA, CAT}]
    index.undo(made.sequence)
    assert together(driven) == [{BEA, CAT}]


def test_who_asks_for_a_superseded_value_is_told_of_the_new_one(driven, index):
    index.put(record(ANN, (), (BIRTH_DATES[0], "F"), OTHER_NHS), event_time="2026-01-01")
    index.supersede(Supersession("nhs-number", OTHER_NHS, NHS))
    answer = index.cross_references("nhs-number", OTHER_NHS)
    assert answer.asked.value == NHS
    assert [each.person_id for each in answer.persons] == [driven.persons()[ANN]]


def test_supersessions_do_not_contradict_each_other(index):
    index.supersede(Supersession("nhs-number", OTHER_NHS, NHS))
    again = index.supersede(Supersession("nhs-number", OTHER_NHS, NHS))
    assert not again.changed
    with pytest.raises(ContradictingDecision):
        index.supersede(Supersession("nhs-number", NHS, OTHER_NHS))
    with pytest.raises(ContradictingDecision):
        index.supersede(Supersession("nhs-number", OTHER_NHS, "9990000034"))
    with pytest.raises(UsageError):
        index.supersede(Supersession("nhs-number", NHS, NHS))
    with pytest.raises(InvalidIdentifier):
        index.supersede(Supersession("nhs-number", "12", NHS))
    with pytest.raises(UnknownIdentifierSystem):
        index.supersede(Supersession("shoe-size", "9", "10"))


def test_an_undone_supersession_can_be_made_again(index):
    made = index.supersede(Supersession("nhs-number", OTHER_NHS, NHS))
    index.undo(made.sequence)
    again = index.supersede(Supersession("nhs-number", OTHER_NHS, NHS))
    assert again.changed
    assert [each.sequence for each in index.supersessions()] == [again.sequence]


def test_what_is_not_in_force_cannot_be_undone(index):
    made = index.decide(same(ANN, BEA))
    index.undo(made.sequence)
    for sequence in (made.sequence, 1, 999):
        with pytest.raises(NothingToUndo):
            index.undo(sequence)


def test_decisions_are_listed_with_who_and_why(index):
    first = index.decide(same(ANN, BEA, reason="seen", by="desk"))
    second = index.decide(different(CAT, BEA))
    index.undo(first.sequence)
    (standing,) = index.decisions()
    assert (standing.sequence, standing.left, standing.right) == (second.sequence, BEA, CAT)
    every = index.decisions(everything=True)
    assert [(each.by, each.reason, each.undone) for each in every] == [
        ("desk", "seen", index.state().sequence),
        ("", "", None),
    ]
    assert index.decisions(key=ANN) == []
    assert len(index.decisions(key=ANN, everything=True)) == 1


def test_seals_are_listed_with_their_sides(index):
    index.seal(Seal((ANN, CAT), (Identifier("nhs-number", NHS),), reason="adoption", by="court"))
    (seal,) = index.seals()
    assert seal.one == (("record", *ANN), ("record", *CAT))
    assert seal.other == (("identifier", "nhs-number", NHS),)
    assert (seal.by, seal.reason) == ("court", "adoption")


def test_a_repeated_request_gets_the_answer_of_the_first(index):
    cause = Cause("desk", "k")
    first = index.decide(same(ANN, BEA), cause=cause)
    again = index.decide(same(ANN, BEA), cause=cause)
    assert again.repeated
    assert again == ChangeResult.from_dict(first.as_dict())
    with pytest.raises(IdempotencyConflict):
        index.decide(same(ANN, CAT), cause=cause)
