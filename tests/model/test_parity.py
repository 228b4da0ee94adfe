"""The compiled scorer and Splink's `predict` agree on 100,000 pairs of records, awkward ones too.

A release holds whole milli-bits, and its m and u are kept to be read. So there are two weights
before rounding. One is the sum that Splink makes with the settings of the release, before the
engine rounds it: it is compared with the whole number that the compiled scorer gives. The other is
what an m and a u are worth as they are: Splink is given those of the release instead, and its sum
is compared with log2(m/u) added up over the levels that the compiled scorer finds.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from mpi.attributes import SCHEMA
from mpi.linking.batch import live_keys
from mpi.linking.compared import Layout
from mpi.linking.engines.duckdb import (
    Limits,
    connection,
    predict,
    score,
    store_candidates,
    store_compared,
    store_keys,
    store_pairs,
)
from mpi.linking.intake import record_of
from mpi.model.blocking import RULES
from mpi.model.calibration import Calibration
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import BANDS, Frequencies, annotate, annotate_table, bands_of_counts
from mpi.model.parameters import LevelParameters, Release
from mpi.model.scoring import Scorer, comparable
from mpi.model.splink_settings import comparison, probability_of, release_settings, settings
from mpi.model.thresholds import MILLI, Thresholds
from tests.invented import rows_of
from tests.model.awkward import on_the_edge, runaways, spoilt

PAIRS = 100_000
CANDIDATES = 60_000
"""How many of them, at most, are pairs that share a blocking key."""

SEED = 7
PRIOR = -13_658
NEAR = 1e-9
"""Bits."""


class Parity(NamedTuple):
    """Pairs of rows, and what Splink says about each, in the same order.

    `levels[name]` are Splink's numbers of the levels of a comparison. `summed` is the weight in
    bits by the settings of the release, `scored` the whole milli-bits that the engine makes of it,
    and `unrounded` the weight by its m and u.
    """

    release: Release
    rows: pa.Table
    blocked: int
    pairs: np.ndarray
    levels: dict[str, np.ndarray]
    summed: np.ndarray
    scored: np.ndarray
    unrounded: np.ndarray


@pytest.fixture(scope="module")
def parity(invented):
    records, ordinary = awkward_records(invented)
    rows = rows_of(records)
    release = release_over(rows)
    with connection(Limits()) as con:
        store_keys(con, live_keys(rows, release))
        blocked = store_candidates(con)
        candidates = con.sql("FROM candidate ORDER BY ALL").fetchnumpy()
        extreme = pc.greater_equal(rows.column("source_id"), f"{ordinary:05}").to_numpy()
        pairs = drawn(candidates, np.flatnonzero(extreme), len(rows))
        store_pairs(con, *map(pa.array, pairs.T))
        store_compared(con, annotate_table(rows, release.frequencies))
        names = [f"gamma_{name}" for name in release.levels]
        exact = in_order(con, predict(con, release_settings(release, levels_too=True)), names)
        unrounded = in_order(con, predict(con, unrounded_settings(release)), [])
        scored = score(con, release).sort_by([("left", "ascending"), ("right", "ascending")])
    for found in (exact, unrounded):
        assert np.array_equal(np.stack([found["record_no_l"], found["record_no_r"]], 1), pairs)
    assert np.array_equal(np.stack([scored["left"], scored["right"]], 1), pairs)
    return Parity(
        release,
        rows,
        blocked,
        pairs,
        {name: exact[f"gamma_{name}"] for name in release.levels},
        exact["match_weight"],
        scored["weight"].to_numpy(),
        unrounded["match_weight"],
    )


def awkward_records(invented):
    """The invented population, each record as it is and twice spoilt, then the extreme ones.

    Returns them, and the number of the first extreme one; its number is the key of each.
    """
    rng = Random(SEED)
    payloads = [p for table in invented.intake.stored() for p in table["payload"].to_pylist()]
    records = [record_of(payload) for payload in payloads]
    found = list(records)
    for record in records:
        found += [spoilt(record, records, rng), spoilt(record, records, rng)]
    every = [*found, *runaways(records), *on_the_edge()]
    return [replace(record, source_id=f"{n:05}") for n, record in enumerate(every)], len(found)


def release_over(rows):
    """A release of every comparison with m and u drawn by lot, and the bands of these rows."""
    lot = np.random.default_rng(SEED)
    levels = {c.name: {v.code: by_lot(lot) for v in c.scored} for c in COMPARISONS}
    listed = {name: banded(rows, name) for name in BANDS}
    return Release(
        name="by-lot",
        prior=PRIOR,
        levels=levels,
        frequencies=Frequencies(len(rows), listed),
        rules=tuple(range(len(RULES))),
        suppressed=np.empty(0, dtype=np.int64),
        thresholds=Thresholds(),
        calibration=Calibration(-1.0, 0.2, 0.3, 0.99, True, 300, "invented"),
        trained={},
    )


def by_lot(lot):
    m, u = (10.0 ** lot.uniform(-7, 0) for _ in "mu")
    return LevelParameters(m, u, round(math.log2(m / u) * MILLI))


def banded(rows, name):
    column = rows.column(name)
    texts = pc.list_flatten(column) if pa.types.is_list(column.type) else column.drop_null()
    counts = texts.value_counts()
    values = np.array(counts.field("values").to_pylist(), dtype=object)
    return bands_of_counts(values, counts.field("counts").to_numpy(), len(BANDS[name]))


def drawn(candidates, extreme, count):
    """So many distinct pairs of rows, in order: of extreme ones, candidates, and any two."""
    lot = np.random.default_rng(SEED)
    ends = np.array(list(combinations(extreme.tolist(), 2)))
    found = np.stack([candidates["join_key_l"], candidates["join_key_r"]], axis=1)
    some = lot.permutation(found.astype(np.int64))[:CANDIDATES]
    others = np.sort(lot.integers(0, count, (3 * PAIRS, 2)), axis=1)
    others = others[others[:, 0] < others[:, 1]]
    numbers = np.concatenate([ends, some, others]) @ (count, 1)
    _, first = np.unique(numbers, return_index=True)
    chosen = np.sort(numbers[np.sort(first)[:PAIRS]])
    return np.stack(np.divmod(chosen, count), axis=1)


def unrounded_settings(release):
    """The settings that score with the m and u of a release instead of with its weights."""
    made = [
        comparison(
            c,
            {
                code: {"m_probability": each.m, "u_probability": each.u}
                for code, each in release.levels[c.name].items()
            },
        )
        for c in COMPARISONS
    ]
    return settings(made, probability_of(release.prior))


def in_order(con, table, names):
    wanted = ", ".join(["record_no_l", "record_no_r", "match_weight", *names])
    return con.sql(f"SELECT {wanted} FROM {table} ORDER BY ALL").fetchnumpy()


def test_the_pairs_are_as_many_as_promised_and_distinct_and_of_both_kinds(parity):
    assert len(np.unique(parity.pairs, axis=0)) == PAIRS
    assert (parity.pairs[:, 0] < parity.pairs[:, 1]).all()
    assert parity.blocked > 20_000


@pytest.fixture(scope="module")
def decoded(parity):
    """The rows as real time has them: written to the store's form, and read back."""
    layout = Layout(parity.release)
    return [layout.decode(text).row for text in layout.encode_table(parity.rows).to_pylist()]


