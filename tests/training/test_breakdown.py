"""Breakdowns against a listing of every pair, and against the totals they must add up to."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.training.breakdown import (
    NOT_STATED,
    RelatedMerges,
    by_source_pair,
    commonest,
    groups_of,
    related_merges,
)
from mpi.training.metrics import overlap, pairs

# A busy machine is no reason to fail: how long an example takes is not what is tested.
UNTIMED = settings(deadline=None)
RECORDS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["courts", "nomis", "pds"])),
    min_size=1,
    max_size=20,
)


def listed(predicted, true, column, names):
    """Counts of the pairs whose two values in the column are `names`."""
    counts = [0, 0, 0]
    for left, right in combinations(range(len(true)), 2):
        if sorted((column[left], column[right])) == sorted(names):
            together, same = predicted[left] == predicted[right], true[left] == true[right]
            counts[0] += together and same
            counts[1] += together and not same
            counts[2] += same and not together
    return tuple(counts)


@UNTIMED
@given(RECORDS)
def test_source_pairs_equal_a_listing_of_every_pair(records):
    predicted, true, source = zip(*records, strict=True)
    found = by_source_pair(overlap(predicted, true), source)
    for each in found:
        counts = each.pairs.tp, each.pairs.fp, each.pairs.fn
        assert counts == listed(predicted, true, source, (each.left, each.right))


@UNTIMED
@given(RECORDS)
def test_source_pairs_add_up_to_the_totals(records):
    predicted, true, source = zip(*records, strict=True)
    table = overlap(predicted, true)
    found = by_source_pair(table, source)
    total = pairs(table)
    assert sum(each.pairs.tp for each in found) == total.tp
    assert sum(each.pairs.fp for each in found) == total.fp
    assert sum(each.pairs.fn for each in found) == total.fn


def test_source_pairs_of_few_people_are_withheld_with_the_next_smallest():
    """Twelve people in pds and nomis, eleven of them in courts too, two of these in hjis."""
    sources = {"pds": 12, "nomis": 12, "courts": 11, "hjis": 2}
    true = [person for people in sources.values() for person in range(people)]
    source = [name for name, people in sources.items() for _ in range(people)]
    found = {(e.left, e.right): e for e in by_source_pair(overlap(true, true), source)}
    assert {names for names, each in found.items() if each.small} == {
        ("courts", "hjis"),
        ("hjis", "nomis"),
        ("hjis", "pds"),
        ("courts", "nomis"),
    }
    assert found["courts", "hjis"].as_dict() == {
        "left": "courts",
        "right": "hjis",
        **dict.fromkeys(("tp", "fp", "fn", "precision", "recall")),
        "small": True,
    }
    assert found["nomis", "pds"].as_dict()["tp"] == 12


def test_merged_twins_are_counted_by_pairs_of_persons():
    #            two twins merged twice over | twins kept apart | namesakes, not twins
    predicted = [1, 1, 2, 2, 3, 4, 5, 5]
    true = ["a", "b", "a", "b", "c", "d", "e", "f"]
    household = ["h1"] * 4 + ["h2"] * 2 + ["h3"] * 2
    twin = [True] * 6 + [False] * 2
    found = related_merges(overlap(predicted, true), household, twin)
    assert (found.merged, found.pairs, found.rate) == (1, 2, 0.5)


@UNTIMED
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 7)),
        min_size=1,
        max_size=20,
    ),
    st.lists(st.tuples(st.sampled_from(["x", "y", None]), st.booleans()), min_size=8, max_size=8),
)
def test_related_merges_equal_a_listing_of_every_pair(labels, person_facts):
    predicted, true = zip(*labels, strict=True)
    family = [person_facts[person][0] for person in true]
    related = [person_facts[person][1] for person in true]
    found, merged = set(), set()
    for left, right in combinations(range(len(true)), 2):
        kin = family[left] == family[right] is not None and related[left] and related[right]
        if kin and true[left] != true[right]:
            pair = frozenset((true[left], true[right]))
            found.add(pair)
            if predicted[left] == predicted[right]:
                merged.add(pair)
    answer = related_merges(overlap(predicted, true), family, related)
    assert (answer.merged, answer.pairs) == (len(merged), len(found))


def test_without_a_flag_everybody_of_a_family_is_related():
    table = overlap([1, 1, 2, 3], ["a", "b", "c", "d"])
    found = related_merges(table, ["s1", "s1", "s1", None])
    assert (found.pairs, found.merged) == (3, 1)


def test_without_related_people_the_rate_is_zero_and_nothing_is_known():
    found = related_merges(overlap([1, 1], [1, 2]), [None, None], [True, True])
    assert found.as_dict() == {"pairs": 0, "merged": 0, "rate": 0.0, "low": 0.0, "high": 1.0}


@pytest.mark.parametrize(
    ("merged", "pairs", "low", "high"),
    [(0, 300, 0.0, 0.0122), (300, 300, 0.9878, 1.0), (36, 300, 0.0855, 0.1622)],
)
def test_the_interval_of_a_rate_is_the_exact_binomial(merged, pairs, low, high):
    found = RelatedMerges(pairs=pairs, merged=merged).as_dict()
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=1e-4)
    assert found["low"] <= found["rate"] <= found["high"]


@pytest.mark.parametrize(
    ("person", "label", "expected"),
    [
        ([0, 0, 0], ["b", "a", "b"], ["b", "b", "b"]),
        ([0, 0, 1], ["b", "a", None], ["a", "a", None]),
        ([0, 0, 0], [None, None, "c"], ["c", "c", "c"]),
        ([1, 0], ["x", "y"], ["x", "y"]),
        ([], [], []),
    ],
    ids=["most", "tie", "nulls do not count", "in the order given", "nobody"],
)
def test_the_commonest_label_of_a_person_is_given_to_all_records(person, label, expected):
    assert commonest(np.array(person, dtype=np.int64), label).to_pylist() == expected


def test_groups_are_named_in_order_and_null_is_not_stated():
    names, code = groups_of(["b", None, "a", "b"])
    assert names == ["a", "b", NOT_STATED]
    assert code.tolist() == [1, 2, 0, 1]


def test_dictionaries_carry_the_counts():
    true = [person for person in range(10) for _ in "ab"]
    (pair,) = by_source_pair(overlap(range(20), true), ["a", "b"] * 10)
    assert pair.as_dict() == {
        "left": "a",
        "right": "b",
        "tp": 0,
        "fp": 0,
        "fn": 10,
        "precision": 1.0,
        "recall": 0.0,
        "small": False,
    }
