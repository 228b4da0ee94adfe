"""Tables between steps: folders of Parquet that driver and executors share, whole or refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession

from mpi.errors import ClusterFailed
from mpi.linking.engines.spark.tasks import on_cluster

SUCCESS = "_SUCCESS"
"""The file that Spark writes last."""

PARTS = "part-*.parquet"
ROWS = 50_000
"""Rows that the driver reads at a time."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table of `schema` (Spark's DDL) in a folder.

    Spark moves the parts into place when a task ends, and the folder gets its name when all have;
    so a task that is tried again leaves nothing twice, and what was not finished is not found.
    """

    folder: Path
    schema: str

    def write(self, frame: DataFrame) -> Dataset:
        """Write it. Raises what tasks tell, DiskFull and ClusterFailed."""
        aside = self.folder.with_name(f"{self.folder.name}.part")
        with on_cluster(aside.parent):
            frame.write.mode("overwrite").parquet(aside.as_uri())
        if not any(aside.glob(PARTS)):
            raise ClusterFailed(
                "What executors wrote is not here: --temp must name a folder on a file system that"
                " driver and executors share.",
                folder=aside,
            )
        aside.rename(self.folder)
        return self

    def frame(self, spark: SparkSession) -> DataFrame:
        """It, for another step."""
        self._check()
        return spark.read.schema(self.schema).parquet(self.folder.as_uri())

    def __len__(self) -> int:
        return sum(pq.read_metadata(part).num_rows for part in self._parts())

    def parts(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Its rows in the order in which they were written, some at a time."""
        for part in self._parts():
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches(ROWS, columns=columns):
                    yield pa.Table.from_batches([batch])

    def _parts(self) -> list[Path]:
        self._check()
        return sorted(self.folder.glob(PARTS))

    def _check(self) -> None:
        if not (self.folder / SUCCESS).is_file():
            raise ClusterFailed("What a step should have written is not whole.", folder=self.folder)
