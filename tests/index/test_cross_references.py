"""Confidence and basis of an identifier, against the records asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.index.cross_references import Standing, confidence_to_anchor, person_of
from mpi.records import Basis, RecordKey
from mpi.store.rows import HeldIdentifier, Member, PairConfidence, PersonRows, Release, State

CAP = 0.99
STANDING = Standing("r", CAP, provisional=True)


def rows(pairs, *, anchors=(1,), identifiers=(), all_pairs=True, members=4):
    """A person of some records; pairs as (left, right, confidence in parts per million)."""
    return PersonRows(
        person_no=1,
        person_id="p",
        golden_record_no=1,
        findings=(),
        all_pairs=all_pairs,
        anchors=anchors,
        members=tuple(Member(n, RecordKey("s", str(n))) for n in range(1, members + 1)),
        identifiers=tuple(HeldIdentifier(*each) for each in identifiers),
        pairs=tuple(PairConfidence(left, right, 0, 0, c) for left, right, c in pairs),
    )


def basis_of(person):
    return {ref.identifier.value: ref.basis for ref in person.cross_references}


def test_the_confidence_of_a_record_is_that_of_its_best_pair_with_an_anchor():
    given = rows([(1, 3, 900_000), (2, 3, 950_000), (1, 2, 970_000)], anchors=(1, 2), members=3)
    assert confidence_to_anchor(given, CAP) == {1: CAP, 2: CAP, 3: 0.95}


def test_pairs_among_other_records_do_not_count():
    given = rows([(1, 2, 500_000), (1, 3, 400_000), (2, 3, 990_000)], members=3)
    assert confidence_to_anchor(given, CAP)[3] == 0.4


def test_in_a_spanning_tree_the_weakest_pair_on_the_path_counts():
    tree = rows([(1, 2, 990_000), (2, 3, 700_000), (3, 4, 980_000)], all_pairs=False)
    assert confidence_to_anchor(tree, CAP) == {1: CAP, 2: 0.99, 3: 0.7, 4: 0.7}


def test_in_a_spanning_tree_the_best_anchor_counts():
    tree = rows(
        [(1, 2, 990_000), (2, 3, 700_000), (3, 4, 980_000)], anchors=(1, 4), all_pairs=False
    )
    assert confidence_to_anchor(tree, CAP) == {1: CAP, 2: 0.99, 3: 0.98, 4: CAP}


def test_a_record_that_no_kept_pair_supports_has_no_confidence():
    assert confidence_to_anchor(rows([], members=2), CAP) == {1: CAP, 2: 0.0}


def test_an_identifier_has_the_confidence_of_its_best_holder():
    person = person_of(
        rows(
            [(1, 2, 600_000), (1, 3, 800_000), (2, 3, 1)],
            members=3,
            identifiers=[(2, "crn", "X1", False), (3, "crn", "X1", False)],
        ),
        STANDING,
    )
    (found,) = person.cross_references
    assert found.confidence == 0.8
    assert found.records == (RecordKey("s", "2"), RecordKey("s", "3"))


@pytest.mark.parametrize(
    ("case", "identifiers", "expected"),
    [
        ("verified on the anchor", [(1, "nhs-number", "A", True)], "verified-identifier"),
        ("unverified on the anchor", [(1, "nhs-number", "A", False)], "probabilistic"),
        ("verified on another record only", [(2, "nhs-number", "A", True)], "probabilistic"),
        (
            "its record shares a verified value with the anchor",
            [(1, "nhs-number", "B", True), (2, "nhs-number", "B", True), (2, "crn", "A", False)],
            "verified-identifier",
        ),
        (
            "shared, but verified on one side only",
            [(1, "nhs-number", "B", True), (2, "nhs-number", "B", False), (2, "crn", "A", False)],
            "probabilistic",
        ),
        (
            "the same value in another system is another identifier",
            [(1, "nhs-number", "B", True), (2, "uln", "B", True), (2, "crn", "A", False)],
            "probabilistic",
        ),
        (
            "unverified on the anchor, which has another verified value to itself",
            [(1, "nhs-number", "B", True), (1, "crn", "A", False)],
            "probabilistic",
        ),
    ],
)
def test_basis(case, identifiers, expected):
    person = person_of(rows([(1, 2, 900_000)], identifiers=identifiers, members=2), STANDING)
    assert basis_of(person)["A"] is Basis(expected), case


def test_identifiers_come_in_the_order_of_the_systems_surest_first():
    identifiers = [
        (2, "pnc", "P", False),
        (3, "noms-number", "low", False),
        (2, "noms-number", "high", False),
        (1, "nhs-number", "N", False),
    ]
    person = person_of(rows([(1, 2, 9), (1, 3, 1)], identifiers=identifiers, members=3), STANDING)
    assert [ref.identifier.value for ref in person.cross_references] == ["N", "high", "low", "P"]


def test_a_person_without_identifiers_is_still_a_person():
    person = person_of(rows([], members=1), STANDING)
    assert person.cross_references == ()
    assert person.records == (RecordKey("s", "1"),)


@pytest.mark.parametrize(
    ("index_provisional", "calibration_provisional", "expected"),
    [(False, False, False), (True, False, True), (False, True, True)],
)
def test_answers_are_provisional_unless_both_index_and_calibration_are_checked(
    index_provisional, calibration_provisional, expected
):
    document = {"calibration": {"cap": 0.9, "provisional": calibration_provisional}}
    state = State("a", 1, 1, Release("id", "name", document), index_provisional, {})
    assert Standing.of(state) == Standing("name", 0.9, expected)


@given(
    order=st.permutations(range(1, 9)),
    confidences=st.lists(st.integers(0, 1_000_000), min_size=7, max_size=7),
    parents=st.tuples(*(st.integers(0, at) for at in range(7))),
)
def test_along_any_spanning_tree_confidence_is_symmetric(order, confidences, parents):
    pairs = [
        (*sorted((order[parent], order[at])), kept)
        for at, (parent, kept) in enumerate(zip(parents, confidences, strict=True), start=1)
    ]
    between = {
        anchor: confidence_to_anchor(
            rows(pairs, anchors=(anchor,), all_pairs=False, members=8), CAP
        )
        for anchor in range(1, 9)
    }
    for left in between:
        for right in between:
            assert between[left][right] == between[right][left]
            assert 0.0 <= between[left][right] <= 1.0
