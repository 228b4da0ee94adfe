"""From feeds to standardised rows, in as many processes as there are processors.

Python cleans a record in some tens of microseconds; a million records are worth a second process.
Rows are written to Arrow files in chunks and read back as memory maps, so that what is not being
looked at takes no memory.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mpi.attributes import RECORD_NUMBER, arrow_schema, standardise, to_arrow
from mpi.linking.compared import RESTRICTED
from mpi.linking.delivery import Delivery, Kept, meet
from mpi.linking.room import room_in
from mpi.linking.steps import Step, unwatched
from mpi.linking.superseding import NONE, Supersessions, apply
from mpi.model.blocking import blocking_keys_of_table
from mpi.records import Identifier, Name, Record
from mpi.sources import FeedRows, Rejects, SourceSystem, read_table, to_records
from mpi.sources.versions import version_key

CHUNK = 10_000
"""Records standardised at a time."""

MANY = 30_000
"""Records from which on worker processes are worth starting."""

KEY_ORDER = [("source", "ascending"), ("source_id", "ascending")]
_STORED_ONLY = ("version", "version_key", "payload")


@dataclass(frozen=True, slots=True)
class Intake:
    """Standardised rows in the order of their keys, numbered from 0.

    `rows` has the attributes, the key, the blocking keys, whether the record is restricted, and its
    number: what linking reads. `chunks` are Arrow files of the same records in the same order that
    also hold what is only stored: version, the key that orders versions, and payload, the record as
    JSON. `deleted` has, by source, the keys that it says are gone, each with that of the version;
    `later` has how many of its records are kept though its snapshot, extracted before, lacks them.
    """

    rows: pa.Table
    chunks: tuple[Path, ...]
    deleted: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    later: Mapping[str, int] = field(default_factory=dict)

    def stored(self) -> Iterator[pa.Table]:
        """Key, version, its key and payload of all records, in order, chunk by chunk."""
        for path in self.chunks:
            yield mapped(path).select(["source", "source_id", *_STORED_ONLY])


def take_in(
    deliveries: Iterable[Delivery],
    folder: Path,
    rejects: Rejects,
    *,
    workers: int = 2,
    step: Step = unwatched,
) -> Intake:
    """Read and standardise deliveries into files under `folder`, which outlives the result.

    A chunk that is there already is not standardised again: whoever gives a folder that is not
    empty vouches that it comes from the same deliveries.
    Raises what `mpi.sources.read_table` raises, TruncatedSnapshot, and DiskFull.
    """
    ordered = sorted(deliveries, key=lambda delivery: delivery.source.name)
    prepared = []
    with room_in(folder):
        for delivery in ordered:
            with step(f"read {delivery.source.name}"):
                feed = delivery.feed
                rows = read_table(feed.path, delivery.source, rejects) if feed else None
                prepared.append(prepare(delivery, rows, rejects, folder=folder))
        with step("standardise"):
            _standardise_all([task for each in prepared for task in each.tasks], workers)
            paths = [path for each in prepared for path in each.finish()]
    deleted = {each.source: each.deleted for each in prepared if each.deleted}
    later = {each.source: each.later for each in prepared if each.later}
    return whole(paths, deleted, later)


def whole(
    chunks: Sequence[Path],
    deleted: Mapping[str, Mapping[str, str]],
    later: Mapping[str, int],
) -> Intake:
    """What was taken in, from the files of its chunks; see `Intake` for the others."""
    tables = [mapped(path).drop_columns(list(_STORED_ONLY)) for path in chunks]
    rows = pa.concat_tables([_schema_without_stored().empty_table(), *tables])
    numbers = pa.array(np.arange(len(rows), dtype=np.int32))
    return Intake(rows.append_column(RECORD_NUMBER, numbers), tuple(chunks), deleted, later)


def standardised(records: Sequence[Record], supersessions: Supersessions = NONE) -> pa.Table:
    """Records as a table: the attributes, then key, blocking keys, version, flag and stored JSON.

    The attributes are of the record as superseded identifiers leave it, the JSON as delivered.
    """
    rows = [standardise(apply(record, supersessions)) for record in records]
    table = to_arrow(rows)
    columns = {
        "source": pa.array([r.source for r in records], pa.string()),
        "source_id": pa.array([r.source_id for r in records], pa.string()),
        "blocking_keys": blocking_keys_of_table(table),
        "version": pa.array([r.version for r in records], pa.string()),
        RESTRICTED: pa.array([r.restricted for r in records], pa.bool_()),
        "payload": pa.array([payload_of(r) for r in records], pa.binary()),
    }
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def payload_of(record: Record) -> bytes:
    """A record as it is stored; `record_of` is the inverse.

    One that is not restricted is stored as before there was the flag, so that what a source sends
    again is still the same to an index of that time.

    >>> b"restricted" in payload_of(Record("pds", "1"))
    False
    """
    content = orjson.dumps(record)
    return content if record.restricted else content.removesuffix(_UNRESTRICTED) + b"}"


_UNRESTRICTED = b',"restricted":false}'


def record_of(payload: bytes) -> Record:
    """The record that a stored `payload` was made of."""
    values: dict[str, Any] = orjson.loads(payload)
    values["names"] = tuple(Name(**name) for name in values["names"])
    values["identifiers"] = tuple(Identifier(**each) for each in values["identifiers"])
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    return Record(**fields)


class Task(NamedTuple):
    """A chunk of a feed to standardise: which rows of a file, and where they go."""

    raw: Path
    rows: range
    source: SourceSystem
    target: Path
    supersessions: Supersessions
    at: str

    def made(self) -> pa.Table:
        """The rows standardised, each with the key of its version."""
        rows = mapped(self.raw).slice(self.rows.start, len(self.rows))
        made = standardised(to_records(rows, self.source), self.supersessions)
        return _with_versions(made, self._version_keys(made))

    def _version_keys(self, made: pa.Table) -> list[str]:
        """Those of the records; where the source has no versions, of the delivery."""
        if self.source.version is not None:
            return [version_key(text) for text in made.column("version").to_pylist()]
        payloads = made.column("payload").to_pylist()
        return [version_key("", self.at, payload=payload) for payload in payloads]


def made_of_kept(kept: Sequence[Kept], supersessions: Supersessions) -> pa.Table:
    """`Task.made` of records that the index holds already."""
    table = standardised([each.record for each in kept], supersessions)
    return _with_versions(table, [each.version_key for each in kept])


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery that has been read and checked: what is to be standardised, and what is kept."""

    delivery: Delivery
    folder: Path
    tasks: tuple[Task, ...] = ()
    kept: tuple[Kept, ...] = ()
    deleted: Mapping[str, str] = field(default_factory=dict)
    later: int = 0

    @property
    def source(self) -> str:
        """The name of the source system."""
        return self.delivery.source.name

    def finish(self) -> list[Path]:
        """The standardised files in the order of their keys, once the tasks are done."""
        made = [task.target for task in self.tasks]
        for raw in {task.raw for task in self.tasks}:
            raw.unlink()
        if not self.kept:
            return made
        kept, merged = (self.folder / f"{self.source}-{what}.arrow" for what in ("kept", "merged"))
        write(made_of_kept(self.kept, self.delivery.supersessions), kept)
        write(pa.concat_tables(mapped(part) for part in (*made, kept)).sort_by(KEY_ORDER), merged)
        return [merged]


