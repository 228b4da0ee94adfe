"""From feeds to rows on a cluster: a task for each feed, then one for some thousand records.

A feed is read and checked whole by the functions that read it on one machine, since whether it is
broken, or says one thing twice, is a question about all of it. So the largest feed has to fit an
executor; send a source's feed as Parquet where it is large. What the index held before is met on
the driver, which looks at keys and versions of one feed at a time, in a file that takes no memory
where nothing is late; records that stay although their feed lacks them pass through it.

What is written is in the order of keys, and the number of a record is its place in that order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import SparkSession

from mpi.attributes import RECORD_NUMBER
from mpi.errors import MPIError
from mpi.linking.compared import pack_table
from mpi.linking.delivery import Delivery, Kept
from mpi.linking.engines.spark.datasets import Dataset
from mpi.linking.engines.spark.tasks import Carried, Opened, mapping, on_cluster, packed, unpacked
from mpi.linking.intake import (
    CHUNK,
    KEY_ORDER,
    Prepared,
    Task,
    made_of_kept,
    mapped,
    payload_of,
    prepare,
    record_of,
    write,
    write_sorted,
)
from mpi.linking.room import room_in
from mpi.linking.superseding import NONE, Supersessions
from mpi.linking.tables import listed_identifiers
from mpi.sources import FeedRows, Reject, Rejects, SourceSystem, read_table

ROWS = (
    "record_no bigint, source string, source_id string, version string, version_key string,"
    " payload binary, row binary, keys binary,"
    " identifiers array<struct<system: string, value: string, verified: boolean>>"
)
READ = "at bigint, told binary, error binary"
STORED = ("source", "source_id", "version", "version_key", "payload")
_KEPT = pa.schema(
    [("source_id", pa.string()), ("payload", pa.binary()), ("version_key", pa.string())]
)
TASKS_A_CORE = 4
"""Tasks for each core: enough to even out, few enough that their files are not small."""


class Chunk(NamedTuple):
    """Some records of one source that follow each other, numbered from `first`.

    `task` has those of a feed; `kept` is a file of those that the index holds already, of which
    `kept_rows` belong here.
    """

    first: int
    task: Task | None
    kept: Path | None = None
    kept_rows: range = range(0)
    supersessions: Supersessions = NONE

    def __len__(self) -> int:
        return (len(self.task.rows) if self.task else 0) + len(self.kept_rows)

    def made(self) -> pa.Table:
        """Its records standardised, in the order of their keys."""
        if self.kept is None:
            return self.task.made() if self.task else pa.table({})
        rows = mapped(self.kept).slice(self.kept_rows.start, len(self.kept_rows)).to_pylist()
        records = [Kept(record_of(each["payload"]), each["version_key"]) for each in rows]
        parts = [made_of_kept(records, self.supersessions)]
        if self.task is not None and len(self.task.rows):
            parts.append(self.task.made())
        return pa.concat_tables(parts).sort_by(KEY_ORDER)


@dataclass(frozen=True, slots=True)
class Taken:
    """What is to be standardised, in order; `sources` counts the records of each.

    `deleted` and `later` are those of `mpi.linking.intake.Intake`.
    """

    chunks: tuple[Chunk, ...]
    sources: Mapping[str, int]
    deleted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    later: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many records there are."""
        return sum(self.sources.values())


class _Reading(NamedTuple):
    """A feed to read, and the file that its rows go to."""

    path: Path
    source: SourceSystem
    to: Path


def take_in(
    spark: SparkSession, deliveries: Sequence[Delivery], folder: Path, rejects: Rejects
) -> Taken:
    """Read and check deliveries into files under `folder`.

    Raises what `mpi.sources.read_table` raises, TruncatedSnapshot, DiskFull and ClusterFailed.
    """
    ordered = sorted(deliveries, key=lambda delivery: delivery.source.name)
    readings = [
        _Reading(each.feed.path.absolute(), each.source, folder / f"{each.source.name}-read.arrow")
        for each in ordered
        if each.feed is not None
    ]
    told = dict(zip((each.source.name for each in readings), _read(spark, readings), strict=True))
    chunks: list[Chunk] = []
    sources: dict[str, int] = {}
    deleted: dict[str, Mapping[str, str]] = {}
    later: dict[str, int] = {}
    for delivery in ordered:
        prepared = _prepared(delivery, folder, rejects, told.get(delivery.source.name))
        first = sum(sources.values())
        own = list(_chunks(prepared, folder, first))
        chunks += own
        if count := sum(map(len, own)):
            sources[delivery.source.name] = count
        if prepared.deleted:
            deleted[delivery.source.name] = prepared.deleted
        if prepared.later:
            later[delivery.source.name] = prepared.later
    return Taken(tuple(chunks), sources, deleted, later)


def standardise(spark: SparkSession, taken: Taken, carried: Carried, to: Dataset) -> Dataset:
    """Write the rows of what was taken in, `ROWS`, in the order of their numbers."""
    chunks = spark.sparkContext.broadcast(taken.chunks)

    def made(batch: pa.RecordBatch) -> Iterator[pa.Table]:
        opened = carried.opened()
        for at in batch.column(0).to_pylist():
            yield _rows(chunks.value[at], opened)

    count = len(taken.chunks)
    tasks = max(1, min(count, TASKS_A_CORE * spark.sparkContext.defaultParallelism))
    return to.write(spark.range(0, count, 1, tasks).mapInArrow(mapping(made), ROWS))


