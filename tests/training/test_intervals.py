"""Intervals: reproducible, honest about few persons, and as wide as a plain resampling says."""

import numpy as np
import pytest

from mpi.training.intervals import bootstrap, ratio_intervals
from mpi.training.metrics import evaluate, overlap


@pytest.fixture(scope="module")
def partition():
    """3,000 records of 1,000 persons: one in ten lands in another's cluster, one in ten apart."""
    rng = np.random.default_rng(7)
    true = np.repeat(np.arange(1000), 3)
    astray = rng.random(3000)
    other = rng.integers(0, 1000, 3000)
    predicted = np.where(astray < 0.1, other, true)
    return np.where(astray > 0.9, 10_000 + np.arange(3000), predicted), true


def test_the_same_seed_gives_the_same_intervals(partition):
    table = overlap(*partition)
    assert bootstrap(table, seed=1, resamples=200) == bootstrap(table, seed=1, resamples=200)
    assert bootstrap(table, seed=1, resamples=200) != bootstrap(table, seed=2, resamples=200)


def test_the_estimate_is_the_figure_itself_and_lies_inside(partition):
    found = evaluate(*partition)
    intervals = bootstrap(overlap(*partition), seed=1)
    assert intervals.precision.estimate == found.pairs.precision
    assert intervals.bcubed_recall.estimate == found.bcubed.recall
    for _, estimate, low, high in intervals.rows():
        assert low < estimate < high


def test_the_width_is_that_of_resampling_persons_one_by_one(partition):
    predicted, true = partition
    table = overlap(predicted, true)
    same = (predicted[:, None].reshape(1000, 3, 1) == predicted.reshape(1000, 1, 3)).sum((1, 2))
    right = (same - 3) // 2
    rng = np.random.default_rng(3)
    draws = rng.integers(0, 1000, (2000, 1000))
    low, high = np.quantile(right[draws].sum(1) / 3000, (0.025, 0.975))
    recall = bootstrap(table, seed=1, resamples=2000).recall
    assert recall.low == pytest.approx(low, abs=0.003)
    assert recall.high == pytest.approx(high, abs=0.003)


def test_fewer_persons_give_wider_intervals(partition):
    predicted, true = partition
    few = bootstrap(overlap(predicted[:300], true[:300]), seed=1, resamples=300).f1
    many = bootstrap(overlap(predicted, true), seed=1, resamples=300).f1
    assert few.high - few.low > 2 * (many.high - many.low)


def test_a_wider_level_contains_a_narrower_one(partition):
    table = overlap(*partition)
    wide, narrow = (bootstrap(table, seed=1, level=level).f1 for level in (0.99, 0.8))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_that_nothing_went_wrong_is_worth_as_much_as_there_are_people():
    """100 people, 40 of them with a pair that could go wrong: the rule of three, at both ends."""
    true = [*range(100), *range(40)]
    found = bootstrap(overlap(true, true), seed=1, resamples=50)
    for name in ("precision", "recall", "f1"):
        assert getattr(found, name).low == pytest.approx(0.025 ** (1 / 40))
    for name in ("bcubed_precision", "bcubed_recall", "bcubed_f1"):
        assert getattr(found, name).low == pytest.approx(0.025 ** (1 / 100))
    assert {high for *_, high in found.rows()} == {1.0}


def test_what_cannot_go_wrong_has_no_doubt():
    found = bootstrap(overlap([1, 2, 3], [1, 2, 3]), seed=1, resamples=50)
    assert (found.precision.low, found.recall.low) == (1.0, 1.0)
    assert found.bcubed_recall.low < 1.0


def test_no_records_give_no_doubt():
    assert bootstrap(overlap([], []), seed=1).as_dict()["f1"]["low"] == 1.0


def ratios(wrong, of, **options):
    both = (np.array(each, dtype=float).reshape(len(of), -1) for each in (wrong, of))
    return ratio_intervals(*both, seed=1, **options)


def test_a_ratio_agrees_with_the_interval_of_recall(partition):
    predicted, true = partition
    table = overlap(predicted, true)
    same = (predicted[:, None].reshape(1000, 3, 1) == predicted.reshape(1000, 1, 3)).sum((1, 2))
    right = (same - 3) // 2
    (found,) = ratios(right, np.full(1000, 3.0), resamples=2000)
    recall = bootstrap(table, seed=1, resamples=2000).recall
    assert found.estimate == recall.estimate
    assert (found.low, found.high) == pytest.approx((recall.low, recall.high), abs=0.003)


@pytest.mark.parametrize("people", [10, 100, 1000])
def test_where_nothing_went_wrong_the_bound_is_the_rule_of_three(people):
    (none,) = ratios(np.zeros(people), np.full(people, 7.0), resamples=20)
    (every,) = ratios(np.full(people, 7.0), np.full(people, 7.0), resamples=20)
    assert (none.estimate, none.low, every.estimate, every.high) == (0.0, 0.0, 1.0, 1.0)
    assert none.high == pytest.approx(1 - 0.025 ** (1 / people))
    assert every.low == pytest.approx(0.025 ** (1 / people))


def test_only_people_with_something_at_stake_count_as_trials():
    (found,) = ratios(np.zeros(1000), [1.0] * 10 + [0.0] * 990, resamples=20)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 10))


def test_a_figure_of_which_nothing_is_known_has_no_interval():
    wrong = np.column_stack((np.zeros(5), np.ones(5)))
    nothing, known = ratios(wrong, np.column_stack((np.zeros(5), np.full(5, 2.0))))
    assert nothing is None
    assert known.estimate == 0.5
