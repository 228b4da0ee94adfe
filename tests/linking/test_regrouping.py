"""Which persons part, come together or exchange records between two partitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.linking.regrouping import Kind, regroupings

CASES = [
    # before, after, (splits, merges, rearranged), records in each
    ("aabbc", "aabbc", (0, 0, 0), (0, 0, 0)),
    ("aabbc", "xxyyz", (0, 0, 0), (0, 0, 0)),
    ("aaab", "aaxb", (1, 0, 0), (3, 0, 0)),
    ("aaaa", "wxyz", (1, 0, 0), (4, 0, 0)),
    ("aab", "aaa", (0, 1, 0), (0, 3, 0)),
    ("aabbcd", "aaaacc", (0, 2, 0), (0, 6, 0)),
    ("aabb", "axxb", (0, 0, 1), (0, 0, 4)),
    ("aabbccdd", "aaxbbbdd", (0, 0, 1), (0, 0, 4)),
    ("aaabbcd", "axxbbcc", (1, 1, 0), (3, 2, 0)),
]


def labels(text):
    return np.array([ord(letter) for letter in text], dtype=np.int64)


@pytest.mark.parametrize(("before", "after", "counts", "records"), CASES)
def test_changes_are_told_apart(before, after, counts, records):
    found = regroupings(labels(before), labels(after), examples=9)
    assert tuple(found[kind].count for kind in Kind) == counts
    assert tuple(found[kind].records for kind in Kind) == records


def test_parts_are_counted_and_the_largest_changes_are_shown_first():
    before, after = labels("aaaaabbcc"), labels("aaaxybvcw")
    found = regroupings(before, after, examples=2)[Kind.SPLIT]
    assert (found.count, found.largest, found.singles) == (3, 5, 3)
    assert found.parts == {2: 2, 3: 1}
    assert [example.before for example in found.examples] == [((0, 1, 2, 3, 4),), ((5, 6),)]
    assert found.examples[0].after == ((0, 1, 2), (3,), (4,))


def test_no_more_examples_are_shown_than_wanted():
    found = regroupings(labels("aabbcc"), labels("axbycz"), examples=0)[Kind.SPLIT]
    assert (found.count, list(found.examples)) == (3, [])


partitions = st.integers(1, 14).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, 5), min_size=n, max_size=n) for _ in "ab"))
)


@given(partitions)
def test_going_back_turns_splits_into_merges(both):
    before, after = (np.array(side, dtype=np.int64) for side in both)
    there = regroupings(before, after, examples=20)
    back = regroupings(after, before, examples=20)
    for kind, other in ((Kind.SPLIT, Kind.MERGE), (Kind.REARRANGED, Kind.REARRANGED)):
        assert there[kind].count == back[other].count
        assert there[kind].records == back[other].records
        assert {(e.before, e.after) for e in there[kind].examples} == {
            (e.after, e.before) for e in back[other].examples
        }


@given(partitions)
def test_every_record_whose_companions_changed_is_in_one_example(both):
    before, after = (np.array(side, dtype=np.int64) for side in both)
    found = regroupings(before, after, examples=20)
    shown = [
        record
        for each in found.values()
        for example in each.examples
        for group in example.before
        for record in group
    ]
    changed = {
        at
        for at in range(len(before))
        if not np.array_equal(before == before[at], after == after[at])
    }
    assert len(shown) == len(set(shown))
    assert changed <= set(shown)
    for each in found.values():
        for example in each.examples:
            sides = (sorted(r for g in side for r in g) for side in (example.before, example.after))
            assert len({tuple(side) for side in sides}) == 1