def _rows(chunk: Chunk, opened: Opened) -> pa.Table:
    made = chunk.made()
    numbers = np.arange(chunk.first, chunk.first + len(made))
    columns = {name: made.column(name) for name in STORED}
    return pa.table(
        {
            RECORD_NUMBER: pa.array(numbers, pa.int64()),
            **columns,
            "row": opened.layout.encode_table(made),
            "keys": pack_table(made, opened.release),
            "identifiers": listed_identifiers(made),
        }
    )


def _read(spark: SparkSession, readings: Sequence[_Reading]) -> list[bytes]:
    """Read feeds in the cluster; what each told, for `_hear`."""
    if not readings:
        return []

    def made(batch: pa.RecordBatch) -> Iterator[pa.Table]:
        for at in batch.column(0).to_pylist():
            told, error = _read_one(readings[at])
            columns = [pa.array([each], pa.binary()) for each in (told, error)]
            yield pa.table([pa.array([at], pa.int64()), *columns], names=["at", "told", "error"])

    count = len(readings)
    with on_cluster(readings[0].to.parent):
        frame = spark.range(0, count, 1, count).mapInArrow(mapping(made), READ)
        table = frame.toArrow().sort_by("at")
    for error in table.column("error").drop_null().to_pylist():
        raise unpacked(error)
    told: list[bytes] = table.column("told").to_pylist()
    return told


def _read_one(reading: _Reading) -> tuple[bytes | None, bytes | None]:
    """Write the rows of a feed; what it told, or an error, for trying again would not help."""
    rejects, aside = Rejects(), reading.to.with_suffix(".part")
    try:
        with room_in(reading.to.parent):
            feed = read_table(reading.path, reading.source, rejects)
            write_sorted(feed.table, reading.source, aside)
    except MPIError as error:
        return None, packed(error)
    aside.rename(reading.to)
    counts = [rejects.identical_rows, rejects.superseded_rows]
    items = [asdict(each) for each in rejects.items]
    return orjson.dumps([dict(feed.gone), items, *counts]), None


def _hear(told: bytes, file: Path, rejects: Rejects) -> dict[str, str]:
    """Note what was rejected of a feed; the keys that it says are gone."""
    gone: dict[str, str]
    gone, items, identical, superseded = orjson.loads(told)
    for each in items:
        rejects.add(Reject(**each | {"file": str(file)}))
    rejects.identical_rows += identical
    rejects.superseded_rows += superseded
    return gone


def _prepared(delivery: Delivery, folder: Path, rejects: Rejects, told: bytes | None) -> Prepared:
    if told is None or delivery.feed is None:
        return prepare(delivery, None, rejects, folder=folder)
    raw = folder / f"{delivery.source.name}-read.arrow"
    feed = FeedRows(mapped(raw), _hear(told, delivery.feed.path, rejects))
    return prepare(delivery, feed, rejects, folder=folder, raw=raw)


def _chunks(prepared: Prepared, folder: Path, first: int) -> Iterator[Chunk]:
    if not prepared.kept:
        for task in prepared.tasks:
            yield Chunk(first, task)
            first += len(task.rows)
        return
    kept = folder / f"{prepared.source}-kept.arrow"
    keys = _write_kept(prepared.kept, kept)
    some = prepared.tasks[0] if prepared.tasks else None
    rows = mapped(some.raw).column(some.source.key) if some else pa.chunked_array([], pa.string())
    for of_feed, of_kept in _side_by_side(rows, keys):
        own = some._replace(rows=of_feed) if some else None
        yield Chunk(first, own, kept, of_kept, prepared.delivery.supersessions)
        first += len(of_feed) + len(of_kept)


def _write_kept(kept: Sequence[Kept], path: Path) -> pa.ChunkedArray:
    """Write records that the index holds already, in the order of their keys, which are given."""
    ordered = sorted(kept, key=lambda each: each.record.source_id)
    rows = [(each.record.source_id, payload_of(each.record), each.version_key) for each in ordered]
    columns = zip(*rows, strict=True)
    table = pa.table([pa.array(column) for column in columns], names=_KEPT.names).cast(_KEPT)
    write(table, path)
    return table.column("source_id")


def _side_by_side(rows: pa.ChunkedArray, kept: pa.ChunkedArray) -> Iterator[tuple[range, range]]:
    """Which rows of two ascending columns of keys belong to each `CHUNK` of both together."""
    both = pa.chunked_array([*rows.chunks, *kept.chunks], pa.string())
    of_rows = np.asarray(pc.sort_indices(both)) < len(rows)
    before = np.concatenate(([0], np.cumsum(of_rows)))
    for start in range(0, len(both), CHUNK):
        stop = min(start + CHUNK, len(both))
        left, right = int(before[start]), int(before[stop])
        yield range(left, right), range(start - left, stop - right)
