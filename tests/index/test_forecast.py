"""What a link is expected to take follows from what was measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mpi.errors import UsageError
from mpi.index.forecast import PAIRWISE, Growth, Run, forecast, measured_runs

SMALL = Run(
    records=1_000,
    sources=12,
    candidates=5_000,
    links=3_000,
    persons=250,
    keys=16_000,
    row_bytes=500.0,
    peak_mb=1_000.0,
    index_mb=3.0,
    temp_mb=2.0,
    cpu={"standardise": 10.0, "compare candidates": 20.0, "write the index": 5.0},
)
GROWN = replace(
    SMALL,
    records=4_000,
    candidates=44_000,
    links=12_000,
    persons=1_000,
    peak_mb=1_300.0,
    keys=64_000,
    index_mb=12.0,
    temp_mb=8.0,
    cpu={"standardise": 40.0, "compare candidates": 176.0, "write the index": 20.0},
)
RUNS = [SMALL, GROWN]
"""Pairs that came to nothing, 2,000 and 32,000, grow with the square of the records."""


def test_growth_goes_through_what_was_measured():
    found = Growth.through([1_000, 4_000], [2_000, 32_000])
    assert found.power == pytest.approx(2.0)
    assert found.at(1_000) == pytest.approx(2_000)
    assert found.at(16_000) == pytest.approx(512_000)


@pytest.mark.parametrize(("sizes", "values"), [([100], [7]), ([100, 200], [7, 7])])
def test_growth_is_never_less_than_in_proportion(sizes, values):
    found = Growth.through(sizes, values)
    assert found.power == 1.0
    assert found.at(400) / found.at(100) == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("values", "power", "at_ten_thousand"),
    [
        ([0.0, 0.0, 3.0], 1.0, 30.0),
        ([0.0, 0.04, 3.0], 1.0, 30.0),
        ([0.06, 0.06, 60.0], 2.0, 6_000.0),
        ([0.0, 3.0, 6.0], 1.0, 60.0),
    ],
)
def test_what_is_too_short_to_measure_tells_nothing_of_growth(values, power, at_ten_thousand):
    found = Growth.through([100, 500, 1_000], values, least=0.05)
    assert found.power == pytest.approx(power)
    assert found.at(10_000) == pytest.approx(at_ten_thousand, rel=1e-6)


@pytest.mark.parametrize("seconds", [{}, {"write the index": 0.0}, {"write the index": 0.01}])
def test_a_step_that_a_small_run_lacks_grows_in_proportion(seconds):
    short = replace(SMALL, cpu={"standardise": 10.0, "compare candidates": 20.0} | seconds)
    found = forecast(4_000_000, 12, runs=[short, GROWN])
    pairwise = 176.0 * found.pairs / GROWN.candidates
    assert found.cpu_hours * 3600 == pytest.approx(pairwise + 40_000 + 20_000, rel=1e-6)


@pytest.mark.parametrize("other", [{"engine": "spark"}, {"threads": 64}])
def test_runs_of_another_kind_do_not_count(other):
    strange = replace(SMALL, cpu={"standardise": 0.1}, peak_mb=90_000.0, candidates=9_999, **other)
    assert forecast(10**7, 12, runs=[strange, *RUNS]) == forecast(10**7, 12, runs=RUNS)


@pytest.mark.parametrize("records", [1, 2, 3, 10, 100, 999, 3_999])
def test_a_small_link_is_not_expected_to_contradict_itself(records):
    found = forecast(records, 12, runs=RUNS)
    assert 1 <= found.people <= records
    assert found.links <= found.pairs <= records * (records - 1) / 2
    assert found.least_pairs <= found.pairs


@pytest.mark.parametrize("run", RUNS)
def test_what_was_measured_is_what_is_expected(run):
    found = forecast(run.records, run.sources, runs=RUNS, threads=2)
    assert found.pairs == pytest.approx(run.candidates, rel=1e-6)
    assert found.links == run.links
    assert found.people == run.persons
    assert found.memory == pytest.approx(run.peak_mb * 1e6)
    assert found.cpu_hours * 3600 == pytest.approx(sum(run.cpu.values()), rel=1e-6)


def test_pairs_grow_with_their_power_and_links_with_the_records():
    found = forecast(16_000, 12, runs=RUNS)
    assert found.power == pytest.approx(2.0)
    assert found.links == 48_000
    assert found.pairs == pytest.approx(512_000 + 48_000)
    assert found.least_pairs == 4 * 32_000 + 48_000


def test_with_half_the_sources_a_person_has_half_the_records():
    found = forecast(4_000, 6, runs=RUNS)
    assert found.people == 2_000
    assert found.links == pytest.approx(12_000 / 3)


def test_more_processors_shorten_only_what_uses_them():
    one, four = (forecast(4_000, 12, runs=RUNS, threads=each) for each in (1, 4))
    assert one.hours * 3600 == pytest.approx(236.0)
    assert four.hours * 3600 == pytest.approx((40 + 176) / 4 + 20)
    assert four.cpu_hours == one.cpu_hours


def test_what_a_cluster_moves_counts_keys_pairs_and_both_records_of_each():
    found = forecast(4_000, 12, runs=RUNS)
    assert found.shuffle == pytest.approx(64_000 * 12 + 44_000 * (8 + 1_000), rel=1e-6)


def test_a_single_run_is_scaled_in_proportion():
    found = forecast(2_000, 12, runs=[SMALL])
    assert found.pairs == 2 * SMALL.candidates
    assert found.memory == 2 * SMALL.peak_mb * 1e6


@pytest.mark.parametrize("given", [(0, 12, 2), (10, 0, 2), (10, 12, 0)])
def test_nothing_is_expected_of_nothing(given):
    records, sources, threads = given
    with pytest.raises(UsageError):
        forecast(records, sources, threads=threads, runs=RUNS)


def test_the_committed_rates_are_of_several_sizes_and_name_every_step_that_pairs_cost():
    runs = measured_runs()
    assert len({run.records for run in runs}) >= 2
    assert all(set(PAIRWISE) <= run.cpu.keys() for run in runs)
    whole = forecast(80_000_000, 12)
    assert any("times the largest" in each for each in whole.assumptions)
    assert whole.pairs >= whole.least_pairs > 80_000_000
    assert whole.hours < whole.cpu_hours