@pytest.fixture(scope="module")
def compiled(parity, decoded):
    """The numbers of the levels that the compiled scorer finds, by comparison, pair by pair."""
    levels = Scorer(parity.release).levels
    found = [
        [number for number, _ in levels(decoded[left], decoded[right]).values()]
        for left, right in parity.pairs.tolist()
    ]
    return dict(zip(parity.release.levels, np.array(found).T, strict=True))


def test_rows_read_back_from_the_stored_form_are_those_that_were_scored(parity, decoded):
    layout = Layout(parity.release)
    rows = parity.rows.select([a.name for a in SCHEMA]).to_pylist()
    for row, read in zip(rows, decoded, strict=True):
        expected = comparable(annotate(dict(row), parity.release.frequencies))
        assert read == {name: expected[name] for name in layout.names}
        assert layout.decode(layout.encode(row)).row == read


@pytest.mark.parametrize("definition", COMPARISONS, ids=lambda c: c.name)
def test_every_pair_has_the_level_that_splink_predicts(parity, compiled, definition):
    """Splink numbers the scored levels of a comparison down to 0, and gives the null level -1."""
    scored = definition.scored
    numbers = [-1 if v.null else len(scored) - 1 - scored.index(v) for v in definition.levels]
    found = compiled[definition.name]
    assert np.array_equal(np.array(numbers)[found], parity.levels[definition.name])
    assert Counter(found.tolist()).keys() == set(range(len(definition.levels)))


def test_every_pair_has_the_weight_that_splink_sums_before_it_is_rounded(parity, decoded):
    weight = Scorer(parity.release).weight
    pairs = parity.pairs.tolist()
    found = np.array([weight(decoded[left], decoded[right]) for left, right in pairs])
    assert np.array_equal(found, parity.scored)
    assert np.abs(parity.summed - found / MILLI).max() < NEAR


def test_every_pair_has_the_weight_of_m_and_u_that_splink_sums(parity, compiled):
    total = np.full(PAIRS, parity.release.prior / MILLI)
    for definition in COMPARISONS:
        worth = parity.release.levels[definition.name]
        bits = [
            0.0 if v.null else math.log2(worth[v.code].m / worth[v.code].u)
            for v in definition.levels
        ]
        total += np.array(bits)[compiled[definition.name]]
    assert np.abs(parity.unrounded - total).max() < NEAR
    assert np.abs(parity.unrounded - parity.summed).max() > NEAR
