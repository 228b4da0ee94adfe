"""Probabilities over persons of whom a record is at most one's, and the grades of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.identifiers import SYSTEMS, Uniqueness
from mpi.linking.posterior import contradictions, grade, posterior, strictest
from mpi.model.thresholds import Thresholds
from mpi.records import MatchGrade

THRESHOLDS = Thresholds(review=-1000, low=-1000, join=500, conflict=8000)
CONFIDENCES = st.lists(st.floats(0, 1), max_size=20)
NONE, CONFLICT, HARD = Uniqueness.NONE, Uniqueness.CONFLICT, Uniqueness.HARD_UNIQUE
ORDER = list(MatchGrade)


@given(CONFIDENCES)
def test_the_probabilities_of_all_persons_and_of_none_make_one(confidences):
    each, none = posterior(confidences)
    assert sum(each) + none == pytest.approx(1)
    assert all(0 <= p <= 1 for p in (*each, none))


@given(st.floats(0, 0.9999))
def test_of_one_person_alone_the_probability_is_the_confidence(confidence):
    (alone,), none = posterior([confidence])
    assert alone == pytest.approx(confidence)
    assert none == pytest.approx(1 - confidence)


@given(CONFIDENCES, st.floats(0, 1))
def test_another_person_makes_nobody_more_probable(confidences, other):
    before, none_before = posterior(confidences)
    (*after, _), none = posterior([*confidences, other])
    assert none <= none_before
    assert all(now <= then + 1e-12 for now, then in zip(after, before, strict=True))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_who_is_surer_is_more_probable(confidences):
    ordered = sorted(confidences)
    assert posterior(ordered)[0] == sorted(posterior(ordered)[0])


@pytest.mark.parametrize(
    ("weight", "conflict", "expected"),
    [
        (8000, NONE, MatchGrade.CERTAIN),
        (7999, NONE, MatchGrade.PROBABLE),
        (500, NONE, MatchGrade.PROBABLE),
        (499, NONE, MatchGrade.POSSIBLE),
        (-1000, NONE, MatchGrade.POSSIBLE),
        (-1001, NONE, MatchGrade.CERTAINLY_NOT),
        (8000, CONFLICT, MatchGrade.PROBABLE),
        (7999, CONFLICT, MatchGrade.POSSIBLE),
        (99_000, HARD, MatchGrade.POSSIBLE),
        (-1001, HARD, MatchGrade.CERTAINLY_NOT),
    ],
)
def test_a_grade_is_what_linking_would_make_of_it(weight, conflict, expected):
    assert grade(weight, THRESHOLDS, conflict=conflict) is expected


@given(st.integers(-20_000, 20_000), st.integers(0, 5_000), st.sampled_from([NONE, CONFLICT, HARD]))
def test_more_weight_never_lowers_a_grade(weight, more, conflict):
    lower, higher = (
        ORDER.index(grade(each, THRESHOLDS, conflict=conflict)) for each in (weight, weight + more)
    )
    assert higher <= lower


@pytest.mark.parametrize(
    ("mine", "theirs", "found"),
    [
        ({"nhs-number|9990000018"}, {"nhs-number|9990000026"}, {"nhs-number": CONFLICT}),
        ({"nhs-number|9990000018"}, {"nhs-number|9990000018"}, {}),
        ({"nhs-number|9990000018"}, {"nhs-number|9990000018", "nhs-number|9990000026"}, {}),
        ({"nhs-number|9990000018"}, {"noms-number|A1234BC"}, {}),
        ({"nhs-number|9990000018"}, set(), {}),
        ({"pnc|2012/0000123Q"}, {"pnc|2013/0000123Q"}, {}),
    ],
)
def test_only_verified_values_that_add_to_each_other_contradict(mine, theirs, found):
    assert contradictions(mine, theirs) == found
    assert contradictions(theirs, mine) == found


def test_the_systems_that_hold_merges_back_are_those_of_the_policies():
    held = {name for name, system in SYSTEMS.items() if system.policy in (CONFLICT, HARD)}
    mine, theirs = ({f"{name}|{value}" for name in SYSTEMS} for value in "ab")
    assert contradictions(mine, theirs).keys() == held


def test_the_strictest_policy_decides():
    assert strictest([CONFLICT, HARD]) is HARD
    assert strictest([CONFLICT]) is CONFLICT
    assert strictest([]) is NONE
