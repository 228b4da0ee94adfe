"""The curve fitted on reviewed pairs: found where there is one, rising, and never beyond proof."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.training.label_calibration import LEAST_OF_A_KIND, Reviewed, fit_reviewed, supported


def reviewed(seed, n=4_000, *, slopes=(0.2, 0.5), intercept=-1.0):
    """Pairs whose labels follow a known curve."""
    rng = np.random.default_rng(seed)
    bottleneck = rng.normal(8, 6, n)
    direct = bottleneck - rng.exponential(4, n)
    clipped = (np.clip(w, -10, 25) for w in (direct, bottleneck))
    odds = intercept + sum(slope * w for slope, w in zip(slopes, clipped, strict=True))
    same = rng.random(n) < 1 / (1 + np.exp(-odds))
    bits = ((w * 1000).astype(np.int64) for w in (direct, bottleneck))
    return Reviewed(*bits, np.arange(n), same, np.ones(n))


def some_of(pairs, rows):
    return Reviewed(*(getattr(pairs, field.name)[rows] for field in fields(Reviewed)))


def test_the_curve_that_labels_follow_is_found():
    found = fit_reviewed(reviewed(1, 40_000))
    assert found.direct == pytest.approx(0.2, abs=0.03)
    assert found.bottleneck == pytest.approx(0.5, abs=0.03)
    assert found.intercept == pytest.approx(-1.0, abs=0.1)
    assert not found.provisional
    assert found.examples == 40_000
    assert "reviewed labels" in found.basis


def test_pairs_drawn_unequally_are_weighed_to_what_they_stand_for():
    """Of the different pairs ten times as many are drawn: the curve is that of all pairs."""
    every = reviewed(2, 40_000)
    drawn = ~every.same | (np.arange(40_000) % 10 == 0)
    some = some_of(every, drawn)
    weighed = fit_reviewed(replace(some, weight=np.where(some.same, 10.0, 1.0)))
    whole, naive = fit_reviewed(every), fit_reviewed(some)
    assert weighed.intercept == pytest.approx(whole.intercept, abs=0.15)
    assert naive.intercept < whole.intercept - 1


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_confidence_never_falls_when_a_weight_rises(seed, direct, bottleneck):
    found = fit_reviewed(reviewed(seed, 300, slopes=(direct, bottleneck), intercept=0.0))
    if found is None:
        return
    assert min(found.direct, found.bottleneck) >= 0.0
    assert 0.0 <= found.cap < 1.0


@pytest.mark.parametrize("kind", ["same", "different"])
def test_too_few_of_either_kind_are_not_fitted(kind):
    pairs = reviewed(3)
    rare = pairs.same if kind == "same" else ~pairs.same
    for count, fitted in ((LEAST_OF_A_KIND - 1, False), (LEAST_OF_A_KIND, True)):
        kept = ~rare | (np.cumsum(rare) <= count)
        assert (fit_reviewed(some_of(pairs, kept)) is not None) == fitted


def test_many_pairs_of_few_persons_are_few():
    """One wrong merge of two people with ten records each is a hundred different pairs."""
    pairs = reviewed(4)
    merged = replace(pairs, person=np.where(pairs.same, pairs.person, pairs.person % 9))
    assert (~pairs.same).sum() > 100
    assert fit_reviewed(merged) is None


CAPS = {
    "no error in n": ([4.0] * 10 + [3.0] * 290, [], 3 / 300),
    "an error far down": ([4.0] * 200 + [1.0] * 10, range(200, 210), 3 / 200),
    "an error among the best": (np.arange(1_000, 0, -1.0), [5], 4.744 / 1_000),
    "an error among equals": ([2.0] * 1_000, [999], 4.744 / 1_000),
}


@pytest.mark.parametrize(("odds", "wrong", "above"), CAPS.values(), ids=CAPS)
def test_no_confidence_goes_beyond_what_the_best_pairs_bear_out(odds, wrong, above):
    n = len(odds)
    same = np.ones(n, dtype=bool)
    same[list(wrong)] = False
    pairs = Reviewed(np.zeros(n), np.zeros(n), np.arange(n), same, np.ones(n))
    assert supported(np.array(odds, float), pairs) == pytest.approx(1 - above, rel=1e-3)
    thrice = some_of(pairs, np.repeat(np.arange(n), 3))
    assert supported(np.repeat(odds, 3).astype(float), thrice) == supported(
        np.array(odds, float), pairs
    )
