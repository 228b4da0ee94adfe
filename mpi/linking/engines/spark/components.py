"""Which records pairs connect, on a cluster.

Rounds of large-star and small-star (Kiveris et al. 2014, "Connected Components in MapReduce and
Beyond"): every record of a component ends up next to the smallest one, after about as many rounds
as the logarithm of the longest way. Before them each partition replaces its own pairs by a star
for each component of these, which leaves at most one pair a record; and where few pairs are left,
one task does the rest, so that a small link takes no round at all. A test holds the labels against
those of `mpi.linking.components`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from mpi.errors import ClusterFailed
from mpi.linking.components import label_groups
from mpi.linking.engines.spark.datasets import Dataset
from mpi.linking.engines.spark.tasks import Batches, on_cluster, telling

LABELS = "record_no bigint, label bigint"
AT_ONCE = 2_000_000
"""Pairs that one task connects: some 100 MB."""
ROUNDS = 64
"""More than any number of records needs."""


@dataclass(frozen=True, slots=True)
class Connecting:
    """Connects records, with files of its rounds in a folder."""

    spark: SparkSession
    folder: Path

    def labels(self, pairs: DataFrame, to: Dataset) -> Dataset:
        """Per record that a pair of `left, right` connects, the smallest it is connected with."""
        stars = self._kept(_ends(pairs).mapInArrow(_stars, LABELS), 0)
        for number in range(1, ROUNDS):
            if len(stars) <= AT_ONCE:
                last = _ends(stars.frame(self.spark)).coalesce(1).mapInArrow(_stars, LABELS)
                return to.write(_with_first(last))
            following = self._kept(_small_star(_large_star(stars.frame(self.spark))), number)
            if self._same(stars, following):
                return to.write(_with_first(following.frame(self.spark)))
            stars = following
        raise ClusterFailed("Connecting the records did not end.")

    def _kept(self, stars: DataFrame, number: int) -> Dataset:
        """A round's result on disk: the next one does not begin at the beginning."""
        return Dataset(self.folder / f"stars-{number}", LABELS).write(stars)

    def _same(self, one: Dataset, other: Dataset) -> bool:
        if len(one) != len(other):
            return False
        with on_cluster(self.folder):
            left, right = (each.frame(self.spark) for each in (one, other))
            return left.exceptAll(right).isEmpty()


def _ends(pairs: DataFrame) -> DataFrame:
    return pairs.select(pairs.columns[:2]).toDF("left", "right")


def _stars(batches: Batches) -> Batches:
    """The pairs of a partition as stars: each record with the smallest it is connected with.

    That one itself is left out.
    """
    with telling():
        yield from _starred(pa.Table.from_batches(list(batches), _ENDS)).to_batches()


_ENDS = pa.schema([("left", pa.int64()), ("right", pa.int64())])


def _starred(pairs: pa.Table) -> pa.Table:
    ends = np.stack([column.to_numpy() for column in pairs.columns])
    records, place = np.unique(ends, return_inverse=True)
    left, right = place.reshape(2, -1)
    label = records[label_groups(len(records), left, right)]
    others = label != records
    return pa.table({"record_no": records[others], "label": label[others]})


def _with_first(stars: DataFrame) -> DataFrame:
    """Stars with their middles, which are their own."""
    middle = stars.select("label").distinct().select(f.col("label").alias("record_no"), "label")
    return stars.unionByName(middle)


def _large_star(stars: DataFrame) -> DataFrame:
    """Of every record the larger neighbours, next to its smallest neighbour or itself."""
    there = stars.select(f.col("record_no").alias("one"), f.col("label").alias("other"))
    back = stars.select(f.col("label").alias("one"), f.col("record_no").alias("other"))
    least = f.least("one", f.min("other").over(Window.partitionBy("one")))
    near = there.unionByName(back).withColumn("least", least)
    return near.where("other > one").select(
        f.col("other").alias("record_no"), f.col("least").alias("label")
    )


def _small_star(stars: DataFrame) -> DataFrame:
    """Of every record its smaller neighbours and itself, next to the smallest of them."""
    least = f.min("label").over(Window.partitionBy("record_no"))
    near = stars.withColumn("least", least)
    own = near.select("record_no", f.col("least").alias("label"))
    others = near.where("label > least").select(
        f.col("label").alias("record_no"), f.col("least").alias("label")
    )
    return own.unionByName(others).distinct()
