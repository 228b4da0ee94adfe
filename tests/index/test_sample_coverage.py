"""Samples against the whole truth: do intervals of 95% hold it in about 95 of 100 rounds?

In each round every record gets another key, so that the halves of the two streams fall anew, and a
sample is drawn and judged as the truth has it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from mpi.index.link import link
from mpi.index.pairs import known_pairs
from mpi.index.sample import _draw, _strata, _Wanted
from mpi.store.exports import NUMBERED
from mpi.store.store import open_store
from mpi.synthetic import synthesise
from mpi.training.design import Judged, number_of_same, share_of_same, strata_of
from mpi.training.searches import search_recall, together_of
from mpi.training.streams import Stream
from tests.invented import LINKED

ROUNDS = 200
SIZE = 400


@pytest.fixture(scope="module")
def folder(invented, tmp_path_factory):
    """An index of 2,000 people, made with a release that makes some errors, and the truth."""
    folder = tmp_path_factory.mktemp("two-thousand")
    synthesise(people=2_000, seed=9, to=folder)
    link(folder / "feeds", invented.brief_model, f"sqlite:///{folder / 'mpi.db'}", options=LINKED)
    return folder


@pytest.fixture(scope="module")
def pairs(folder):
    store = open_store(f"sqlite:///{folder / 'mpi.db'}")
    with store.reading() as view:
        found = known_pairs(view)
    store.close()
    return found


@pytest.fixture(scope="module")
def individual(folder, pairs):
    """The number of the individual of every record."""
    truth = pq.read_table(folder / "truth.parquet").to_pylist()
    person = {(row["source"], row["source_id"]): row["person"] for row in truth}
    keys = [tuple(row.values()) for row in pairs.keys.to_pylist()]
    return np.unique([person[key] for key in keys], return_inverse=True)[1]


@pytest.fixture(scope="module")
def person(folder):
    """The number of the person of every record."""
    store = open_store(f"sqlite:///{folder / 'mpi.db'}")
    with store.reading() as view:
        held = pa.Table.from_batches(view.numbered("record"), NUMBERED["record"])
    store.close()
    return np.unique(held.column("person_no").to_numpy(), return_inverse=True)[1]


@pytest.fixture(scope="module")
def same(individual, pairs):
    return individual[pairs.left] == individual[pairs.right]


def rounds(pairs, same):
    """The labels of each round, and which of them are of pairs within persons."""
    stratum = _strata(pairs)
    for number in range(ROUNDS):
        ids = pc.binary_join_element_wise(
            pairs.keys.column("source_id"), pa.scalar(f"#{number}"), ""
        )
        renamed = replace(pairs, keys=pairs.keys.set_column(1, "source_id", ids))
        wanted = _Wanted(SIZE, Stream.EVALUATION, np.random.default_rng(number))
        drawn = _draw(renamed, stratum, wanted)
        names = drawn.stratum.astype(str).astype(object)
        yield Judged(same[drawn.at].astype(np.int8), drawn.probability, names), drawn.at


def test_intervals_hold_the_whole_truth_as_often_as_they_say(pairs, same):
    precision, missed = same[pairs.within].mean(), same[~pairs.within].sum()
    assert 0 < precision < 1
    assert missed > 0
    held = np.zeros((ROUNDS, 2), dtype=bool)
    for number, (judged, at) in enumerate(rounds(pairs, same)):
        inside = pairs.within[at]
        share, count = (
            share_of_same(strata_of(judged, inside)),
            number_of_same(strata_of(judged, ~inside)),
        )
        held[number] = share.low <= precision <= share.high, count.low <= missed <= count.high
    assert (held.mean(axis=0) >= 0.92).all(), held.mean(axis=0)
    assert (held.mean(axis=0) <= 0.98).all(), held.mean(axis=0)


@pytest.mark.parametrize("size", [100, 300])
def test_intervals_of_searches_hold_the_recall_of_all_pairs_as_often_as_they_say(
    person, individual, size
):
    pieces = [np.bincount(person[individual == each]) for each in range(individual.max() + 1)]
    parts = np.array([together_of(each[each > 0]) for each in pieces])[individual]
    recall = parts[:, 0].sum() / parts[:, 1].sum()
    assert recall < 1
    held = []
    for number in range(ROUNDS):
        rng = np.random.default_rng(number)
        drawn = parts[rng.choice(len(parts), size=size, replace=False)]
        found = search_recall(drawn[:, 0], drawn[:, 1], size / len(parts))
        held.append(found.low <= recall <= found.high)
    assert 0.92 <= np.mean(held) <= 0.98, np.mean(held)
