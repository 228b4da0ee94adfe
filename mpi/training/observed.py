"""At which levels pairs were seen at all, among matches and among different people.

A level that no pair was at has no m or no u of its own, whatever number stands there. So training
counts, over some records drawn at random: their pairs within a cluster, which stand for matches,
and of different people those that share a blocking key and some drawn at random. Pairs that labels
call the same are matches, whatever the clusters say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.attributes import RECORD_NUMBER
from mpi.linking.batch import live_keys
from mpi.linking.engines.duckdb import Limits, connection, store_compared, store_keys
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import annotate_table
from mpi.model.levels import Comparison, Learning
from mpi.model.parameters import LevelParameters, Release
from mpi.training.level_counts import level_counts

Observed: TypeAlias = dict[str, dict[str, list[int]]]
"""By comparison name and level code: how many matches, and how many pairs of different people."""

ENOUGH_MATCHES = 1_000
"""Matches from which on a level that none of them is at is one that matches are not at."""

_NO_PAIRS = np.empty((0, 2), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Sample:
    """The seed that draws records and random pairs, and how many of each to look at.

    `same` are pairs of records known to be of one person, shape (pairs, 2); some are enough.
    """

    seed: int
    records: int = 10_000
    random_pairs: int = 50_000
    known_pairs: int = 100_000
    same: NDArray[np.int64] = field(default_factory=_NO_PAIRS.copy)


def observed(
    rows: pa.Table, cluster: NDArray[np.int64], release: Release, limits: Limits, sample: Sample
) -> Observed:
    """Count pairs at the scored levels of the comparisons that a release has learned.

    Args: rows, standardised; cluster, the cluster of every row, as far as the release or one like
    it tells.
    """
    learned = [
        c for c in COMPARISONS if c.name in release.levels and c.learning is not Learning.FIXED
    ]
    with connection(limits) as con:
        store_keys(con, live_keys(rows, release))
        involved = _store_pairs(con, cluster, sample)
        store_compared(con, annotate_table(rows.take(pa.array(involved)), release.frequencies))
        counts = level_counts(con, learned, "SELECT l, r, same AS flag FROM pair")
    return {
        name: {code: list(both) for code, both in codes.items()} for name, codes in counts.items()
    }


def without_claims(release: Release, seen: Observed) -> Release:
    """The release without what levels that no match was seen at claim beyond weaker ones.

    Where many matches were looked at and none was there, agreement of this kind is no evidence of
    its own: what weight it has, it has from expectation maximisation mistaking relatives for one
    person. Identifiers keep theirs, whose u is known: few people have some of them at all.
    """
    levels = dict(release.levels)
    for comparison in COMPARISONS:
        of_level = seen.get(comparison.name, {})
        matches = sum(same for same, _ in of_level.values())
        if comparison.learning is Learning.LEARNED and matches >= ENOUGH_MATCHES:
            levels[comparison.name] = _modest(comparison, levels[comparison.name], of_level)
    return replace(release, levels=levels)


def _modest(
    comparison: Comparison,
    levels: Mapping[str, LevelParameters],
    seen: Mapping[str, Sequence[int]],
) -> dict[str, LevelParameters]:
    found = {}
    most = 0
    for level in reversed(comparison.scored):
        own = levels[level.code]
        found[level.code] = own if seen[level.code][0] else _at_most(own, most)
        most = max(most, found[level.code].weight)
    return {level.code: found[level.code] for level in comparison.scored}


def _at_most(level: LevelParameters, weight: int) -> LevelParameters:
    return replace(level, weight=min(level.weight, weight))


def _store_pairs(
    con: duckdb.DuckDBPyConnection, cluster: NDArray[np.int64], sample: Sample
) -> NDArray[np.int64]:
    """Make the table `pair(l, r, same)`, each pair once; returns the records in it, ascending."""
    random = np.random.default_rng(sample.seed)
    drawn = random.permutation(len(cluster))[: sample.records]
    left, right = random.integers(0, len(cluster), (2, sample.random_pairs))
    con.register("drawn", pa.table({RECORD_NUMBER: drawn}))
    con.register("random_pair", pa.table({"l": left, "r": right}))
    con.register("member", pa.table({RECORD_NUMBER: np.arange(len(cluster)), "c": cluster}))
    known = sample.same[random.permutation(len(sample.same))[: sample.known_pairs]]
    con.register("labelled", pa.table({"l": known[:, 0], "r": known[:, 1]}))
    con.execute(
        "CREATE OR REPLACE TABLE pair AS WITH"
        f" keyed AS (FROM blocking_key SEMI JOIN drawn USING ({RECORD_NUMBER})),"
        f" mine AS (FROM member SEMI JOIN drawn USING ({RECORD_NUMBER})),"
        f" found AS (SELECT a.{RECORD_NUMBER} AS l, b.{RECORD_NUMBER} AS r"
        " FROM keyed a JOIN blocking_key b ON a.key = b.key"
        f" UNION ALL SELECT a.{RECORD_NUMBER}, b.{RECORD_NUMBER}"
        " FROM mine a JOIN member b ON a.c = b.c"
        " UNION ALL FROM random_pair UNION ALL FROM labelled),"
        " each AS (SELECT DISTINCT least(l, r) AS l, greatest(l, r) AS r FROM found WHERE l != r),"
        " told AS (SELECT DISTINCT least(l, r) AS l, greatest(l, r) AS r FROM labelled)"
        " SELECT each.l, each.r, x.c = y.c OR told.l IS NOT NULL AS same FROM each"
        f" JOIN member x ON x.{RECORD_NUMBER} = each.l"
        f" JOIN member y ON y.{RECORD_NUMBER} = each.r"
        " LEFT JOIN told ON told.l = each.l AND told.r = each.r"
    )
    for name in ("drawn", "random_pair", "member", "labelled"):
        con.unregister(name)
    involved = con.execute("SELECT l AS n FROM pair UNION SELECT r FROM pair").fetchnumpy()["n"]
    return np.sort(involved.astype(np.int64))
