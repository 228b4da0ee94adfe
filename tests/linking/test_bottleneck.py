"""Bottleneck weights and spanning trees of clusters."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.linking.bottleneck import WeightedPairs, bottlenecks, spanning_tree


def weighted(rows) -> WeightedPairs:
    table = np.array(list(rows), dtype=np.int64).reshape(-1, 3)
    return WeightedPairs(table[:, 0], table[:, 1], table[:, 2].astype(np.int32))


def rows(pairs: WeightedPairs) -> list[tuple[int, int, int]]:
    columns = (pairs.left.tolist(), pairs.right.tolist(), pairs.weight.tolist())
    return list(zip(*columns, strict=True))


def by_threshold(n, label, pairs) -> dict[tuple[int, int], int]:
    """The definition: the largest weight at which two records are still connected."""
    found = {}
    for level in sorted({w for _, _, w in pairs}):
        reach = {r: {r} for r in range(n)}
        for a, b, w in pairs:
            if w >= level and label[a] == label[b] and reach[a] is not reach[b]:
                reach[a] |= reach[b]
                for r in reach[a]:
                    reach[r] = reach[a]
        found |= {(a, b): level for a, b in combinations(range(n), 2) if b in reach[a]}
    return found


@st.composite
def clusters(draw, most):
    n = draw(st.integers(1, most))
    label = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    weight = st.none() | st.integers(-4, 4).map(lambda w: w * 500)
    pairs = [(a, b, draw(weight)) for a, b in combinations(range(n), 2)]
    return label, [(a, b, w) for a, b, w in pairs if w is not None]


@settings(max_examples=80, deadline=None)
@given(clusters(9))
def test_equals_the_largest_weight_that_still_connects(case):
    label, pairs = case
    found = rows(bottlenecks(np.array(label), weighted(pairs)))
    assert {(a, b): w for a, b, w in found} == by_threshold(len(label), label, pairs)
    assert found == sorted(found)


@pytest.mark.parametrize("sizes", [(2, 3, 2, 24), (25, 40, 3)], ids=["stacked", "large"])
def test_many_clusters_at_once_equal_the_definition(sizes):
    rng = np.random.default_rng(5)
    label = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    pairs = [
        (a, b, int(rng.integers(-20, 20)))
        for a, b in combinations(range(label.size), 2)
        if rng.random() < 0.5
    ]
    found = {(a, b): w for a, b, w in rows(bottlenecks(label, weighted(pairs)))}
    assert found == by_threshold(label.size, label, pairs)


@settings(max_examples=50, deadline=None)
@given(clusters(8))
def test_is_ultrametric_and_at_least_the_direct_weight(case):
    label, pairs = case
    found = {
        frozenset((a, b)): w for a, b, w in rows(bottlenecks(np.array(label), weighted(pairs)))
    }
    assert all(found[frozenset((a, b))] >= w for a, b, w in pairs if label[a] == label[b])
    for three in combinations(range(len(label)), 3):
        sides = sorted(found.get(frozenset(ends), -(10**9)) for ends in combinations(three, 2))
        assert sides[0] == sides[1]


@settings(max_examples=50, deadline=None)
@given(clusters(8))
def test_the_smallest_weight_on_the_tree_path_is_the_bottleneck(case):
    label, pairs = case
    tree = rows(spanning_tree(np.array(label), weighted(pairs)))
    whole = by_threshold(len(label), label, pairs)
    assert set(tree) <= set(pairs)
    assert by_threshold(len(label), label, tree) == whole
    groups = len(label) - len(tree)
    assert groups == len(
        {frozenset({a} | {b for p in whole if a in p for b in p}) for a in range(len(label))}
    )


def test_of_equal_weights_the_tree_takes_the_smallest_records():
    pairs = weighted([(1, 2, 7), (0, 2, 7), (0, 1, 7)])
    assert rows(spanning_tree(np.zeros(3, dtype=int), pairs)) == [(0, 1, 7), (0, 2, 7)]


def test_records_that_nothing_known_joins_have_no_bottleneck():
    assert rows(bottlenecks(np.zeros(3, dtype=int), weighted([(0, 2, 5)]))) == [(0, 2, 5)]


def test_nothing_comes_of_nothing():
    assert rows(bottlenecks(np.arange(4), weighted([]))) == []
    assert rows(spanning_tree(np.arange(4), weighted([]))) == []
