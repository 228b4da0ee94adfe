"""Agreement of reviewers: the figures of the literature, and what intervals do."""

from __future__ import annotations

import numpy as np
import pytest

from mpi.training.agreement import agreement, cohen_kappa, gwet_ac1


def ratings(both_same, split, both_different):
    return (
        [("same", "same")] * both_same
        + [("same", "different")] * split
        + [("different", "different")] * both_different
    )


@pytest.mark.parametrize(
    ("table", "kappa", "ac1"),
    [
        # Gwet (2008), table 1: the paradox of kappa
        ([[118, 5], [2, 0]], -0.0234, 0.9408),
        ([[40, 9], [6, 45]], 0.6995, 0.7007),
        ([[10, 0], [0, 10]], 1.0, 1.0),
        ([[0, 10], [10, 0]], -1.0, -1.0),
    ],
)
def test_the_coefficients_are_those_of_the_literature(table, kappa, ac1):
    counts = np.array(table, dtype=float)
    assert float(cohen_kappa(counts)) == pytest.approx(kappa, abs=5e-4)
    assert float(gwet_ac1(counts)) == pytest.approx(ac1, abs=5e-4)


def test_where_nearly_all_is_the_same_ac1_says_what_kappa_does_not():
    found = agreement(ratings(95, 4, 1))
    assert found.raw.estimate == pytest.approx(0.96)
    assert found.kappa.estimate < 0.5
    assert found.ac1.estimate > 0.95


def test_where_only_one_word_was_said_kappa_is_not_defined():
    found = agreement(ratings(30, 0, 0))
    assert found.kappa is None
    assert found.ac1.estimate == 1.0
    assert found.raw.low == found.raw.high == 1.0


def test_without_a_task_there_is_no_agreement():
    assert agreement([]) is None


def test_it_does_not_matter_who_came_first():
    turned = [(other, one) for one, other in ratings(20, 5, 9)]
    assert agreement(turned).kappa.estimate == agreement(ratings(20, 5, 9)).kappa.estimate


def test_intervals_are_the_same_every_time_and_tighter_with_more_tasks():
    few, many = agreement(ratings(20, 5, 9)), agreement(ratings(200, 50, 90))
    assert few == agreement(ratings(20, 5, 9))
    assert few.kappa.low < few.kappa.estimate < few.kappa.high
    assert many.kappa.high - many.kappa.low < few.kappa.high - few.kappa.low


def test_intervals_hold_the_true_agreement_about_as_often_as_they_say():
    rng = np.random.default_rng(5)
    words = np.array(["same", "different", "unsure"])
    joint = np.array([[0.55, 0.05, 0.02], [0.05, 0.2, 0.02], [0.02, 0.02, 0.07]])
    truth = float(cohen_kappa((joint + joint.T) / 2))
    held = []
    for seed in range(60):
        cells = rng.choice(9, size=150, p=joint.ravel())
        pairs = list(zip(words[cells // 3].tolist(), words[cells % 3].tolist(), strict=True))
        found = agreement(pairs, seed=seed).kappa
        held.append(found.low <= truth <= found.high)
    assert np.mean(held) >= 0.88
