"""What labels say of m: the levels of labelled pairs, added to what was learned without labels.

Expectation maximisation finds m among pairs it only believes to be matches. Pairs that somebody
called the same tell it directly, so the share of them at each level is averaged with the m learned,
which counts as much as `WORTH` labelled pairs: few labels correct m a little, many replace it.

u is left as it is. It is about pairs of different people at random; the different pairs that
reviewers see were chosen because they look alike, and would make every agreement look worthless.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.attributes import RECORD_NUMBER
from mpi.linking.components import label_groups
from mpi.linking.engines.duckdb import predict, store_pairs
from mpi.linking.evidence import Integers
from mpi.model.comparisons import COMPARISONS
from mpi.model.levels import Comparison, Learning
from mpi.model.parameters import Release
from mpi.model.splink_settings import release_settings
from mpi.training.estimate import weights
from mpi.training.labelled import Labels

WORTH = 200.0
"""Labelled pairs that the m learned without labels is worth."""

MOST_PAIRS = 500_000
"""Labelled pairs that are compared; more would tell no more."""

_LEAST_M = 1e-4


def with_labelled_m(
    con: duckdb.DuckDBPyConnection, release: Release, labels: Labels, seed: int
) -> Release:
    """The release with the m of its learned and identifier comparisons corrected by labels.

    Args: con, with the annotated rows in the table `compared`; labels, by the record numbers of
    those rows; seed, of the pairs drawn where there are more than `MOST_PAIRS`.
    """
    left, right, weight = labels.same()
    if not len(left):
        return release
    drawn = np.sort(np.random.default_rng(seed).permutation(len(left))[:MOST_PAIRS])
    left, right, weight = left[drawn], right[drawn], weight[drawn]
    pairs = pa.table(
        {
            "l": pa.array(left, pa.int32()),
            "r": pa.array(right, pa.int32()),
            "worth": weight * (independent(left, right, weight) / weight.sum()),
        }
    )
    counts = _level_counts(con, release, pairs)
    taught = [c for c in COMPARISONS if c.name in counts]
    m = {c.name: _averaged(_shares(release, c, "m"), counts[c.name]) for c in taught}
    u = {c.name: _shares(release, c, "u") for c in taught}
    return replace(release, levels={**release.levels, **weights(taught, m, u)})


def independent(left: Integers, right: Integers, weight: NDArray[np.float64]) -> float:
    """How many equally weighted, independent pairs some pairs that are the same are worth.

    Unequal weights tell less than equal ones (Kish: the square of their sum over the sum of their
    squares). And of the pairs of one individual's k records only k - 1 say something new.

    >>> independent(np.array([1, 1, 2]), np.array([2, 3, 3]), np.ones(3))
    2.0
    """
    records, ends = np.unique(np.concatenate((left, right)), return_inverse=True)
    one, other = np.split(ends, 2)
    individuals = len(np.unique(label_groups(len(records), one, other)))
    kish = float(weight.sum() ** 2 / (weight**2).sum())
    return min(kish, float(len(records) - individuals))


def _level_counts(
    con: duckdb.DuckDBPyConnection, release: Release, pairs: pa.Table
) -> dict[str, dict[str, float]]:
    """The worth of the pairs at each level of each comparison that labels can teach."""
    store_pairs(con, pairs.column("l"), pairs.column("r"))
    table = predict(con, release_settings(release, levels_too=True))
    con.register("labelled", pairs)
    found = {}
    for comparison in COMPARISONS:
        if comparison.name in release.levels and comparison.learning is not Learning.FIXED:
            # Splink numbers levels from the last, everything else being 0, and a null level -1
            counted = con.execute(
                f"SELECT gamma_{comparison.name} AS level, sum(worth) AS worth FROM {table}"
                f" JOIN labelled ON l = {RECORD_NUMBER}_l AND r = {RECORD_NUMBER}_r"
                f" WHERE level >= 0 GROUP BY ALL"
            ).fetchall()
            codes = [level.code for level in reversed(comparison.scored)]
            found[comparison.name] = {codes[level]: float(worth) for level, worth in counted}
    con.unregister("labelled")
    con.execute(f"DROP TABLE {table}")
    return found


def _shares(release: Release, comparison: Comparison, which: str) -> dict[str, float]:
    return {
        code: float(getattr(level, which))
        for code, level in release.levels[comparison.name].items()
    }


def _averaged(m: Mapping[str, float], counts: Mapping[str, float]) -> Mapping[str, float]:
    total = WORTH + sum(counts.values())
    return {
        code: max((WORTH * share + counts.get(code, 0.0)) / total, _LEAST_M)
        for code, share in m.items()
    }
