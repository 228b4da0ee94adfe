"""One link on a cluster, step after step; it leaves files that the driver reads in parts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from mpi.attributes import RECORD_NUMBER
from mpi.linking.engines.spark.blocking import CANDIDATES, KEYS, candidates_of, keys_of, large
from mpi.linking.engines.spark.clustering import KINDS, ORDERS, SETTLED, Settling, of_kind
from mpi.linking.engines.spark.components import LABELS, Connecting
from mpi.linking.engines.spark.datasets import Dataset
from mpi.linking.engines.spark.intake import ROWS, Taken, standardise
from mpi.linking.engines.spark.tasks import Carried, on_cluster
from mpi.linking.engines.spark.weighing import PAIRS, weighed
from mpi.linking.evidence import Decisions
from mpi.linking.steps import Step, unwatched
from mpi.model.parameters import Release
from mpi.records import RecordKey

IDENTIFIERS = "record_no bigint, system string, value string, verified boolean"
RECORDS_A_TASK = 10_000
"""Of which the pairs, with both records, are some 100 MB when they are weighed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a link found: `rows` in the order of record numbers, and what was made of them, sorted.

    `settled` has, among the rest, the cluster of every record; `tables` are by their kind.
    """

    taken: Taken
    rows: Dataset
    settled: Dataset
    tables: Mapping[str, Dataset]
    candidates: int
    outgrown: int


@dataclass(frozen=True, slots=True)
class Named:
    """Finds the few records that decisions and seals name."""

    rows: DataFrame

    def numbers(self, keys: Collection[RecordKey]) -> dict[RecordKey, int]:
        """The numbers of the records of some keys; those not there are left out."""
        if not keys:
            return {}
        columns = zip(*sorted(keys), strict=True)
        names = ["source", "source_id"]
        wanted = pa.table([pa.array(each, pa.string()) for each in columns], names=names)
        with on_cluster():
            named = self.rows.sparkSession.createDataFrame(wanted)
            found = self.rows.select(*names, RECORD_NUMBER).join(f.broadcast(named), names)
            rows = found.toArrow().to_pylist()
        return {RecordKey(row["source"], row["source_id"]): row[RECORD_NUMBER] for row in rows}

    def holders(self, system: str, value: str) -> list[int]:
        """The numbers of the records that hold an identifier, ascending."""
        held = self.rows.select(RECORD_NUMBER, f.inline("identifiers"))
        same = (f.col("system") == system) & (f.col("value") == value)
        with on_cluster():
            table = held.where(same).select(RECORD_NUMBER).toArrow()
        return sorted(table.column(0).to_pylist())


@dataclass(frozen=True, slots=True)
class Linking:
    """A link on a session, with its files in a folder that executors reach as well."""

    spark: SparkSession
    folder: Path
    release: Release
    step: Step = unwatched

    def link(self, taken: Taken, decide: Callable[[Named], Decisions]) -> Outcome:
        """Link what was taken in.

        Args: decide, gives what is decided and sealed, by the numbers of the records. Raises
        ModelMismatch, DiskFull and ClusterFailed.
        """
        self._size(taken.size)
        carried = Carried.of(self.release, self.spark)
        with self.step("standardise"):
            rows = standardise(self.spark, taken, carried, self._dataset("rows", ROWS))
        frame = rows.frame(self.spark)
        decisions = decide(Named(frame))
        with self.step("find candidates"):
            keys = self._dataset("keys", KEYS).write(keys_of(frame))
            found = candidates_of(keys.frame(self.spark))
            candidates = self._dataset("candidates", CANDIDATES).write(found)
        with self.step("compare candidates"):
            scored = weighed(candidates.frame(self.spark), frame, carried)
            pairs = self._dataset("pairs", PAIRS).write(scored)
        labels = self._labels(pairs, decisions)
        with self.step("cluster"):
            settling = Settling(carried, self.spark.sparkContext.broadcast(decisions), taken.size)
            made = settling.settled(frame, labels.frame(self.spark), pairs.frame(self.spark))
            settled = self._dataset("settled", SETTLED).write(made)
        with self.step("sort"):
            tables = {"keys": keys, **self._sorted(rows, settled)}
        with on_cluster(self.folder):
            outgrown = large(keys.frame(self.spark)).count()
        return Outcome(taken, rows, settled, tables, len(candidates), outgrown)

    def _size(self, records: int) -> None:
        """Plan for so many records."""
        tasks = max(self.spark.sparkContext.defaultParallelism, -(-records // RECORDS_A_TASK))
        self.spark.conf.set("spark.sql.shuffle.partitions", str(tasks))

    def _dataset(self, name: str, schema: str) -> Dataset:
        return Dataset(self.folder / name, schema)

    def _labels(self, pairs: Dataset, decisions: Decisions) -> Dataset:
        """The components of the records that pairs or must-links connect."""
        ends = pairs.frame(self.spark).select("left", "right")
        if decisions.must.size:
            columns = [pa.array(each, pa.int64()) for each in decisions.must.T]
            must = self.spark.createDataFrame(pa.table(columns, names=["left", "right"]))
            ends = ends.unionByName(must)
        with self.step("connect"):
            connecting = Connecting(self.spark, self.folder)
            return connecting.labels(ends, self._dataset("labels", LABELS))

    def _sorted(self, rows: Dataset, settled: Dataset) -> dict[str, Dataset]:
        """The tables that are kept, each in its order."""
        held = rows.frame(self.spark).select(RECORD_NUMBER, f.inline("identifiers"))
        by_value = held.orderBy("system", "value", RECORD_NUMBER)
        made = {"identifiers": self._dataset("identifiers", IDENTIFIERS).write(by_value)}
        frame = settled.frame(self.spark)
        for kind in ORDERS:
            made[kind] = self._dataset(kind, KINDS[kind]).write(of_kind(frame, kind))
        return made
