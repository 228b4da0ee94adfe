"""Link whole feeds: candidates, match weights, clusters, in one pure pass over standardised rows.

The result depends on the rows, the decisions and the release alone. What one record changes can
later be recomputed by the same functions on the region it touches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.attributes import RECORD_NUMBER
from mpi.linking.clusters import Clustering
from mpi.linking.engines.duckdb import (
    Limits,
    connection,
    score,
    store_candidates,
    store_compared_parts,
    store_keys,
    store_pairs,
)
from mpi.linking.evidence import Decisions, Labels, Pairs
from mpi.linking.finished import BLOCKED, NOT_KEPT, SETTLED, STEPS, Finished
from mpi.linking.settling import Matter, Settled, settle
from mpi.linking.steps import Step, unwatched
from mpi.linking.values import verified_values
from mpi.model.frequencies import annotate_table
from mpi.model.parameters import Release

KEYED_ROWS = 500_000
"""Records whose keys are held against the suppressed ones at a time."""
ANNOTATED_ROWS = 200_000
"""Records annotated at a time: some 100 MB."""


@dataclass(frozen=True, slots=True)
class Linkage:
    """What linking a set of rows found.

    `pairs` are the scored pairs that count: those sharing a key with a weight of at least the low
    threshold, and every pair inside a joined component. `candidates` is how many pairs shared a
    key; `decisions` those that were applied. Records are numbered as in the rows.
    """

    pairs: Pairs
    clustering: Clustering
    candidates: int
    decisions: Decisions = field(default_factory=Decisions)

    @property
    def labels(self) -> NDArray[np.int64]:
        """Per record, the smallest record of its cluster."""
        return np.asarray(self.clustering.label)


@dataclass(slots=True)
class _Run:
    """One pass on one connection; `ready` once it has the rows to compare."""

    con: duckdb.DuckDBPyConnection
    rows: pa.Table
    release: Release
    step: Step
    ready: bool = False

    def blocked(self) -> tuple[Pairs, int]:
        """The pairs that share a key, down to the low threshold; and how many shared one."""
        with self.step("find candidates"):
            store_keys(self.con, live_keys(self.rows, self.release))
            candidates = store_candidates(self.con)
            self.con.execute("DROP TABLE blocking_key")
        with self.step("compare candidates"):
            self._make_ready()
            scored = score(self.con, self.release, least=self.release.thresholds.low)
        return _pairs(scored, blocked=True), candidates

    def completed(self, left: Labels, right: Labels) -> Pairs:
        """The weights of the other pairs that linking asks for."""
        self._make_ready()
        ends = (pa.array(each, pa.int32()) for each in (left, right))
        store_pairs(self.con, *ends)
        return _pairs(score(self.con, self.release), blocked=False)

    def _make_ready(self) -> None:
        if not self.ready:
            store_compared_parts(self.con, annotated(self.rows, self.release))
            self.ready = True


def link_rows(
    rows: pa.Table,
    release: Release,
    limits: Limits,
    *,
    decisions: Decisions | None = None,
    finished: Finished = NOT_KEPT,
    step: Step = unwatched,
) -> Linkage:
    """Link standardised rows, as `mpi.linking.intake` makes them, with a release.

    Args: decisions, those in force and the seals, by the numbers of the rows; finished, what the
    same link has done before; step, hears of each step.
    """

    def settled_now() -> Settled:
        matter = Matter(len(rows), blocked, verified_values(rows), decisions or Decisions())
        return settle(matter, release.thresholds, run.completed, step=step)

    with connection(limits) as con:
        run = _Run(con, rows, release, step)
        blocked, candidates = finished.take(STEPS[0], run.blocked, BLOCKED)
        settled = finished.take(STEPS[1], settled_now, SETTLED)
    return Linkage(settled.pairs, settled.clustering, candidates, settled.decisions)


def live_keys(rows: pa.Table, release: Release) -> pa.Table:
    """The blocking keys of the rows that a release uses: a table `key, record_no`."""
    starts = _starts(rows, KEYED_ROWS)
    return pa.concat_tables(_live_keys(rows.slice(at, KEYED_ROWS), at, release) for at in starts)


def annotated(rows: pa.Table, release: Release) -> Iterator[pa.Table]:
    """Rows with the bands that a release gives their values, some at a time."""
    for at in _starts(rows, ANNOTATED_ROWS):
        yield annotate_table(rows.slice(at, ANNOTATED_ROWS), release.frequencies)


def _live_keys(rows: pa.Table, first: int, release: Release) -> pa.Table:
    column = rows.column("blocking_keys").combine_chunks()
    keys = column.flatten().to_numpy()
    live = release.live_keys(keys)
    record = pc.list_parent_indices(column).to_numpy()[live] + first
    return pa.table({"key": keys[live], RECORD_NUMBER: record.astype(np.int32)})


def _starts(rows: pa.Table, size: int) -> range:
    """Where parts of some rows start; where there are none, there is one part all the same."""
    return range(0, max(len(rows), 1), size)


def _pairs(scored: pa.Table, *, blocked: bool) -> Pairs:
    left, right, weight = (scored.column(name).to_numpy() for name in ("left", "right", "weight"))
    return Pairs(
        left.astype(np.int64),
        right.astype(np.int64),
        weight.astype(np.int64),
        np.full(len(left), blocked),
    )
