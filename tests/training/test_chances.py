"""Chances against drawing people over and over: a group drawn by lot is rarely called different."""

import numpy as np
import pytest

from mpi.training.chances import Counts, chances

PEOPLE = 6000


def rare_errors(people, seed):
    """Pairs of people with between one and many records, one in 250 with something wrong."""
    rng = np.random.default_rng(seed)
    records = 1 + rng.geometric(0.3, people)
    pairs = records * (records - 1) / 2.0
    wrong = np.where(rng.random(people) < 0.004, records - 1.0, 0.0)
    return Counts(wrong[:, None], pairs[:, None])


@pytest.mark.parametrize("size", [12, 60, 1500], ids=["tiny", "small", "large"])
def test_a_group_drawn_by_lot_is_rarely_taken_for_different(size):
    counts = rare_errors(PEOPLE, seed=1)
    rng = np.random.default_rng(2)
    drawn = 100
    found = np.empty(drawn)
    for at in range(drawn):
        group = np.zeros(PEOPLE, dtype=np.int64)
        group[rng.permutation(PEOPLE)[:size]] = 1
        found[at] = chances(counts, group, 2, seed=at)[1, 0]
    # the bound of three standard deviations over what is promised
    assert (found <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / drawn)
    assert np.median(found) > 0.2


def test_everybody_together_differs_from_nobody():
    counts = rare_errors(500, seed=1)
    assert np.isnan(chances(counts, np.zeros(500, dtype=np.int64), 1)).all()


def test_the_chance_is_the_share_of_draws_that_differ_as_much():
    """With errors as few as here the moments say little, so people are drawn."""
    counts = rare_errors(PEOPLE, seed=4)
    group = np.zeros(PEOPLE, dtype=np.int64)
    wrong = np.flatnonzero(counts.wrong[:, 0])
    group[:80] = 1
    group[wrong[0]] = 1
    share = counts.wrong.sum() / counts.of.sum()
    excess = (counts.wrong - share * counts.of)[:, 0]
    rng = np.random.default_rng(5)
    size = int(group.sum())
    draws = [excess[rng.permutation(PEOPLE)[:size]].sum() for _ in range(3000)]
    expected = 2 * np.mean(np.array(draws) >= excess[group == 1].sum())
    assert chances(counts, group, 2)[1, 0] == pytest.approx(expected, rel=0.25)


@pytest.mark.parametrize("share", [0.05, 0.95], ids=["the group", "the others"])
def test_a_group_and_all_others_differ_alike(share):
    counts = rare_errors(PEOPLE, seed=1)
    group = (np.arange(PEOPLE) < share * PEOPLE).astype(np.int64)
    others, mine = chances(counts, group, 2)[:, 0]
    assert others == pytest.approx(mine, rel=0.2)


def test_many_times_the_errors_is_no_luck():
    counts = rare_errors(PEOPLE, seed=1)
    group = (np.arange(PEOPLE) < 300).astype(np.int64)
    counts.wrong[:60, 0] = counts.of[:60, 0]
    assert chances(counts, group, 2)[1, 0] < 1e-3
