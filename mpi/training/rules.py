"""Which blocking rules a release uses: those that find matches worth what they cost.

Every rule finds something somewhere: a rule on the town is what a small, dirty file needs and a
quadratic waste on a national one. So training looks at all candidates that any rule gives to a
sample of records, scores them, and keeps, best first, each rule that still finds enough matches
which the rules before it miss.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.attributes import RECORD_NUMBER
from mpi.linking.batch import live_keys
from mpi.linking.engines.duckdb import Limits, connection, score, store_compared, store_keys
from mpi.model.blocking import RULE_BITS, RULES
from mpi.model.frequencies import annotate_table
from mpi.model.parameters import Release
from mpi.model.thresholds import MILLI

MOST_CANDIDATES_PER_MATCH = 300
"""A rule is kept while it compares at most so many further pairs for each further match."""

AFFORDABLE_PAIRS_PER_RECORD = 8.0
"""A rule that finds anything is kept while all together compare at most so many pairs a record."""

SAMPLE = 10_000
"""Records whose candidates are looked at."""

FEWEST_MATCHES = 0.5
"""A rule that is expected to find fewer further matches than this finds nothing."""

_LEAST = -5 * MILLI
"""Pairs below this weight, odds of one to thirty, are not counted as matches in part."""


def worthwhile_rules(
    rows: pa.Table, release: Release, limits: Limits, *, seed: int
) -> tuple[int, ...]:
    """The numbers of the rules to keep, ascending.

    Args: rows, standardised; release, a first one that uses every rule; seed, of the sample.
    """
    drawn = np.sort(np.random.default_rng(seed).permutation(len(rows))[:SAMPLE])
    with connection(limits) as con:
        store_keys(con, live_keys(rows, release))
        store_compared(con, annotate_table(rows, release.frequencies))
        _store_candidates_of(con, drawn)
        con.register("scored", score(con, release, least=_LEAST))
        counted = con.execute(
            "SELECT rules, count(*) AS pairs,"
            f" sum(coalesce(1 / (1 + pow(2, -weight / {MILLI:.1f})), 0)) AS matches FROM found"
            ' LEFT JOIN scored ON join_key_l = scored."left" AND join_key_r = scored."right"'
            " GROUP BY rules ORDER BY rules"
        ).fetchnumpy()
    affordable = AFFORDABLE_PAIRS_PER_RECORD * len(drawn)
    return _greedy(counted["rules"], counted["pairs"], counted["matches"], affordable)


def _store_candidates_of(con: duckdb.DuckDBPyConnection, drawn: NDArray[np.int64]) -> None:
    """Make the tables `found`, the drawn records' pairs with the rules of each, and `candidate`."""
    con.register("drawn", pa.table({RECORD_NUMBER: drawn}))
    con.execute(
        "CREATE OR REPLACE TABLE found AS SELECT"
        f" least(a.{RECORD_NUMBER}, b.{RECORD_NUMBER}) AS join_key_l,"
        f" greatest(a.{RECORD_NUMBER}, b.{RECORD_NUMBER}) AS join_key_r,"
        f" bit_or(1::BIGINT << (a.key & {RULE_BITS})) AS rules"
        f" FROM (FROM blocking_key SEMI JOIN drawn USING ({RECORD_NUMBER})) a"
        f" JOIN blocking_key b ON a.key = b.key AND a.{RECORD_NUMBER} != b.{RECORD_NUMBER}"
        " GROUP BY ALL"
    )
    con.execute("CREATE OR REPLACE TABLE candidate AS SELECT join_key_l, join_key_r FROM found")


def _greedy(
    rules: NDArray[np.int64],
    pairs: NDArray[np.int64],
    matches: NDArray[np.int64],
    affordable: float,
) -> tuple[int, ...]:
    """Take rules by what each finds beyond those taken, for its cost, until none is worth it.

    Args: sets of rules, as bits, with how many pairs exactly those rules give, how many of these
    are expected to match, and how many pairs all rules together may cost whatever they find.
    """
    chosen: set[int] = set()
    spent = 0
    left = np.ones(len(rules), dtype=bool)
    while len(chosen) < len(RULES):
        of_rule = {n: left & (rules >> n & 1 == 1) for n in range(len(RULES)) if n not in chosen}
        gain = {n: float(matches[these].sum()) for n, these in of_rule.items()}
        cost = {n: int(pairs[these].sum()) for n, these in of_rule.items()}
        worth = [
            n
            for n in gain
            if gain[n] >= FEWEST_MATCHES
            and cost[n] <= max(gain[n] * MOST_CANDIDATES_PER_MATCH, affordable - spent)
        ]
        if not worth:
            break
        best = max(worth, key=lambda n: (gain[n] / max(cost[n], 1), -n))
        chosen.add(best)
        spent += cost[best]
        left &= ~of_rule[best]
    return tuple(sorted(chosen)) or tuple(range(len(RULES)))
