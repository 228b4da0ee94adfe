"""Components to clusters, on a cluster: whole components settled side by side.

Clustering decomposes over components, so many of them are settled together, with the very function
that settles the region of one event: missing pairs weighed by the compiled scorer, constrained
average linkage, findings, golden records, confidence. How many is the only choice made here: enough
that starting is cheap, few enough for the memory of a task. A component is never cut, so the
largest has to fit an executor.

Arrow's `cogroup().applyInArrow` is the same as `applyInPandas` without pandas between, whose
present version Spark does not know yet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from mpi.attributes import RECORD_NUMBER
from mpi.linking.engines.spark.tasks import Carried, Opened, telling
from mpi.linking.evidence import Decisions, Labels, Pairs
from mpi.linking.region import Region, Resolved, resolve
from mpi.linking.tables import clusters_of, confidence_of, links_of, possible_of

TOGETHER = 20_000
"""Records settled together: some 200 MB in a task."""

MEMBER = "record_no bigint, label bigint"
LINK = "record_l bigint, record_r bigint, weight bigint, blocked boolean"
POSSIBLE = "record_l bigint, record_r bigint, weight bigint, why string"
CONFIDENCE = (
    "label bigint, record_l bigint, record_r bigint, direct bigint, bottleneck bigint,"
    " confidence bigint"
)
CLUSTER = "label bigint, golden_record_no bigint, findings array<string>, record_count bigint"

KINDS = {
    "member": MEMBER,
    "link": LINK,
    "possible": POSSIBLE,
    "confidence": CONFIDENCE,
    "cluster": CLUSTER,
}
"""What is made of a component; a row of the result is of one kind."""

SETTLED = ", ".join(f"{name} struct<{columns}>" for name, columns in KINDS.items())

ORDERS = {
    "link": ("record_l", "record_r"),
    "possible": ("record_l", "record_r"),
    "confidence": ("label", "record_l", "record_r"),
    "cluster": ("label",),
}
"""In which order each is kept."""


@dataclass(frozen=True, slots=True)
class Settling:
    """What settling needs besides rows and pairs."""

    carried: Carried
    decisions: Broadcast[Decisions]
    size: int

    def settled(self, rows: DataFrame, labels: DataFrame, pairs: DataFrame) -> DataFrame:
        """Settle all components, `SETTLED`.

        Args: rows, all of them; labels, the components of the records that are connected; pairs,
        blocked ones of at least the low threshold.
        """
        heaps = max(1, -(-self.size // TOGETHER))
        members = rows.select(RECORD_NUMBER, "row").join(labels, RECORD_NUMBER, "left")
        label = f.coalesce("label", RECORD_NUMBER)
        heaped = members.select(_heap(label, heaps), RECORD_NUMBER, "row")
        of_left = labels.withColumnRenamed(RECORD_NUMBER, "left")
        inside = pairs.join(of_left, "left").select(_heap(f.col("label"), heaps), *pairs.columns)
        both = heaped.groupBy("heap").cogroup(inside.groupBy("heap"))
        return both.applyInArrow(self._task(), SETTLED)

    def _task(self) -> Callable[[pa.Table, pa.Table], pa.Table]:
        carried, decisions = self.carried, self.decisions

        def run(members: pa.Table, pairs: pa.Table) -> pa.Table:
            with telling():
                return settle(members, pairs, carried.opened(), decisions.value)

        return run


def _heap(label: Column, heaps: int) -> Column:
    """Which of so many heaps a component lies on."""
    return f.pmod(f.xxhash64(label), f.lit(heaps)).alias("heap")


def of_kind(settled: DataFrame, kind: str) -> DataFrame:
    """The rows of one kind, in the order in which they are kept."""
    rows = settled.where(f.col(kind).isNotNull()).select(f"{kind}.*")
    return rows.orderBy(*ORDERS[kind]) if kind in ORDERS else rows


def settle(members: pa.Table, pairs: pa.Table, opened: Opened, decisions: Decisions) -> pa.Table:
    """Settle whole components: all that is made of them, by the numbers of the records."""
    members = members.sort_by(RECORD_NUMBER)
    number = members.column(RECORD_NUMBER).to_numpy()
    held = [opened.layout.decode(row) for row in members.column("row").to_pylist()]
    rows = [each.row for each in held]
    weigh = opened.scorer.weight
    region = Region(held, _places(pairs, number), decisions.among(number))
    found = resolve(region, opened.release, lambda left, right: weigh(rows[left], rows[right]))
    return pa.concat_tables(
        [_as_kind(kind, table) for kind, table in _tables(found, number).items()],
        promote_options="default",
    ).select(list(KINDS))


def _places(pairs: pa.Table, number: Labels) -> Pairs:
    left, right = (np.searchsorted(number, pairs.column(n).to_numpy()) for n in ("left", "right"))
    order = np.lexsort((right, left))
    weight = pairs.column("weight").to_numpy()[order]
    return Pairs(left[order], right[order], weight, np.ones(len(weight), dtype=np.bool_))


def _tables(found: Resolved, number: Labels) -> dict[str, pa.Table]:
    clusters = clusters_of(found.label, found.golden, found.findings)
    tables = {
        "member": pa.table({"record_no": np.arange(len(number)), "label": found.label}),
        "link": links_of(found.pairs),
        "possible": possible_of(found.possible),
        "confidence": confidence_of(found.confidences, found.label),
        "cluster": clusters,
    }
    return {kind: _numbered(table, number) for kind, table in tables.items()}


_RECORDS = ("record_no", "label", "record_l", "record_r", "golden_record_no")


def _numbered(table: pa.Table, number: Labels) -> pa.Table:
    """A table that says the numbers of records and not their places."""
    for at, name in enumerate(table.column_names):
        if name in _RECORDS:
            column = pa.array(number[table.column(name).to_numpy()])
            table = table.set_column(at, name, column)
    return table


def _as_kind(kind: str, table: pa.Table) -> pa.Table:
    """A table as one column of structs."""
    types = {"direct": pa.int64(), "blocked": pa.bool_(), "why": pa.string()}
    types["findings"] = pa.list_(pa.string())
    fields = [pa.field(name, types.get(name, pa.int64())) for name in table.column_names]
    cast = table.cast(pa.schema(fields)).combine_chunks()
    columns = [column.combine_chunks() for column in cast.columns]
    return pa.table({kind: pa.StructArray.from_arrays(columns, fields=fields)})