def prepare(
    delivery: Delivery,
    feed: FeedRows | None,
    rejects: Rejects,
    *,
    folder: Path,
    raw: Path | None = None,
) -> Prepared:
    """Check a delivery whose feed has been read, and plan what is to be standardised.

    Args: feed, its rows if one came; raw, a file that has them by key. Raises TruncatedSnapshot.
    """
    if delivery.feed is None or feed is None:
        return Prepared(delivery, folder, kept=tuple(delivery.records()))
    path = delivery.feed.path
    met = meet(delivery, feed, str(path), rejects)
    if raw is None or met.table is not feed.table:
        raw = folder / f"{delivery.source.name}-raw.arrow"
        write_sorted(met.table, delivery.source, raw)
    tasks = _tasks(raw, len(met.table), delivery, folder)
    return Prepared(delivery, folder, tasks, met.kept, met.deleted, met.later)


def write_sorted(table: pa.Table, source: SourceSystem, path: Path) -> None:
    """Write the rows of a feed in the order of their keys."""
    write(table.take(pc.sort_indices(table.column(source.key))), path)


def _tasks(raw: Path, size: int, delivery: Delivery, folder: Path) -> tuple[Task, ...]:
    return tuple(
        Task(
            raw,
            range(start, min(start + CHUNK, size)),
            delivery.source,
            folder / f"{delivery.source.name}-{start:09d}.arrow",
            delivery.supersessions,
            delivery.at,
        )
        for start in range(0, size, CHUNK)
    )


def _standardise_all(tasks: Sequence[Task], workers: int) -> None:
    """Standardise every chunk, in worker processes if there are enough of them to be worth it."""
    if sum(len(task.rows) for task in tasks) < MANY:
        deque(map(_standardise_chunk, tasks), 0)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), gc.disable) as pool:
        deque(pool.map(_standardise_chunk, tasks), 0)


def _standardise_chunk(task: Task) -> None:
    if task.target.exists():
        return
    aside = task.target.with_suffix(".partial")
    write(task.made(), aside)
    aside.rename(task.target)


def _with_versions(made: pa.Table, version_keys: Sequence[str]) -> pa.Table:
    return made.append_column("version_key", pa.array(version_keys, pa.string()))


def write(table: pa.Table, path: Path) -> None:
    """Write a table as an Arrow file."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def mapped(path: Path) -> pa.Table:
    """The table of an Arrow file, which takes memory where it is looked at."""
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _schema_without_stored() -> pa.Schema:
    key = [pa.field("source", pa.string()), pa.field("source_id", pa.string())]
    rest = [pa.field("blocking_keys", pa.list_(pa.int64())), pa.field(RESTRICTED, pa.bool_())]
    return pa.schema([*arrow_schema(), *key, *rest])
