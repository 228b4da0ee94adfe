"""Samples of pairs: how they are divided, and that what they say is true of all pairs."""

from __future__ import annotations

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.training.design import (
    Judged,
    SampledStratum,
    allocate,
    merged_when_small,
    number_of_same,
    share_of_same,
    spread,
    strata_of,
)
from mpi.training.labelled import DIFFERENT, SAME, UNJUDGED, UNSURE


def stratum(pairs, same, different, unsure=0):
    return SampledStratum("s", pairs, same + different + unsure, same, different, unsure)


sizes = st.lists(st.integers(1, 400), min_size=1, max_size=8)


@given(sizes, st.integers(1, 600), st.integers(0, 20), st.randoms(use_true_random=False))
def test_a_sample_is_divided_whole_and_within_what_there_is(there, size, least, random):
    pairs = np.array(there)
    weight = np.array([random.random() + 0.01 for _ in there]) * pairs
    drawn = allocate(pairs, weight, size, least=least)
    assert drawn.sum() == min(size, pairs.sum())
    assert ((drawn >= 0) & (drawn <= pairs)).all()
    assert (drawn >= np.minimum(pairs, min(least, size // len(pairs)))).all()


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(2, 9), st.floats(0.05, 0.5)), min_size=2, max_size=3),
    st.integers(3, 9),
)
def test_no_other_division_is_tighter(strata, size):
    """The variance of the estimate, sum of (pairs · spread)² / n, against every division."""
    pairs, spreads = np.array([n for n, _ in strata]), np.array([s for _, s in strata])
    size = min(size, int(pairs.sum()))
    if size < len(pairs):
        return
    best = allocate(pairs, pairs * spreads, size, least=1)
    others = [np.array(n) for n in product(*(range(1, p + 1) for p in pairs)) if sum(n) == size]
    variance = [float((((pairs * spreads) ** 2) / n).sum()) for n in (best, *others)]
    assert variance[0] == pytest.approx(min(variance), rel=1e-9)


def test_more_is_drawn_where_the_model_is_unsure():
    pairs = np.array([10_000, 10_000])
    spreads = np.array([spread(np.array([p])) for p in (0.999, 0.7)])
    sure, unsure = allocate(pairs, pairs * spreads, 500)
    assert sure < unsure / 5
    assert sure >= 10


@given(sizes, st.integers(1, 200))
def test_small_strata_are_joined_to_neighbours_and_none_is_lost(counts, least):
    merged = merged_when_small(np.array(counts), least)
    assert (np.diff(merged) >= 0).all()
    assert (np.diff(merged) <= 1).all()
    held = np.bincount(merged, weights=counts)
    assert (held >= least).all() or len(held) == 1


@settings(max_examples=25)
@given(
    st.lists(
        st.integers(2, 6).flatmap(
            lambda n: st.tuples(st.lists(st.booleans(), min_size=n, max_size=n), st.integers(1, n))
        ),
        min_size=1,
        max_size=3,
    )
)
def test_over_all_samples_that_could_be_drawn_the_estimate_is_right(strata):
    """Every sample of each stratum, each as likely as the others: their mean is the truth."""
    pairs = sum(len(members) for members, _ in strata)
    true = sum(sum(members) for members, _ in strata)
    draws = [list(combinations(members, n)) for members, n in strata]
    total = 0.0
    for drawn in product(*draws):
        found = share_of_same(
            [
                stratum(len(members), sum(some), len(some) - sum(some))
                for (members, _), some in zip(strata, drawn, strict=True)
            ]
        )
        assert found.low - 1e-9 <= found.estimate <= found.high + 1e-9
        total += found.estimate
    number = np.prod([comb(len(members), n) for members, n in strata])
    assert total / number == pytest.approx(true / pairs)


POPULATIONS = {
    "a good index": ([200_000, 40_000, 8_000, 3_000, 700], [0.9994, 0.995, 0.985, 0.95, 0.7], 500),
    "a poor one": ([200_000, 40_000, 8_000, 3_000, 700], [0.99, 0.95, 0.9, 0.8, 0.6], 500),
    "a small one": ([3_000, 900, 300, 120, 60], [0.9995, 0.99, 0.97, 0.9, 0.6], 400),
    "few labels": ([200_000, 40_000, 8_000, 3_000, 700], [0.9994, 0.995, 0.985, 0.95, 0.7], 100),
    "hardly a same pair": ([4_000, 300, 700, 200], [0.006, 0.003, 0.03, 0.15], 200),
}


@pytest.mark.parametrize(("pairs", "shares", "size"), POPULATIONS.values(), ids=POPULATIONS)
def test_intervals_hold_the_truth_about_as_often_as_they_say(pairs, shares, size):
    counts = np.array(pairs)
    same = np.round(counts * shares).astype(int)
    spreads = np.array([spread(np.array([share])) for share in shares])
    drawn = allocate(counts, counts * spreads, size)
    rng = np.random.default_rng(7)
    held = []
    for found in rng.hypergeometric(same, counts - same, drawn, size=(400, len(counts))):
        strata = [
            stratum(n, int(y), int(d - y)) for n, d, y in zip(pairs, drawn, found, strict=True)
        ]
        estimate = share_of_same(strata)
        held.append(estimate.low <= same.sum() / counts.sum() <= estimate.high)
    assert np.mean(held) >= 0.92


@pytest.mark.parametrize("n", [30, 100, 1_000])
def test_without_an_error_three_of_n_may_be_wrong(n):
    found = share_of_same([stratum(10**9, n, 0)])
    assert (found.estimate, found.high) == (1.0, 1.0)
    assert 1 - found.low == pytest.approx(3 / n, rel=0.06)


def test_of_a_stratum_judged_as_a_whole_everything_is_known():
    found = share_of_same([stratum(40, 36, 4)])
    assert found.low == found.estimate == found.high == 0.9


def test_where_nothing_was_decided_nothing_is_said():
    assert share_of_same([]) is None
    assert number_of_same([stratum(100, 0, 0, unsure=5)]) is None
    told = number_of_same([stratum(100, 0, 0, unsure=5), stratum(200, 10, 10)])
    assert told.estimate == 100.0


def test_labels_are_counted_by_stratum_and_stand_for_all_its_pairs():
    labels = Judged(
        np.array([SAME, SAME, DIFFERENT, UNSURE, UNJUDGED, SAME], dtype=np.int8),
        np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.5]),
        np.array(["b", "b", "b", "b", "b", "a"], dtype=object),
    )
    first, second = strata_of(labels, np.ones(6, dtype=bool))
    assert first == SampledStratum("a", 2.0, 1, 1, 0, 0)
    assert second == SampledStratum("b", 50.0, 5, 2, 1, 1)
    assert strata_of(labels, np.zeros(6, dtype=bool)) == []
