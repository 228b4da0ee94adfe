"""How sure the index is of two records of a person: symmetric, monotone, capped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.linking.confidence import ALL_PAIRS, DECIDED, confidences
from mpi.linking.evidence import Pairs
from mpi.model.calibration import Calibration
from mpi.records import CONFIDENCE_PARTS

CURVE = Calibration(
    intercept=-1.0, direct=0.2, bottleneck=0.4, cap=0.99, provisional=True, examples=0, basis=""
)
weights = st.integers(-30_000, 60_000)


def pairs_of(*given):
    left, right, weight = np.array(given, dtype=np.int64).reshape(-1, 3).T
    return Pairs(left, right, weight, np.full(len(left), True))


def by_pair(found):
    columns = (found.left, found.right, found.parts)
    return {(a, b): parts for a, b, parts in zip(*(c.tolist() for c in columns), strict=True)}


def parts(direct, bottleneck):
    [sure] = CURVE.confidence(np.array([direct]), np.array([bottleneck]))
    return round(sure * CONFIDENCE_PARTS)


def chain(size):
    """Records in a row, each linked to the next a little more strongly."""
    return pairs_of(*((n, n + 1, 1_000 + n) for n in range(size - 1)))


@given(one=st.tuples(weights, weights), other=st.tuples(weights, weights))
def test_more_weight_never_makes_less_sure_and_nothing_passes_the_cap(one, other):
    low = np.minimum(one, other)
    high = np.maximum(one, other)
    direct, bottleneck = np.stack([low, high]).T
    less, more = CURVE.confidence(direct, bottleneck)
    assert 0.0 < less <= more <= CURVE.cap


def test_the_calibration_of_a_release_is_monotone_and_capped(invented):
    grid = np.arange(-20_000, 40_000, 500)
    direct, bottleneck = (axis.ravel() for axis in np.meshgrid(grid, grid))
    calibration = invented.brief_release.calibration
    sure = calibration.confidence(direct, bottleneck).reshape(len(grid), len(grid))
    assert (np.diff(sure, axis=0) >= 0).all()
    assert (np.diff(sure, axis=1) >= 0).all()
    assert sure.max() <= calibration.cap < 1.0


def test_it_does_not_matter_which_record_of_a_pair_comes_first(invented):
    """Numbered the other way round, every two records have the confidence they had."""
    labels, pairs = invented.brief_linkage.labels, invented.brief_linkage.pairs
    last = len(labels) - 1
    turned = Pairs(last - pairs.right, last - pairs.left, pairs.weight, pairs.blocked)
    there = by_pair(confidences(labels, pairs, CURVE))
    back = by_pair(confidences(labels[::-1], turned, CURVE))
    assert {(last - b, last - a): parts for (a, b), parts in back.items()} == there


def test_every_two_records_of_a_person_have_one_confidence_and_no_others_do(invented):
    labels = invented.brief_linkage.labels
    found = confidences(labels, invented.brief_linkage.pairs, CURVE)
    sizes = np.bincount(labels)
    assert sizes.max() <= ALL_PAIRS
    assert len(by_pair(found)) == len(found.left) == (sizes * (sizes - 1) // 2).sum()
    assert (labels[found.left] == labels[found.right]).all()
    assert (found.left < found.right).all()
    assert found.parts.max() <= CURVE.cap * CONFIDENCE_PARTS


def test_confidence_follows_the_pair_and_the_weakest_link_of_the_best_path():
    found = confidences(
        np.zeros(3, dtype=np.int64), pairs_of((0, 1, 20_000), (1, 2, 8_000), (0, 2, -4_000)), CURVE
    )
    rows = zip(found.left, found.right, found.direct, found.bottleneck, strict=True)
    assert sorted(rows) == [
        (0, 1, 20_000, 20_000),
        (0, 2, -4_000, 8_000),
        (1, 2, 8_000, 8_000),
    ]
    expected = CURVE.confidence(found.direct, found.bottleneck) * CONFIDENCE_PARTS
    assert found.parts.tolist() == np.rint(expected).tolist()


def test_a_pair_never_scored_counts_with_its_bottleneck_and_is_marked():
    found = confidences(np.zeros(3, dtype=np.int64), chain(3), CURVE)
    known = dict(
        zip(zip(found.left.tolist(), found.right.tolist(), strict=True), found.known, strict=True)
    )
    assert known == {(0, 1): True, (0, 2): False, (1, 2): True}
    assert (found.direct == found.bottleneck).all()


@pytest.mark.parametrize(
    ("size", "kept"),
    [(1, 0), (2, 1), (ALL_PAIRS, ALL_PAIRS * (ALL_PAIRS - 1) // 2), (ALL_PAIRS + 1, ALL_PAIRS)],
)
def test_a_person_of_very_many_records_keeps_a_spanning_tree(size, kept):
    pairs = chain(size) if size > 1 else chain(2).take(np.array([False]))
    found = confidences(np.zeros(size, dtype=np.int64), pairs, CURVE)
    assert len(found.left) == kept


def test_pairs_of_different_persons_are_left_out():
    found = confidences(np.array([0, 0, 2]), pairs_of((0, 1, 5_000), (1, 2, 9_000)), CURVE)
    assert by_pair(found).keys() == {(0, 1)}


def test_a_decided_pair_is_as_strong_as_any_and_keeps_its_own_weight():
    found = confidences(
        np.zeros(3, dtype=np.int64),
        pairs_of((0, 1, -4_000), (1, 2, 6_000)),
        CURVE,
        must=np.array([[1, 0]]),
    )
    there = by_pair(found)
    assert found.direct.tolist()[:2] == [-4_000, 6_000]
    assert there[0, 1] == parts(DECIDED, DECIDED)
    assert there[0, 2] == there[1, 2] == parts(6_000, 6_000)


def test_a_decided_pair_that_was_never_weighed_has_no_weight_of_its_own():
    found = confidences(np.zeros(2, dtype=np.int64), pairs_of(), CURVE, must=np.array([[0, 1]]))
    assert found.known.tolist() == [False]
    assert by_pair(found) == {(0, 1): parts(DECIDED, DECIDED)}


def test_a_must_link_that_was_not_followed_counts_for_nothing():
    label, pairs = np.array([0, 0, 2]), pairs_of((0, 1, 5_000))
    must = np.array([[1, 2], [0, 0]])
    assert by_pair(confidences(label, pairs, CURVE, must=must)) == by_pair(
        confidences(label, pairs, CURVE)
    )
