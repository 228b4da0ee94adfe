"""Confidence judged: against plain sums over pairs, and against simulated claims."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from mpi.training.reliability import EDGES, Claims, effective_pairs, gaps, reliability

# A busy machine is no reason to fail: how long an example takes is not what is tested.
UNTIMED = settings(deadline=None)


def claims(confidence, same, *, person=None, weight=None):
    n = len(same)
    return Claims(
        left=np.arange(n),
        right=np.arange(n) + n,
        confidence=np.array(confidence, dtype=float),
        weight=np.array(weight if weight is not None else [0] * n, dtype=np.int64),
        same=np.array(same, dtype=bool),
        person=np.array(person if person is not None else range(n), dtype=np.int64),
    )


def simulated(stated, truly, *, per_person=1, people=20_000, seed=1):
    """Pairs stated with one confidence that are right, a person's all together, with another."""
    rng = np.random.default_rng(seed)
    same = np.repeat(rng.random(people) < truly, per_person)
    person = np.repeat(np.arange(people), per_person)
    return claims(np.full(len(same), stated), same, person=person)


@UNTIMED
@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.booleans()), min_size=2, max_size=30))
def test_losses_are_those_of_scikit_learn(pairs):
    stated, same = zip(*pairs, strict=True)
    weight = [round(1000 * np.log2(p / (1 - p))) for p in stated]
    found = reliability(claims(stated, same, weight=weight))
    labels = np.array(same, dtype=int)
    assert found.log_loss == pytest.approx(log_loss(labels, stated, labels=[0, 1]))
    assert found.log_loss_raw == pytest.approx(found.log_loss, abs=0.01)
    share = np.clip(labels.mean(), 5e-7, 1 - 5e-7)
    assert found.log_loss_constant == pytest.approx(
        log_loss(labels, np.full(len(labels), share), labels=[0, 1])
    )


@UNTIMED
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_bands_part_the_pairs_and_make_up_the_calibration_error(pairs):
    stated, same = zip(*pairs, strict=True)
    found = reliability(claims(stated, same))
    assert sum(band.pairs for band in found.bands) == len(pairs)
    for band in found.bands:
        inside = [p for p in stated if band.low <= p < band.high or p == band.high == 1]
        assert band.pairs == len(inside)
        assert band.mean == pytest.approx(np.mean(inside))
    error = sum(band.pairs * abs(band.mean - band.observed) for band in found.bands)
    assert found.ece == pytest.approx(error / len(pairs))


def test_the_bands_on_which_somebody_may_act_are_told_apart():
    found = reliability(claims([0.985, 0.99, 0.9985, 0.999, 1.0], [True] * 5))
    assert [(band.low, band.pairs) for band in found.bands] == [(0.95, 1), (0.99, 2), (0.999, 2)]
    assert EDGES[-3:] == (0.99, 0.999, 1.0)


def test_a_weight_that_rounds_to_certainty_still_pays_for_being_wrong():
    found = reliability(claims([0.99, 0.99], [True, False], weight=[80_000, 80_000]))
    assert found.log_loss_raw == pytest.approx(40 * np.log(2))


@pytest.mark.parametrize("truly", [0.995, 0.9993], ids=["band of .99", "band of .999"])
def test_a_confidence_that_is_kept_is_inside_and_one_that_is_not_is_outside(truly):
    (kept,) = reliability(simulated(truly, truly)).bands
    (broken,) = reliability(simulated(truly, 1 - 3 * (1 - truly))).bands
    assert kept.inside
    assert not broken.inside


def test_pairs_of_one_person_make_the_limits_as_wide_as_if_each_counted_once():
    (apart,) = reliability(simulated(0.99, 0.99, people=2000)).bands
    (joined,) = reliability(simulated(0.99, 0.99, people=2000, per_person=45)).bands
    assert joined.pairs == 45 * apart.pairs
    assert joined.limits == pytest.approx(apart.limits, abs=0.001)


def test_about_one_in_twenty_confidences_that_are_kept_falls_outside():
    outside = [
        not reliability(simulated(0.97, 0.97, people=400, per_person=10, seed=seed)).bands[0].inside
        for seed in range(300)
    ]
    assert 0.02 <= np.mean(outside) <= 0.10


@pytest.mark.parametrize(
    ("same", "person", "expected"),
    [
        ([True, False, True, False], [0, 1, 2, 3], 4),
        ([True, True, False, False], [0, 0, 1, 1], 2),
        ([True] * 6, [0, 0, 0, 1, 1, 1], 2),
        ([True, False, True, False], [0, 0, 1, 1], 4),
        ([True], [7], 1),
    ],
    ids=["apart", "alike within persons", "all alike", "never more than there are", "one"],
)
def test_pairs_count_as_many_as_they_tell(same, person, expected):
    assert effective_pairs(np.array(same), np.array(person)) == expected


def test_without_pairs_nothing_is_claimed():
    found = reliability(claims([], []))
    assert found.as_dict() == {
        "pairs": 0,
        "log_loss": None,
        "log_loss_raw": None,
        "log_loss_constant": None,
        "ece": None,
        "bands": [],
    }


def test_gaps_go_half_to_each_record_and_add_up():
    found = claims([0.9, 0.8, 0.7], [True, False, True])
    judged = Claims(
        **{
            **{name: getattr(found, name) for name in Claims.__slots__},
            "left": np.array([0, 0, 1]),
            "right": np.array([1, 2, 2]),
        }
    )
    beyond, pairs = gaps(judged, 4)
    assert beyond == pytest.approx([(-0.1 + 0.8) / 2, (-0.1 - 0.3) / 2, (0.8 - 0.3) / 2, 0.0])
    assert pairs.tolist() == [1.0, 1.0, 1.0, 0.0]


def test_a_reliability_goes_to_json():
    found = reliability(simulated(0.99, 0.99, people=50)).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert set(found["bands"][0]) == {
        "low", "high", "pairs", "mean", "observed", "limits", "inside"
    }  # fmt: skip
