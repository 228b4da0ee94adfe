"""u: how often pairs of different people are at each level of a comparison.

Rare levels decide what a match weighs, and a random sample hardly sees them: of three million
pairs a few have one name. But nearly all pairs that agree in anything share a blocking key, and
those can all be counted. So u is put together from two strata: every pair of people that shares a
key, and a random sample that stands for all other pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.attributes import RECORD_NUMBER
from mpi.linking.engines.duckdb import store_candidates, store_keys, store_pairs
from mpi.model.levels import Comparison
from mpi.training.estimate import Effort
from mpi.training.level_counts import level_counts

MOST_PEOPLE = 50_000
"""People whose pairs are counted; more would tell no more."""

Counts: TypeAlias = Mapping[str, Mapping[str, float]]
"""Pairs at each scored level of each comparison, by comparison name and level code."""


@dataclass(frozen=True, slots=True)
class People:
    """One record of each of many people, and the blocking keys of these records."""

    records: NDArray[np.int64]
    keys: pa.Table

    @classmethod
    def drawn(
        cls, rows: pa.Table, cluster: NDArray[np.int64], *, without: NDArray[np.int64], seed: int
    ) -> Self:
        """Of each cluster a random record, of at most `MOST_PEOPLE`; keys but for `without`."""
        shuffled = np.random.default_rng(seed).permutation(len(cluster))
        _, first = np.unique(cluster[shuffled], return_index=True)
        if len(first) > MOST_PEOPLE:
            # by chance: those met first in a shuffle of records would be those with many records
            first = np.random.default_rng(seed).permutation(first)[:MOST_PEOPLE]
        records = np.sort(shuffled[first])
        column = rows.column("blocking_keys").combine_chunks()
        key = column.flatten().to_numpy()
        holder = pc.list_parent_indices(column).to_numpy()
        kept = np.isin(holder, records) & ~np.isin(key, without)
        numbers = holder[kept].astype(np.int32)
        return cls(records, pa.table({"key": key[kept], RECORD_NUMBER: numbers}))

    @property
    def pairs(self) -> float:
        """How many pairs of them there are."""
        return len(self.records) * (len(self.records) - 1) / 2


def shares_among_different(
    con: duckdb.DuckDBPyConnection, people: People, wanted: Sequence[Comparison], effort: Effort
) -> Counts:
    """u of each scored level over all pairs of people; no entry for a comparison that tells none.

    Args: con, with the table `compared`; effort, how many of the pairs that share no key to sample.
    A level that no pair was seen at counts for half a pair of the sample.
    """
    store_keys(con, people.keys)
    blocked = store_candidates(con)
    agreeing = _counted(con, wanted)
    con.execute("CREATE OR REPLACE TABLE sharing AS FROM candidate")
    drawn = _store_drawn(con, people.records, effort)
    sampled = _counted(con, wanted)
    each = max(people.pairs - blocked, 1.0) / max(drawn, 1)
    return {
        c.name: _shares(agreeing[c.name], sampled[c.name], each)
        for c in wanted
        if _tells(agreeing[c.name], sampled[c.name])
    }


def _counted(con: duckdb.DuckDBPyConnection, wanted: Sequence[Comparison]) -> Counts:
    """How many of the pairs in `candidate` are at each scored level."""
    pairs = "SELECT join_key_l AS l, join_key_r AS r, true AS flag FROM candidate"
    return {
        name: {code: float(count) for code, (count, _) in codes.items()}
        for name, codes in level_counts(con, wanted, pairs).items()
    }


def _tells(agreeing: Mapping[str, float], sampled: Mapping[str, float]) -> bool:
    """Whether different people may differ; in a file of one sex, say, nobody does."""
    seen = [code for code in agreeing if agreeing[code] or sampled[code]]
    return len(seen) > 1 or seen == ["other"]


def _store_drawn(con: duckdb.DuckDBPyConnection, records: NDArray[np.int64], effort: Effort) -> int:
    """Fill `candidate` with random pairs of the records that are not in `sharing`."""
    random = np.random.default_rng(effort.seed)
    one, other = random.integers(0, len(records), (2, int(effort.u_pairs)))
    left, right = records[np.minimum(one, other)], records[np.maximum(one, other)]
    apart = left != right
    store_pairs(con, pa.array(left[apart]), pa.array(right[apart]))
    con.execute(
        "CREATE OR REPLACE TABLE candidate AS SELECT DISTINCT join_key_l, join_key_r FROM candidate"
        " ANTI JOIN sharing USING (join_key_l, join_key_r)"
    )
    [(count,)] = con.execute("SELECT count(*) FROM candidate").fetchall()
    return int(count)


def _shares(
    agreeing: Mapping[str, float], sampled: Mapping[str, float], each: float
) -> dict[str, float]:
    counts = {code: n + _standing_for(sampled[code], n, each) for code, n in agreeing.items()}
    whole = sum(counts.values())
    return {code: count / whole for code, count in counts.items()}


def _standing_for(seen: float, counted: float, each: float) -> float:
    """What a level's sampled pairs stand for; where none was seen, half of one.

    A level that was counted among pairs that share a key is hardly met among others, so there the
    half is no more than what was counted.
    """
    if seen:
        return seen * each
    return min(0.5 * each, counted) if counted else 0.5 * each
