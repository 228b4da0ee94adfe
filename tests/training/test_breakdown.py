"""Breakdowns against a listing of every pair, and against the totals they must add up to."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.training.breakdown import (
    NOT_STATED,
    by_group,
    by_source_pair,
    related_merges,
)
from mpi.training.metrics import accuracy, overlap, pairs

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


@UNTIMED
@given(RECORDS)
def test_groups_count_half_a_pair_for_each_of_its_records(records):
    predicted, true, group = zip(*records, strict=True)
    for each in by_group(overlap(predicted, true), group):
        within = listed(predicted, true, group, (each.group, each.group))
        across = [
            listed(predicted, true, group, (each.group, other))
            for other in set(group) - {each.group}
        ]
        expected = [inner + sum(pair[at] for pair in across) / 2 for at, inner in enumerate(within)]
        assert [each.pairs.tp, each.pairs.fp, each.pairs.fn] == expected
        assert each.records == group.count(each.group)


@UNTIMED
@given(RECORDS)
def test_one_group_of_everybody_is_the_whole(records):
    predicted, true, _ = zip(*records, strict=True)
    table = overlap(predicted, true)
    (everybody,) = by_group(table, ["all"] * len(true))
    whole = accuracy(table)
    assert everybody.pairs == whole.pairs
    assert everybody.persons == whole.persons
    assert everybody.unlinked_rate == pytest.approx(whole.unlinked_rate)


def test_a_missed_pair_counts_once_in_the_group_of_its_person():
    young, old = by_group(overlap([1, 2, 3, 3], ["a", "a", "b", "b"]), ["15-17"] * 2 + ["70+"] * 2)
    assert (young.group, young.pairs.fn, young.pairs.recall) == ("15-17", 1, 0.0)
    assert (old.group, old.pairs.fn, old.pairs.recall) == ("70+", 0, 1.0)
    assert (young.unlinked_rate, old.unlinked_rate) == (1.0, 0.0)


def test_a_record_without_a_group_is_not_stated():
    (each,) = by_group(overlap([1], [1]), [None])
    assert each.group == NOT_STATED


def test_flags_are_groups_too():
    groups = by_group(overlap([1, 1, 2], [1, 1, 2]), [True, True, False])
    assert [each.group for each in groups] == ["false", "true"]
    assert [each.persons for each in groups] == [1, 1]


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


def test_without_related_persons_the_rate_is_zero():
    found = related_merges(overlap([1, 1], [1, 2]), [None, None], [True, True])
    assert found.as_dict() == {"merged": 0, "pairs": 0, "rate": 0.0}


def test_rows_and_dictionaries_carry_the_counts():
    table = overlap([1, 1, 2], [1, 2, 2])
    (pair,) = [each for each in by_source_pair(table, ["a", "a", "b"]) if each.right == "b"]
    assert pair.row() == ("a - b", 0, 0, 1, 1.0, 0.0)
    assert pair.as_dict()["fn"] == 1
    (group,) = by_group(table, ["g", "g", "g"])
    assert group.row() == ("g", 2, 3, 0.0, 0.0, 1.0)
    assert group.as_dict()["persons"] == 2
