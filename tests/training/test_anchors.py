"""Confidence without labels: verified numbers as judges, and people who hold two of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.training.anchors import Anchors, fit

CURVE = (1.0, 0.1, 0.2)
"""Intercept and slopes a bit of the confidence that the pairs below follow."""


def anchors(seed, people=6_000, *, registered_twice=0.0, curve=CURVE):
    """Six pairs of each of many persons found, among them some of two people, and some of whom
    the register knows under two numbers."""
    rng = np.random.default_rng(seed)
    bottleneck = np.repeat(rng.normal(10, 6, people), 6)
    direct = bottleneck + rng.normal(4, 4, len(bottleneck))
    clipped = [np.clip(w, -10, 25) for w in (direct, bottleneck)]
    odds = curve[0] + sum(slope * w for slope, w in zip(curve[1:], clipped, strict=True))
    # what looks beyond doubt is: that is what the fit takes for granted
    same = (rng.random(len(odds)) < 1 / (1 + np.exp(-odds))) | (direct >= 15)
    left = np.repeat(np.arange(people), 6)
    # of two people: another number each time; of one registered twice: always the same second one
    stranger = people + np.arange(len(odds))
    twice = np.repeat(rng.random(people) < registered_twice, 6)
    second = np.where(twice, len(odds) + people + left, left)
    milli = ((w * 1000).astype(np.int64) for w in (direct, bottleneck))
    return Anchors(*milli, left, np.where(same, second, stranger)), same


def confidence(found, direct, bottleneck):
    bits = (np.array([w * 1000]) for w in (direct, bottleneck))
    return float(found.confidence(*bits)[0])


def truth(direct, bottleneck, curve=CURVE):
    return 1 / (1 + np.exp(-(curve[0] + curve[1] * direct + curve[2] * bottleneck)))


@pytest.mark.parametrize("registered_twice", [0.0, 0.05])
@pytest.mark.parametrize("bits", [(0.0, 0.0), (5.0, 2.0), (10.0, 5.0)])
def test_the_curve_is_found_though_some_people_hold_two_numbers(registered_twice, bits):
    found = fit(anchors(1, registered_twice=registered_twice)[0])
    assert found.provisional
    assert np.log(1 - confidence(found, *bits)) == pytest.approx(np.log(1 - truth(*bits)), abs=0.35)


def test_two_numbers_that_overwhelming_evidence_brings_together_are_of_one_person():
    """One strong pair speaks for the weak pairs of the same two numbers, and only for those."""
    pairs, _ = anchors(2, 3_000)
    strong = np.tile([24_000, 3_000, 3_000, 3_000, 3_000, 3_000], 100)
    weak = np.full(600, 3_000)
    of_hundred = np.repeat(np.arange(100), 6)

    def with_others(direct):
        return fit(
            Anchors(
                np.concatenate([pairs.direct, direct]),
                np.concatenate([pairs.bottleneck, weak]),
                np.concatenate([pairs.left, 10**6 + of_hundred]),
                np.concatenate([pairs.right, 2 * 10**6 + of_hundred]),
            )
        )

    shown, unshown = with_others(strong), with_others(weak)
    assert confidence(shown, 3, 3) > confidence(unshown, 3, 3) + 0.05
    assert "100 people" in shown.basis
    assert " 0 people" in unshown.basis


def test_the_order_of_the_two_numbers_of_a_pair_says_nothing():
    pairs, _ = anchors(3, registered_twice=0.05)
    odd = np.arange(len(pairs.left)) % 2 == 1
    turned = Anchors(
        pairs.direct,
        pairs.bottleneck,
        np.where(odd, pairs.right, pairs.left),
        np.where(odd, pairs.left, pairs.right),
    )
    assert fit(turned) == fit(pairs)


def test_nothing_seen_wrong_is_no_proof_that_nothing_is():
    """All disagreements are duplicates of the register; one half of a wrong pair is allowed for."""
    n = 3_000
    direct = np.full(n, 20_000)
    right = np.where(np.arange(n) < 60, 10**6, 0) + np.arange(n)
    found = fit(Anchors(direct, direct, np.arange(n), right))
    assert confidence(found, 20, 20) == pytest.approx(1 - 3 / n, abs=1e-9)
    assert 1 - 1 / n < 1 / (1 + np.exp(-(found.intercept + 20 * (found.direct + found.bottleneck))))


@pytest.mark.parametrize("disagreeing", [0, 29])
def test_too_few_disagreements_are_not_fitted(disagreeing):
    n = 1_000
    right = np.where(np.arange(n) < disagreeing, 10**6, 0) + np.arange(n)
    weights = np.full(n, 5_000)
    assert fit(Anchors(weights, weights, np.arange(n), right)) is None


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.floats(-2, 4), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_confidence_never_falls_when_a_weight_rises(seed, intercept, direct, bottleneck):
    found = fit(anchors(seed, 300, curve=(intercept, direct, bottleneck))[0])
    if found is None:
        return
    assert min(found.direct, found.bottleneck) >= 0.0
    assert found.cap < 1.0
