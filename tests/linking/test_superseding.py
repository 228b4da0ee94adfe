"""Values that their issuer replaced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mpi.attributes import standardise
from mpi.linking.intake import record_of, standardised
from mpi.linking.superseding import NONE, Supersessions, apply
from mpi.records import Identifier, Record

A, B, C, D = "9990000018", "9990000026", "9990000034", "9990000042"
NHS = "nhs-number"


def chain(**replaced):
    return Supersessions({(NHS, globals()[old]): globals()[new] for old, new in replaced.items()})


@pytest.mark.parametrize(
    ("supersessions", "value", "current"),
    [
        (NONE, A, A),
        (chain(A="B"), A, B),
        (chain(A="B"), B, B),
        (chain(A="B", B="C"), A, C),
        (chain(C="B", A="C"), A, B),
        (chain(A="B", B="A"), A, A),
        (chain(A="B", B="A"), B, A),
        (chain(D="C", C="B", B="A", A="C"), D, A),
        (chain(B="B"), B, B),
    ],
)
def test_a_value_counts_as_what_stands_for_it_now(supersessions, value, current):
    assert supersessions.current(NHS, value) == current


def test_values_of_another_system_are_not_touched():
    assert Supersessions({("crn", A): B}).current(NHS, A) == A


def record(*identifiers):
    return Record("hjis", "1", identifiers=identifiers)


def test_a_record_holds_the_new_value_however_the_old_one_was_written_and_verified():
    given = record(Identifier(NHS, "999 000 0018", True), Identifier(NHS, C))
    found = apply(given, chain(A="B"))
    assert found == record(Identifier(NHS, B, True), Identifier(NHS, C))
    assert standardise(found)["id_nhs_number"] == sorted([B, C])


def test_a_record_that_holds_nothing_superseded_is_given_back_itself():
    given = record(Identifier(NHS, C), Identifier("unheard-of", A), Identifier(NHS, "x"))
    assert apply(given, chain(A="B")) is given
    assert apply(given, NONE) is given


def test_two_values_that_are_one_now_are_held_once():
    assert standardise(apply(record(Identifier(NHS, A), Identifier(NHS, B)), chain(A="B")))[
        "identifiers"
    ] == [f"{NHS}|{B}"]


def test_what_is_matched_on_is_superseded_and_what_is_stored_is_as_delivered():
    given = [record(Identifier(NHS, A)), replace(record(Identifier(NHS, B)), source_id="2")]
    table = standardised(given, chain(A="B"))
    assert table.column("id_nhs_number").to_pylist() == [[B], [B]]
    one, other = table.column("blocking_keys").to_pylist()
    assert one == other != []
    assert [record_of(payload) for payload in table.column("payload").to_pylist()] == given
