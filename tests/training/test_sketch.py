"""A sketch of records tells whether feeds share some, and nobody from whom."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from mpi.training.sketch import BINS, shared, sketch

N = 20_000


def of(first, last, *, seed=1, source="nomis"):
    """The sketch of the records numbered from `first` up to `last`, of a world with this seed."""
    numbers = range(first, last)
    records = pa.table({"source": [source] * len(numbers), "source_id": [f"{n}" for n in numbers]})
    said = np.random.default_rng(seed).integers(-(2**62), 2**62, (2 * N, 2))[first:last]
    keys = {"key": said.ravel(), "record_no": np.repeat(np.arange(len(said), dtype=np.int32), 2)}
    return sketch(records, pa.table(keys))


@pytest.mark.parametrize(("start", "share"), [(0, 1.0), (5_000, 0.6), (15_000, 1 / 7)])
def test_the_share_of_records_in_both_is_told(start, share):
    assert shared(of(0, N), of(start, start + N)) == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize("other", [of(N, 2 * N), of(0, N, seed=2), of(0, N, source="pds")])
def test_others_share_nothing_even_where_they_are_numbered_alike(other):
    assert shared(of(0, N), other) == 0.0


def test_neither_the_order_of_the_records_nor_that_of_their_keys_matters():
    records = pa.table({"source": ["a"] * 3, "source_id": ["1", "2", "3"]})
    keys = pa.table({"key": [5, -7, 9, 4], "record_no": pa.array([0, 0, 1, 2], pa.int32())})
    turned = pa.table({"key": [4, 9, -7, 5], "record_no": pa.array([0, 1, 2, 2], pa.int32())})
    assert sketch(records, keys) == sketch(records.take([2, 1, 0]), turned)


def test_a_digit_of_the_sketch_stands_for_many_records():
    found = of(0, N)
    assert len(found) == BINS
    assert set(found) <= set("0123456789abcdef")


@pytest.mark.parametrize("few", [0, 1, 20])
def test_of_few_records_nothing_is_said_by_chance(few):
    assert shared(of(0, few), of(N, N + few)) == 0.0
