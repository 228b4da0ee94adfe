"""Pairs are counted at the levels where they are, by SQL as by the compiled scorer."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mpi.attributes import RECORD_NUMBER
from mpi.linking.engines.duckdb import Limits
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import annotate
from mpi.model.scoring import Scorer, comparable
from mpi.records import Name, Record
from mpi.training.observed import Sample, observed
from tests.invented import rows_of

RECORDS = 120


@pytest.fixture(scope="module")
def few(invented):
    """Some rows, in clusters that cut across who is who."""
    rows = invented.brief_rows.slice(0, RECORDS)
    assert rows.column(RECORD_NUMBER).to_pylist() == list(range(RECORDS))
    return rows, np.arange(RECORDS) // 3


def counted_one_by_one(rows, cluster, release, *, known=()):
    """What `observed` should find: pairs of one cluster, and of others those that share a key."""
    scorer = Scorer(release)
    plain = rows.to_pylist()
    keys = [release.live_keys(np.array(row["blocking_keys"] or [], np.int64)) for row in plain]
    keys = [set(np.array(r["blocking_keys"] or [])[k]) for r, k in zip(plain, keys, strict=True)]
    ready = [comparable(annotate(dict(row), release.frequencies)) for row in plain]
    found = {}
    for left, right in combinations(range(len(plain)), 2):
        same = cluster[left] == cluster[right] or (left, right) in known
        if not same and keys[left].isdisjoint(keys[right]):
            continue
        for name, (number, _) in scorer.levels(ready[left], ready[right]).items():
            found.setdefault(name, {}).setdefault(number, [0, 0])[0 if same else 1] += 1
    return found


@pytest.mark.parametrize("known", [(), ((0, 100), (7, 30))])
def test_every_pair_is_counted_at_its_level_and_on_its_side(invented, few, known):
    rows, cluster = few
    release = invented.brief_release
    same = np.array([pair[::-1] for pair in known], dtype=np.int64).reshape(-1, 2)
    sample = Sample(1, records=RECORDS, random_pairs=0, same=same)
    found = observed(rows, cluster, release, Limits(), sample)
    expected = counted_one_by_one(rows, cluster, release, known=known)
    names = [c.name for c in COMPARISONS if c.name in found]
    assert set(names) == release.levels.keys() - {"relatives"}
    for comparison in COMPARISONS:
        if comparison.name in found:
            for number, level in enumerate(comparison.levels):
                if not level.null:
                    counts = expected[comparison.name].get(number, [0, 0])
                    assert found[comparison.name][level.code] == counts, level.code


def test_the_same_seed_counts_the_same_pairs_and_another_draws_others(invented, few):
    rows, cluster = few
    counts = [
        observed(rows, cluster, invented.brief_release, Limits(), Sample(seed, 40, 500))
        for seed in (1, 1, 2)
    ]
    assert counts[0] == counts[1] != counts[2]


def test_records_without_pairs_are_seen_at_no_level(invented):
    rows = rows_of([Record("nomis", n, names=(Name("Ann", f"Fen{n}"),)) for n in "abc"])
    found = observed(rows, np.arange(3), invented.brief_release, Limits(), Sample(1, 3, 0))
    assert {tuple(pair) for levels in found.values() for pair in levels.values()} == {(0, 0)}
