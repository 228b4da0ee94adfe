"""Link whole feeds: candidates, match weights, clusters, in one pure pass over standardised rows.

The result depends on the rows, the decisions and the release alone. What one record changes can
later be recomputed by the same functions on the region it touches.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.attributes import RECORD_NUMBER
from mpi.identifiers import SYSTEMS, Uniqueness
from mpi.linking.clusters import Clustering, cluster
from mpi.linking.components import label_groups, pieces
from mpi.linking.engines.duckdb import (
    Limits,
    connection,
    score,
    store_candidates,
    store_compared,
    store_keys,
    store_pairs,
)
from mpi.linking.evidence import Decisions, Pairs, VerifiedValues
from mpi.linking.steps import Step, unwatched
from mpi.model.frequencies import annotate_table
from mpi.model.parameters import Release


@dataclass(frozen=True, slots=True)
class Linkage:
    """What linking a set of rows found.

    `pairs` are the scored pairs that count: those sharing a key with a weight of at least the low
    threshold, and every pair inside a joined component. `candidates` is how many pairs shared a
    key. Records are numbered as in the rows.
    """

    pairs: Pairs
    clustering: Clustering
    candidates: int

    @property
    def labels(self) -> NDArray[np.int64]:
        """Per record, the smallest record of its cluster."""
        return np.asarray(self.clustering.label)


@dataclass(frozen=True, slots=True)
class _Run:
    """One pass on one connection."""

    con: duckdb.DuckDBPyConnection
    release: Release
    step: Step
    decisions: Decisions = field(default_factory=Decisions)

    def blocked(self, rows: pa.Table) -> tuple[Pairs, int]:
        """The pairs that share a key, down to the low threshold; and how many shared one."""
        with self.step("find candidates"):
            store_keys(self.con, live_keys(rows, self.release))
            candidates = store_candidates(self.con)
        with self.step("compare candidates"):
            store_compared(self.con, annotate_table(rows, self.release.frequencies))
            scored = score(self.con, self.release, least=self.release.thresholds.low)
        return _pairs(scored, blocked=True), candidates

    def completed(self, n: int, blocked: Pairs) -> Pairs:
        """The other pairs that a mean between two groups can need.

        Groups merge only across a weight of `join` or a must-link, so only pairs inside a
        component of those can be needed; oversized pieces are clustered on what they have.
        """
        thresholds, must = self.release.thresholds, self.decisions.must
        piece = pieces(n, blocked, must=must, thresholds=thresholds)
        strong = blocked.weight >= thresholds.join
        left = np.concatenate((blocked.left[strong], must[:, 0]))
        right = np.concatenate((blocked.right[strong], must[:, 1]))
        joined = label_groups(n, left, right)
        members = np.flatnonzero((np.bincount(joined, minlength=n)[joined] > 2) & ~piece.oversized)
        with self.step("compare within components"):
            left, right = _missing_pairs(self.con, members, joined[members], piece.label, blocked)
            store_pairs(self.con, left, right)
            return _pairs(score(self.con, self.release), blocked=False)


def link_rows(
    rows: pa.Table,
    release: Release,
    limits: Limits,
    *,
    decisions: Decisions | None = None,
    step: Step = unwatched,
) -> Linkage:
    """Link standardised rows, as `mpi.linking.intake` makes them, with a release.

    `step` hears of each step.
    """
    made = decisions or Decisions()
    n = len(rows)
    with connection(limits) as con:
        run = _Run(con, release, step, made)
        blocked, candidates = run.blocked(rows)
        pairs = _joined(blocked, run.completed(n, blocked))
    with step("cluster"):
        clustering = cluster(
            n,
            pairs,
            identifiers=verified_values(rows),
            decisions=made,
            thresholds=release.thresholds,
        )
    return Linkage(pairs, clustering, candidates)


def live_keys(rows: pa.Table, release: Release) -> pa.Table:
    """The blocking keys of the rows that a release uses: a table `key, record_no`."""
    column = rows.column("blocking_keys").combine_chunks()
    keys = column.flatten().to_numpy()
    record = pc.list_parent_indices(column).to_numpy()
    live = release.live_keys(keys)
    return pa.table({"key": keys[live], RECORD_NUMBER: record[live].astype(np.int32)})


def verified_values(rows: pa.Table) -> VerifiedValues:
    """The verified values of the identifier systems whose policy can hold a merge back."""
    column = rows.column("verified_identifiers").combine_chunks()
    texts = column.flatten()
    system, value = _split(texts)
    names = [name for name, s in SYSTEMS.items() if s.policy in _HOLDING_BACK]
    code = np.array([names.index(s) if s in names else -1 for s in system], dtype=np.int64)
    keep = code >= 0
    record = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
    values = np.unique(np.asarray(value, dtype=object)[keep].astype(str), return_inverse=True)[1]
    hard = np.array([SYSTEMS[name].policy is Uniqueness.HARD_UNIQUE for name in names], dtype=bool)
    return VerifiedValues(record[keep].astype(np.int64), code[keep], values, hard)


_HOLDING_BACK = (Uniqueness.HARD_UNIQUE, Uniqueness.CONFLICT)


def _split(texts: pa.Array) -> tuple[list[str], list[str]]:
    parts = [text.split("|", 1) for text in texts.to_pylist()]
    return [p[0] for p in parts], [p[1] for p in parts]


def _pairs(scored: pa.Table, *, blocked: bool) -> Pairs:
    left, right, weight = (scored.column(name).to_numpy() for name in ("left", "right", "weight"))
    return Pairs(
        left.astype(np.int64),
        right.astype(np.int64),
        weight.astype(np.int64),
        np.full(len(left), blocked),
    )


def _joined(first: Pairs, second: Pairs) -> Pairs:
    """Both sets of pairs, in order of the record numbers."""
    left = np.concatenate((first.left, second.left))
    right = np.concatenate((first.right, second.right))
    weight = np.concatenate((first.weight, second.weight))
    blocked = np.concatenate((first.blocked, second.blocked))
    order = np.lexsort((right, left))
    return Pairs(left[order], right[order], weight[order], blocked[order])


def _missing_pairs(
    con: duckdb.DuckDBPyConnection,
    members: NDArray[np.int64],
    joined: NDArray[np.int64],
    piece: NDArray[np.int64],
    known: Pairs,
) -> tuple[pa.Array, pa.Array]:
    """Pairs of members of one component and piece that are not known yet."""
    con.register("member", pa.table({"n": members, "c": joined, "p": piece[members]}))
    con.register("known", pa.table({"l": known.left, "r": known.right}))
    found = con.sql(
        "SELECT CAST(a.n AS INTEGER) AS l, CAST(b.n AS INTEGER) AS r FROM member a JOIN member b"
        " ON a.c = b.c AND a.p = b.p AND a.n < b.n"
        " ANTI JOIN known ON known.l = a.n AND known.r = b.n"
    ).to_arrow_table()
    con.unregister("member")
    con.unregister("known")
    return found.column("l").combine_chunks(), found.column("r").combine_chunks()
