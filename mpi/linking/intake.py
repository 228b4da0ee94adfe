"""From feeds to standardised rows, in as many processes as there are processors.

Python cleans a record in some tens of microseconds; a million records are worth a second process.
Rows are written to Arrow files in chunks and read back as memory maps, so that what is not being
looked at takes no memory.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mpi.attributes import RECORD_NUMBER, arrow_schema, standardise, to_arrow
from mpi.errors import TruncatedSnapshot
from mpi.linking.steps import Step, unwatched
from mpi.model.blocking import blocking_keys_of_table
from mpi.records import Identifier, Name, Record
from mpi.sources import (
    Feed,
    FeedRows,
    Rejects,
    SourceSystem,
    read_table,
    read_version,
    to_records,
)

CHUNK = 10_000
"""Records standardised at a time."""

MANY = 30_000
"""Records from which on worker processes are worth starting."""

_LATEST = "\U0010ffff"
"""Orders after any version."""

_KEY = [("source", "ascending"), ("source_id", "ascending")]
_STORED_ONLY = ("version", "payload")


def _no_records() -> Iterable[Record]:
    return ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be linked from one source system: its feed, and what the index knew before.

    `known` are the keys of the source's records in the index and `records` yields those records. A
    snapshot replaces them; to a delta, or where no feed came, those it does not mention are kept.
    """

    source: SourceSystem
    feed: Feed | None = None
    known: frozenset[str] = frozenset()
    records: Callable[[], Iterable[Record]] = _no_records


@dataclass(frozen=True, slots=True)
class Intake:
    """Standardised rows in the order of their keys, numbered from 0.

    `rows` has the attributes, the key, the blocking keys and the record number: what linking
    reads. `chunks` are Arrow files of the same records in the same order that also hold what is
    only stored: version, and payload, the record as JSON.
    """

    rows: pa.Table
    chunks: tuple[Path, ...]

    def stored(self) -> Iterator[pa.Table]:
        """Key, version and payload of all records, in order, chunk by chunk."""
        for path in self.chunks:
            yield _mapped(path).select(["source", "source_id", *_STORED_ONLY])


def take_in(
    deliveries: Iterable[Delivery],
    folder: Path,
    rejects: Rejects,
    *,
    workers: int = 2,
    step: Step = unwatched,
) -> Intake:
    """Read and standardise deliveries into files under `folder`, which outlives the result.

    Raises what `mpi.sources.read_table` raises, and TruncatedSnapshot.
    """
    ordered = sorted(deliveries, key=lambda delivery: delivery.source.name)
    prepared = []
    for delivery in ordered:
        with step(f"read {delivery.source.name}"):
            prepared.append(_prepare(delivery, folder, rejects))
    with step("standardise"):
        _standardise_all([task for each in prepared for task in each.tasks], workers)
        paths = [path for each in prepared for path in each.finish()]
    tables = [_mapped(path).drop_columns(list(_STORED_ONLY)) for path in paths]
    rows = pa.concat_tables([_schema_without_stored().empty_table(), *tables])
    numbers = pa.array(range(len(rows)), pa.int32())
    return Intake(rows.append_column(RECORD_NUMBER, numbers), tuple(paths))


def standardised(records: Sequence[Record]) -> pa.Table:
    """Records as a table: the attributes, then key, blocking keys, version and stored JSON."""
    rows = [standardise(record) for record in records]
    table = to_arrow(rows)
    columns = {
        "source": pa.array([r.source for r in records], pa.string()),
        "source_id": pa.array([r.source_id for r in records], pa.string()),
        "blocking_keys": blocking_keys_of_table(table),
        "version": pa.array([r.version for r in records], pa.string()),
        "payload": pa.array([orjson.dumps(r) for r in records], pa.binary()),
    }
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def record_of(payload: bytes) -> Record:
    """The record that a stored `payload` was made of."""
    values: dict[str, Any] = orjson.loads(payload)
    values["names"] = tuple(Name(**name) for name in values["names"])
    values["identifiers"] = tuple(Identifier(**each) for each in values["identifiers"])
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return Record(**fields)


