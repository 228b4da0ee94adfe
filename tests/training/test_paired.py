"""The difference between two partitions, and whether it is more than chance."""

from __future__ import annotations

import numpy as np
import pytest

from mpi.errors import InvalidTruth
from mpi.training.intervals import bootstrap
from mpi.training.metrics import overlap
from mpi.training.paired import FIGURES, differences

PEOPLE = np.repeat(np.arange(1_000), 3)


def with_mistakes(count, seed):
    """The people, but for some records that stand alone or with a stranger."""
    labels = PEOPLE.copy()
    moved = np.random.default_rng(seed).choice(len(labels), count, replace=False)
    labels[moved] = 5_000 + np.arange(count) // 2
    return labels


def test_the_same_partition_differs_in_nothing():
    table = overlap(with_mistakes(40, 1), PEOPLE)
    for each in differences(table, table, seed=1).values():
        assert (each.estimate, each.low, each.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("figure", FIGURES)
def test_fewer_mistakes_are_a_gain_that_chance_does_not_explain(figure):
    old, new = (overlap(with_mistakes(count, 1), PEOPLE) for count in (80, 20))
    better, worse = differences(old, new, seed=1)[figure], differences(new, old, seed=1)[figure]
    assert 0 < better.low < better.estimate < better.high
    assert worse.high < 0
    assert worse.estimate == pytest.approx(-better.estimate)
    before, after = (getattr(bootstrap(each, seed=1), figure).estimate for each in (old, new))
    assert better.estimate == pytest.approx(after - before)


def test_as_many_mistakes_elsewhere_are_no_difference():
    old, new = (overlap(with_mistakes(40, seed), PEOPLE) for seed in (1, 2))
    found = differences(old, new, seed=1)
    assert found["recall"].low < 0 < found["recall"].high


def test_a_pair_of_partitions_is_compared_more_sharply_than_each_is_known():
    old = with_mistakes(80, 1)
    new = old.copy()
    new[:30] = PEOPLE[:30]
    old, new = overlap(old, PEOPLE), overlap(new, PEOPLE)
    paired = differences(old, new, seed=1)["recall"]
    alone = bootstrap(old, seed=1).recall
    assert paired.high - paired.low < alone.high - alone.low


def test_the_same_seed_gives_the_same_intervals():
    old, new = (overlap(with_mistakes(count, 1), PEOPLE) for count in (80, 20))
    assert differences(old, new, seed=3) == differences(old, new, seed=3)
    assert differences(old, new, seed=3) != differences(old, new, seed=4)


def test_partitions_of_other_records_cannot_be_compared():
    other = overlap(PEOPLE[:30], PEOPLE[:30])
    with pytest.raises(InvalidTruth):
        differences(overlap(PEOPLE, PEOPLE), other, seed=1)


def test_nobody_differs_from_nobody():
    nobody = overlap([], [])
    assert differences(nobody, nobody, seed=1)["f1"].estimate == 0.0
