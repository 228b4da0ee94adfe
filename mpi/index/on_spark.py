"""A link computed on Spark, as the use case sees it.

The driver holds what giving person ids takes and nothing else that grows with the records: their
keys, the cluster of each, and the persons. Everything else it reads from files part by part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from mpi.errors import ClusterFailed
from mpi.index.computing import Place
from mpi.index.ruled import decisions_by
from mpi.linking.delivery import Delivery
from mpi.linking.engines.spark.asked import Asked
from mpi.linking.engines.spark.intake import STORED, Taken, take_in
from mpi.linking.engines.spark.linking import Linking, Named, Outcome
from mpi.linking.engines.spark.session import session
from mpi.linking.evidence import Decisions, Labels
from mpi.linking.room import room_in
from mpi.model.parameters import Release
from mpi.store.rulings import Rulings
from mpi.store.snapshot import Ordered


@dataclass(frozen=True, slots=True)
class OnSpark:
    """See `mpi.index.computing.Engine`."""

    spark: SparkSession

    def take_in(self, deliveries: Sequence[Delivery], place: Place) -> Taken:
        """See `Engine`."""
        with place.step("read feeds"), room_in(place.work.folder):
            return take_in(self.spark, deliveries, place.work.folder, place.rejects)

    def link(self, taken: Taken, release: Release, rulings: Rulings, place: Place) -> InFiles:
        """See `Engine`."""

        def decide(named: Named) -> Decisions:
            return decisions_by(rulings, named.numbers, named.holders)

        linking = Linking(self.spark, place.work.folder, release, place.step)
        with room_in(place.work.folder):
            return InFiles(linking.link(taken, decide), release)


@contextmanager
def on_spark(asked: Asked) -> Iterator[OnSpark]:
    """Spark, for as long as the context lasts. Raises what `session` raises."""
    with session(asked) as spark:
        yield OnSpark(spark)


@dataclass(frozen=True)
class InFiles:
    """What was found on a cluster; see `mpi.index.found.Found`."""

    outcome: Outcome
    release: Release

    @property
    def keys(self) -> pa.Table:
        """See `Found`."""
        return pa.concat_tables(self.outcome.rows.parts(["source", "source_id"]))

    @cached_property
    def labels(self) -> Labels:
        """See `Found`."""
        label = np.full(self.outcome.taken.size, -1, dtype=np.int64)
        for part in self.outcome.settled.parts(["member"]):
            members = part.column("member").combine_chunks().drop_null()
            label[members.field("record_no").to_numpy()] = members.field("label").to_numpy()
        if (label < 0).any():
            raise ClusterFailed("Some records were not settled.")
        return label

    @property
    def deleted(self) -> Mapping[str, Mapping[str, str]]:
        """See `Found`."""
        return self.outcome.taken.deleted

    @property
    def later(self) -> Mapping[str, int]:
        """See `Found`."""
        return self.outcome.taken.later

    @property
    def sources(self) -> Mapping[str, int]:
        """See `Found`."""
        return self.outcome.taken.sources

    @property
    def candidates(self) -> int:
        """See `Found`."""
        return self.outcome.candidates

    @property
    def pairs(self) -> int:
        """See `Found`."""
        return len(self.outcome.tables["link"])

    @property
    def outgrown(self) -> int:
        """See `Found`."""
        return self.outcome.outgrown

    @cached_property
    def findings(self) -> Mapping[str, int]:
        """See `Found`."""
        counted: Counter[str] = Counter()
        for part in self.outcome.tables["cluster"].parts(["findings"]):
            counted.update(part.column("findings").combine_chunks().flatten().to_pylist())
        return counted

    def records(self) -> Iterator[pa.Table]:
        """See `Found`."""
        return self.outcome.rows.parts(["record_no", *STORED, "row", "keys"])

    def identifiers(self) -> Ordered:
        """See `Found`."""
        return self._ordered("identifiers")

    def blocking_keys(self) -> Ordered:
        """See `Found`."""
        return self._ordered("keys")

    def links(self) -> Ordered:
        """See `Found`."""
        return self._ordered("link")

    def clusters(self) -> Ordered:
        """See `Found`."""
        return self._ordered("cluster")

    def confidence(self) -> Ordered:
        """See `Found`."""
        return self._ordered("confidence")

    def possible(self) -> Ordered:
        """See `Found`."""
        return self._ordered("possible")

    def _ordered(self, name: str) -> Ordered:
        return Ordered(partial(self.outcome.tables[name].parts, None))