class _Task(NamedTuple):
    """A chunk of a feed to standardise: which rows of a file, and where they go."""

    raw: Path
    rows: range
    source: SourceSystem
    target: Path


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A delivery that has been read and checked: what is to be standardised, and what is kept."""

    tasks: tuple[_Task, ...] = ()
    kept: tuple[Record, ...] = ()
    folder: Path = Path()

    def finish(self) -> list[Path]:
        """The standardised files in the order of their keys, once the tasks are done."""
        made = [task.target for task in self.tasks]
        if not self.kept:
            return made
        name = self.kept[0].source
        kept, merged = (self.folder / f"{name}-{what}.arrow" for what in ("kept", "merged"))
        _write(standardised(self.kept), kept)
        _write(pa.concat_tables(_mapped(part) for part in (*made, kept)).sort_by(_KEY), merged)
        return [merged]


def _prepare(delivery: Delivery, folder: Path, rejects: Rejects) -> _Prepared:
    if delivery.feed is None:
        return _Prepared((), tuple(delivery.records()), folder)
    feed = read_table(delivery.feed.path, delivery.source, rejects)
    if delivery.source.delivery == "snapshot":
        _check_complete(delivery, delivery.feed.path, feed)
        return _Prepared(_tasks(feed.table, delivery.source, folder))
    kept = _kept(delivery, feed)
    held = pa.array([record.source_id for record in kept], pa.string())
    newer = pc.invert(pc.is_in(feed.table.column(delivery.source.key), held))
    return _Prepared(_tasks(feed.table.filter(newer), delivery.source, folder), kept, folder)


def _tasks(table: pa.Table, source: SourceSystem, folder: Path) -> tuple[_Task, ...]:
    raw = folder / f"{source.name}-raw.arrow"
    _write(table.take(pc.sort_indices(table.column(source.key))), raw)
    size = len(table)
    return tuple(
        _Task(
            raw,
            range(start, min(start + CHUNK, size)),
            source,
            folder / f"{source.name}-{start:09d}.arrow",
        )
        for start in range(0, size, CHUNK)
    )


def _standardise_all(tasks: Sequence[_Task], workers: int) -> None:
    """Standardise every chunk, in worker processes if there are enough of them to be worth it."""
    if sum(len(task.rows) for task in tasks) < MANY:
        for task in tasks:
            _standardise_chunk(task)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), gc.disable) as pool:
        for _ in pool.map(_standardise_chunk, tasks):
            pass


def _kept(delivery: Delivery, feed: FeedRows) -> tuple[Record, ...]:
    """The records that a delta leaves as they were.

    Those it does not mention, and those held in a newer version than it brings: it came too late.
    """
    came = _versions(feed.table, delivery.source)
    gone = frozenset(feed.deleted)
    return tuple(
        record
        for record in delivery.records()
        if record.source_id not in gone
        and (record.source_id not in came or came[record.source_id] < record.version)
    )


def _versions(table: pa.Table, source: SourceSystem) -> dict[str, str]:
    """The version of each record of a feed, by key; of a feed without versions, the latest."""
    keys = table.column(source.key).to_pylist()
    if source.version is None:
        return dict.fromkeys(keys, _LATEST)
    texts = table.column(source.version.column).to_pylist()
    formats = source.version.formats
    versions = (read_version(text, formats) for text in texts)
    return dict(zip(keys, versions, strict=True))


def _check_complete(delivery: Delivery, path: Path, feed: FeedRows) -> None:
    """Refuse a snapshot that would delete too large a share of what the index knew."""
    missing = len(delivery.known.difference(feed.table.column(delivery.source.key).to_pylist()))
    if missing > delivery.source.max_missing_share * len(delivery.known):
        raise TruncatedSnapshot(
            f"It lacks {missing:,} of {len(delivery.known):,} records. If they are really gone,"
            " raise max_missing_share in the description of the source.",
            file=path,
            source=delivery.source.name,
        )


def _standardise_chunk(task: _Task) -> None:
    table = _mapped(task.raw).slice(task.rows.start, len(task.rows))
    records = to_records(table, task.source)
    _write(standardised(records), task.target)


def _write(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _mapped(path: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _schema_without_stored() -> pa.Schema:
    key = [pa.field("source", pa.string()), pa.field("source_id", pa.string())]
    return pa.schema([*arrow_schema(), *key, pa.field("blocking_keys", pa.list_(pa.int64()))])
