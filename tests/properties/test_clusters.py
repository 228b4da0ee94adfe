"""Clustering against a naive implementation of the specification, and its properties."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mpi.linking.clusters import Pairs, pieces
from mpi.linking.linkage import Component, link
from tests.properties.naive_linkage import (
    HARD,
    THRESHOLDS,
    Case,
    cases,
    components,
    naive,
    naive_linkage,
    naive_pieces,
    partition,
    random_case,
    run,
    side_by_side,
)


@settings(max_examples=200, deadline=None)
@given(cases())
def test_agrees_with_the_specification_read_aloud(case):
    assert partition(run(case).label) == naive(case)


@pytest.mark.parametrize("seed", range(3))
def test_thousands_of_components_at_once_agree_with_the_specification(seed):
    rng = random.Random(seed)
    parts = [random_case(rng, rng.choice((2, 3, 5, 8)), constrained=0.5) for _ in range(1500)]
    parts += [random_case(rng, 22, constrained=0.5) for _ in range(4)]
    labels, start = run(side_by_side(parts)).label, 0
    for part in parts:
        assert partition(labels[start : start + part.n] - start) == naive(part), part
        start += part.n


@pytest.mark.parametrize("bound", [6000, 2**52], ids=["floats", "fractions"])
def test_one_by_one_linkage_agrees_with_the_specification(bound):
    rng = random.Random(7)
    t = replace(THRESHOLDS, low=-(10**6), clip_low=-bound, clip_high=bound)
    for _ in range(1200):
        case = random_case(rng, 7, constrained=0.7)
        pairs = [(a, b, min(max(w, -bound), bound), w) for a, b, w, _ in case.pairs]
        must = [(a, b) for _, a, b in sorted(case.must)]
        into = link(Component(pairs, must, case.cannot, case.values), t, hard=np.array(HARD))
        known = {frozenset((a, b)): w for a, b, w, _ in case.pairs}
        expected = naive_linkage(case, range(case.n), known, t)
        assert partition([into.get(r, r) for r in range(case.n)]) == expected, case


@settings(max_examples=75, deadline=None)
@given(cases(most=9), st.integers(2, 4))
def test_oversized_components_are_split_as_specified(case, cap):
    t = replace(THRESHOLDS, n_cap=cap)
    found = run(case, t)
    assert partition(found.label) == naive(case, t)
    flagged = {r for members, oversized in naive_pieces(case, t) if oversized for r in members}
    told = {label for label, codes in found.findings.items() if "oversized-component" in codes}
    assert told == set(found.label[sorted(flagged)].tolist())


@settings(max_examples=75, deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(case, rng):
    def mixed(rows):
        return tuple(rng.sample(rows, len(rows)))

    turned = mixed(
        tuple((b, a, w, x) if rng.random() < 0.5 else (a, b, w, x) for a, b, w, x in case.pairs)
    )
    other = Case(case.n, turned, mixed(case.must), mixed(case.cannot), mixed(case.values))
    assert run(other).label.tolist() == run(case).label.tolist()


@settings(max_examples=60, deadline=None)
@given(cases(most=6), cases(most=6), st.randoms(use_true_random=False))
def test_a_component_is_clustered_the_same_among_others(one, other, rng):
    """Records of the two interleave, each keeping its own order: locality, incremental is batch."""
    places = sorted(rng.sample(range(one.n + other.n), one.n))
    rest = [r for r in range(one.n + other.n) if r not in places]

    def moved(case: Case, to: list[int]) -> Case:
        return Case(
            case.n,
            tuple((to[a], to[b], w, x) for a, b, w, x in case.pairs),
            tuple((v, to[a], to[b]) for v, a, b in case.must),
            tuple((to[a], to[b]) for a, b in case.cannot),
            tuple((to[r], s, v) for r, s, v in case.values),
        )

    a, b = moved(one, places), moved(other, rest)
    both = Case(
        one.n + other.n,
        a.pairs + b.pairs,
        a.must + b.must,
        a.cannot + b.cannot,
        a.values + b.values,
    )
    expected = {frozenset(places[r] for r in g) for g in partition(run(one).label)}
    expected |= {frozenset(rest[r] for r in g) for g in partition(run(other).label)}
    assert partition(run(both).label) == expected


@settings(max_examples=60, deadline=None)
@given(cases())
def test_every_record_is_in_one_cluster_named_by_its_smallest_record(case):
    labels = run(case).label
    assert labels.shape == (case.n,)
    assert all(min(group) == labels[min(group)] for group in partition(labels))


@settings(max_examples=60, deadline=None)
@given(cases())
def test_cannot_links_always_hold(case):
    labels = run(case).label
    assert all(labels[a] != labels[b] for a, b in case.cannot if a != b)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_hard_unique_values_differ_in_a_cluster_only_around_a_must_link(case):
    for group in partition(run(case).label):
        held = [(r, v) for r, s, v in case.values if s == 0 and r in group]
        differ = any(v != w for r, v in held for q, w in held if r != q)
        assert not differ or any({a, b} <= group for _, a, b in case.must)


@settings(max_examples=75, deadline=None)
@given(cases())
def test_clusters_refine_the_components_at_the_low_threshold(case):
    edges = [(a, b) for a, b, w, blocked in case.pairs if blocked and w >= THRESHOLDS.low]
    edges += [(a, b) for _, a, b in case.must]
    whole = components(range(case.n), edges)
    assert all(any(group <= c for c in whole) for group in partition(run(case).label))


@settings(max_examples=40, deadline=None)
@given(cases())
def test_a_higher_average_refines_the_partition(case):
    levels = (-7000, -3000, -1000, 0, 1000, 2000)
    nested = [partition(run(case, replace(THRESHOLDS, average=level)).label) for level in levels]
    for coarse, fine in pairwise(nested):
        assert all(any(group <= whole for whole in coarse) for group in fine)


@settings(max_examples=60, deadline=None)
@given(cases(), st.data())
def test_taking_a_cannot_link_back_restores_the_partition(case, data):
    pair = data.draw(st.sampled_from(list(combinations(range(case.n), 2))))
    before = run(case).label
    during = run(replace(case, cannot=(*case.cannot, pair))).label
    assert during[pair[0]] != during[pair[1]]
    assert run(case).label.tolist() == before.tolist()


@settings(max_examples=75, deadline=None)
@given(cases(constrained=False))
def test_without_constraints_or_averages_clusters_are_components(case):
    """Single linkage: the join threshold is the low one, and no mean is too low."""
    t = replace(THRESHOLDS, low=1000, join=1000, average=-7000, conflict=-7000)
    case = replace(case, pairs=tuple((a, b, w, True) for a, b, w, _ in case.pairs))
    strong = [(a, b) for a, b, w, _ in case.pairs if w >= 1000]
    left, right = [a for a, _ in strong], [b for _, b in strong]
    graph = coo_array((np.ones(len(strong)), (left, right)), shape=(case.n, case.n))
    labels = connected_components(graph.tocsr(), directed=False)[1]
    assert partition(run(case, t).label) == partition(labels)


@settings(max_examples=60, deadline=None)
@given(cases())
def test_completed_pairs_outside_what_is_completed_do_not_matter(case):
    """The caller may score more pairs than `pieces` asks for, or exactly those."""
    t = replace(THRESHOLDS, n_cap=3)
    rows = np.array(case.pairs, dtype=np.int64).reshape(-1, 4).T
    must = np.array([(a, b) for _, a, b in case.must], dtype=np.int64).reshape(-1, 2)
    piece = pieces(case.n, Pairs(rows[0], rows[1], rows[2], rows[3] == 1), must=must, thresholds=t)
    asked = tuple(
        (a, b, w, x)
        for a, b, w, x in case.pairs
        if x or (piece.label[a] == piece.label[b] and not piece.oversized[a])
    )
    assert run(replace(case, pairs=asked), t).label.tolist() == run(case, t).label.tolist()
