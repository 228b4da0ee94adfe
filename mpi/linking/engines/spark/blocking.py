"""Which records are compared, on a cluster: those that share a key, as everywhere.

The pairs come from the keys of the records and not from Splink's blocking, exactly as in the
DuckDB engine: a rule on lists is a key for each combination, and a key that the release suppresses
makes no pair. A test holds the key table against Splink's own blocking; here it is only joined.

A key of n records makes n (n - 1) / 2 pairs in one task. Where n is large it is cut: each of its
records stands in one part of it and meets the records of all parts, each part in a task of its own.
How many parts follows from n alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as f

from mpi.attributes import RECORD_NUMBER
from mpi.linking.compared import unpack_table
from mpi.linking.engines.spark.tasks import mapping
from mpi.model.blocking import LARGE_BLOCK

KEYS = "key bigint, record_no bigint"
CANDIDATES = "left bigint, right bigint"
PART = LARGE_BLOCK
"""Records of one key that a task pairs with the others."""


def keys_of(rows: DataFrame) -> DataFrame:
    """The keys that the release uses, in the order in which they are kept."""
    packed = rows.select(RECORD_NUMBER, "keys")
    return packed.mapInArrow(mapping(_unpacked), KEYS).orderBy("key", RECORD_NUMBER)


def _unpacked(batch: pa.RecordBatch) -> Iterator[pa.Table]:
    place, key = unpack_table(batch.column("keys"))
    yield pa.table({"key": key, RECORD_NUMBER: batch.column(RECORD_NUMBER).take(place)})


def large(keys: DataFrame, size: int = LARGE_BLOCK) -> DataFrame:
    """The keys that more than `size` records share, with how many do: `key, size`."""
    sizes = keys.groupBy("key").agg(f.count("*").alias("size"))
    return sizes.where(f.col("size") > size)


def candidates_of(keys: DataFrame) -> DataFrame:
    """The pairs of records that share a key, each once, left < right."""
    parts = large(keys, PART).select("key", f.ceil(f.col("size") / PART).alias("parts"))
    cut = keys.join(parts, "key", "left").withColumn("parts", f.coalesce("parts", f.lit(1)))
    one = cut.select("key", (f.col(RECORD_NUMBER) % f.col("parts")).alias("part"), _as("left"))
    every = f.explode(f.sequence(f.lit(0).cast("bigint"), f.col("parts") - 1))
    other = cut.select("key", every.alias("part"), _as("right"))
    pairs = one.join(other, ["key", "part"]).where(f.col("left") < f.col("right"))
    return pairs.select("left", "right").distinct()


def _as(name: str) -> Column:
    return f.col(RECORD_NUMBER).alias(name)
