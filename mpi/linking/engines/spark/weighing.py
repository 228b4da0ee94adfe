"""What pairs weigh, on a cluster: the compiled scorer, fed by joins.

Spark's string functions differ from DuckDB's, so Splink's SQL would weigh otherwise there. The
compiled scorer sums the same milli-bits as Splink does on DuckDB, which a parity test holds.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f

from mpi.attributes import RECORD_NUMBER
from mpi.linking.engines.spark.tasks import Carried, Opened, mapping

PAIRS = "left bigint, right bigint, weight bigint"


def weighed(candidates: DataFrame, rows: DataFrame, carried: Carried) -> DataFrame:
    """The candidates of at least the low threshold, with their weights."""
    right = rows.select(f.col(RECORD_NUMBER).alias("right"), f.col("row").alias("row_r"))
    left = rows.select(f.col(RECORD_NUMBER).alias("left"), f.col("row").alias("row_l"))
    # joined by the left record last, so that the pairs of one record follow each other
    both = candidates.join(right, "right").join(left, "left")
    pairs = both.select("left", "right", "row_l", "row_r")

    def made(batch: pa.RecordBatch) -> Iterator[pa.Table]:
        yield _weighed(batch, carried.opened())

    return pairs.mapInArrow(mapping(made), PAIRS)


def _weighed(batch: pa.RecordBatch, opened: Opened) -> pa.Table:
    left, right = (batch.column(name).to_numpy() for name in ("left", "right"))
    rows = (batch.column(name).to_pylist() for name in ("row_l", "row_r"))
    weigh, decode = opened.scorer.weight, opened.layout.decode
    weights = np.empty(len(left), dtype=np.int64)
    number, held = -1, None
    for at, (one, other) in enumerate(zip(*rows, strict=True)):
        if held is None or left[at] != number:
            number, held = left[at], decode(one).row
        weights[at] = weigh(held, decode(other).row)
    keep = weights >= opened.release.thresholds.low
    columns = {"left": left[keep], "right": right[keep], "weight": weights[keep]}
    return pa.table(columns)
