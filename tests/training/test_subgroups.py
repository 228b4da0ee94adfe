"""Subgroups against a listing of every pair, and against the totals they must add up to."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.training.metrics import accuracy, overlap
from mpi.training.small_groups import FEWEST_PEOPLE
from mpi.training.subgroups import FIGURES, counts_by_record, subgroups

# A busy machine is no reason to fail: how long an example takes is not what is tested.
UNTIMED = settings(deadline=None)
RECORDS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(["x", "y", "z"])),
    min_size=1,
    max_size=20,
)


def no_gap(records):
    return np.zeros(records), np.zeros(records)


def one_column(predicted, true, column, gap=None):
    table = overlap(predicted, true)
    found = subgroups(table, {"column": column}, gap or no_gap(len(true)))
    return {group.group: group for group in found["column"]}


def rate(group, figure):
    return group.figures[figure] and group.figures[figure].estimate


def listed(predicted, true, column, name):
    """Missed and true, false and joined pairs, half for each record of the group."""
    counts = np.zeros(4)
    for left, right in combinations(range(len(true)), 2):
        together, same = predicted[left] == predicted[right], true[left] == true[right]
        share = ((column[left] == name) + (column[right] == name)) / 2
        counts += share * np.array([same and not together, same, together and not same, together])
    return counts


@UNTIMED
@given(RECORDS)
def test_counts_equal_a_listing_of_every_pair(records):
    predicted, true, column = zip(*records, strict=True)
    counts = counts_by_record(overlap(predicted, true), no_gap(len(true)))
    for name in set(column):
        mine = np.array(column) == name
        wrong, of = counts.wrong[mine].sum(axis=0), counts.of[mine].sum(axis=0)
        missed, same, false, together = listed(predicted, true, column, name)
        assert (wrong[0], of[0], wrong[1], of[1]) == (missed, same, false, together)


@UNTIMED
@given(RECORDS)
def test_groups_add_up_to_the_whole(records):
    predicted, true, _ = zip(*records, strict=True)
    table = overlap(predicted, true)
    counts = counts_by_record(table, no_gap(len(true)))
    whole = accuracy(table)
    wrong, of = counts.wrong.sum(axis=0), counts.of.sum(axis=0)
    assert (wrong[0], wrong[1]) == (whole.pairs.fn, whole.pairs.fp)
    assert (of[0], of[1]) == (
        whole.pairs.tp + whole.pairs.fn,
        whole.pairs.tp + whole.pairs.fp,
    )
    assert wrong[2] / max(of[2], 1) == pytest.approx(whole.unlinked_rate)


@pytest.fixture(scope="module")
def people():
    """2,000 people of three records; in the group "hard" one in five has a record apart."""
    true = np.repeat(np.arange(2000), 3)
    hard = np.arange(2000) >= 1900
    apart = np.zeros(6000, dtype=bool)
    rng = np.random.default_rng(3)
    apart[2::3] = rng.random(2000) < np.where(hard, 0.2, 0.01)
    predicted = np.where(apart, 10_000 + np.arange(6000), true)
    group = np.where(np.repeat(hard, 3), "hard", "easy").astype(object)
    group[: 3 * (FEWEST_PEOPLE - 1)] = "few"
    group[3 * FEWEST_PEOPLE : 3 * (FEWEST_PEOPLE + 5)] = "five"
    return predicted, true, group


def test_a_group_that_fares_worse_is_marked_and_has_the_rate_of_its_pairs(people):
    predicted, true, group = people
    found = one_column(predicted, true, group)
    missed = listed(predicted[5700:], true[5700:], ["hard"] * 300, "hard")
    assert rate(found["hard"], "missed_match") == pytest.approx(missed[0] / missed[1])
    assert found["hard"].significant
    assert found["hard"].figures["missed_match"].low > rate(found["easy"], "missed_match")


def test_a_group_of_few_people_is_named_and_nothing_else(people):
    few = one_column(*people)["few"]
    assert few.as_dict() == {
        "group": "few",
        "records": None,
        **dict.fromkeys(FIGURES),
        "significant": False,
        "small": True,
    }


def test_a_single_small_group_takes_another_along_that_would_give_it_away(people):
    predicted, true, group = people
    found = one_column(predicted, true, np.where(group == "five", "easy", group))
    assert {name for name, each in found.items() if each.small} == {"few", "hard"}
    assert found["hard"].records is None
    assert set(found["hard"].figures.values()) == {None}
    assert not found["hard"].significant


def test_people_are_counted_and_not_records():
    many = one_column([1] * 50, ["a"] * 50, ["one person"] * 50)["one person"]
    assert many.small
    enough = one_column(range(FEWEST_PEOPLE), range(FEWEST_PEOPLE), ["x"] * FEWEST_PEOPLE)["x"]
    assert not enough.small
    assert enough.records == FEWEST_PEOPLE


def test_a_column_of_the_record_parts_a_person_between_groups(people):
    predicted, true, _ = people
    source = ["pds", "nomis", "courts"] * 2000
    found = one_column(predicted, true, source)
    assert {name: each.records for name, each in found.items()} == dict.fromkeys(
        ("courts", "nomis", "pds"), 2000
    )
    assert rate(found["courts"], "missed_match") > 1.5 * rate(found["pds"], "missed_match")


def test_figures_without_pairs_are_not_known():
    alone = one_column(range(30), range(30), ["x"] * 30)["x"]
    assert set(alone.figures.values()) == {None}
    assert not alone.significant


def test_the_gap_of_a_group_is_the_mean_over_its_pairs(people):
    predicted, true, group = people
    pairs = np.full(len(true), 2.0)
    beyond = np.where(np.array(group) == "hard", 0.3, -0.1)
    found = one_column(predicted, true, group, gap=(beyond, pairs))
    assert rate(found["hard"], "calibration_gap") == pytest.approx(0.15)
    assert rate(found["easy"], "calibration_gap") == pytest.approx(-0.05)
    assert found["hard"].significant


def test_the_same_seed_gives_the_same_groups(people):
    predicted, true, group = people
    table, gap = overlap(predicted, true), no_gap(len(true))
    once, again, other = (subgroups(table, {"g": group}, gap, seed=seed)["g"] for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_what_another_column_says_does_not_change_a_rate(people):
    predicted, true, group = people
    table, gap = overlap(predicted, true), no_gap(len(true))
    alone = subgroups(table, {"g": group}, gap)["g"]
    both = subgroups(table, {"other": ["x"] * len(true), "g": group}, gap)["g"]
    assert [each.figures for each in both] == [each.figures for each in alone]
