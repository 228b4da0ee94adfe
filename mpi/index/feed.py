"""Use case: put the records of a file into an open index one by one, and delete what it says.

Each record is an event of its own: it is durable, and its persons are settled, before the next one
is looked at. A file that stops half-way is given again as it is; what was taken in is a duplicate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from mpi.errors import InvalidRecord, RecordErased, UnknownSource, UnreadableFeed
from mpi.index.changes import Cause, IngestResult, Status
from mpi.index.given import record_from_values
from mpi.index.index import Index
from mpi.records import Record, RecordKey
from mpi.sources import (
    Rejects,
    SourceSystem,
    as_sent,
    feed_of,
    load_sources,
    read_table,
    to_records,
)
from mpi.sources.rejects import Reject
from mpi.sources.tables import file_format

SLICE = 1_000
"""Rows of a feed that are turned into records at a time."""
MESSAGES = ".ndjson"


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """How a file is to be read.

    `source` is the source system whose feed it is; without it, its name says so. `sources`: a
    folder of further source descriptions. `at`: when it was delivered, which orders records of
    sources without versions; if None, each counts from when it comes, and is no news if it is as
    held.
    """

    source: str = ""
    sources: Path | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """What came of a file: records by status, persons by effect, and what could not be used."""

    statuses: Mapping[str, int]
    effects: Mapping[str, int]
    unsearchable: int
    rejects: Mapping[str, int]

    def rows(self) -> list[tuple[str, object]]:
        """For a table."""
        found: list[tuple[str, object]] = [
            (f"Records {status.value}", self.statuses[status.value])
            for status in Status
            if status.value in self.statuses
        ]
        found += [(f"Persons {effect}", n) for effect, n in self.effects.items()]
        if self.unsearchable:
            found.append(("With nothing to match on", self.unsearchable))
        return [*found, *((f"Rejected: {reason}", n) for reason, n in self.rejects.items())]

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            "statuses": dict(self.statuses),
            "effects": dict(self.effects),
            "unsearchable": self.unsearchable,
            "rejects": dict(self.rejects),
        }


def ingest_file(
    index: Index, path: Path, rejects: Rejects, options: FeedOptions | None = None
) -> FeedSummary:
    """Put and delete what a file says.

    It is a feed of a source system, taken as a delta whatever its source usually sends: a record
    that it lacks stays. Or, in a file not named for a source, it is NDJSON of records in our own
    words (see `given.record_from_json`), each with its `source` and `source_id`, and with
    `"deleted": true` where it is gone. What cannot be used goes to `rejects`.

    Raises what reading a feed raises, before anything is put, and what `Index.put` raises about
    the index.
    """
    told = options or FeedOptions()
    messages = _messages(path, rejects, told)
    taken = _Taken(path, rejects)
    for message in messages:
        taken.note(message, index)
    return taken.summary()


@dataclass(frozen=True, slots=True)
class _Message:
    """A record to put, or a key to delete in a version; `row` is its place in the file."""

    row: int
    key: RecordKey
    record: Record | None
    version: str
    event_time: str

    def apply(self, index: Index) -> IngestResult:
        cause = Cause(at=datetime.now(UTC))
        if self.record is None:
            told = {"version": self.version, "event_time": self.event_time}
            return index.delete(self.key, **told, cause=cause)
        return index.put(self.record, event_time=self.event_time, cause=cause)


@dataclass(slots=True)
class _Taken:
    """What has come of the messages so far."""

    path: Path
    rejects: Rejects
    statuses: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    unsearchable: int = 0

    def note(self, message: _Message, index: Index) -> None:
        try:
            found = message.apply(index)
        except (InvalidRecord, RecordErased, UnknownSource) as error:
            where = str(self.path), message.row, message.key.source_id, "", error.code
            self.rejects.add(Reject(*where))
            return
        self.statuses[found.status.value] += 1
        self.effects.update(each.effect.value for each in found.persons)
        held = found.status in (Status.CREATED, Status.UPDATED)
        self.unsearchable += held and not found.searchable

    def summary(self) -> FeedSummary:
        return FeedSummary(
            dict(self.statuses),
            dict(sorted(self.effects.items())),
            self.unsearchable,
            self.rejects.by_reason(),
        )


def _messages(path: Path, rejects: Rejects, options: FeedOptions) -> Iterator[_Message]:
    systems = load_sources(options.sources)
    at = options.at.isoformat(timespec="milliseconds") if options.at else ""
    ending = file_format(path) or ""
    if not options.source and ending == MESSAGES and path.name.removesuffix(ending) not in systems:
        return _of_lines(path, rejects, at)
    source = _source_of(path, systems, options.source)
    rows = read_table(path, source, rejects)
    return _of_feed(rows.table, rows.gone, source, at)


def _source_of(path: Path, systems: Mapping[str, SourceSystem], named: str) -> SourceSystem:
    if not named:
        return feed_of(path, systems).source
    if named not in systems:
        raise UnknownSource(source=named)
    return as_sent(path, systems[named], systems)


def _of_feed(
    table: Any, gone: Mapping[str, str], source: SourceSystem, at: str
) -> Iterator[_Message]:
    row = 0
    for start in range(0, table.num_rows, SLICE):
        for record in to_records(table.slice(start, SLICE), source):
            row += 1
            yield _Message(row, record.key, record, record.version, at)
    for source_id, version in gone.items():
        row += 1
        yield _Message(row, RecordKey(source.name, source_id), None, version, at)


def _of_lines(path: Path, rejects: Rejects, at: str) -> Iterator[_Message]:
    """The messages of NDJSON in our own words; a line that is none goes to the rejects."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UnreadableFeed(file=str(path)) from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _message(number, line, at)
            except InvalidRecord as error:
                column = str(error.where.get("field", ""))
                rejects.add(Reject(str(path), number, "", column, error.code))


def _message(number: int, line: bytes, at: str) -> _Message:
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise InvalidRecord("It is not JSON.") from None
    if not isinstance(values, dict):
        raise InvalidRecord("It is not a JSON object.")
    deleted = values.pop("deleted", False)
    record = record_from_values(values)
    if deleted is not True and deleted is not False:
        raise InvalidRecord("Expected true or false.", field="deleted")
    if not record.source or not record.source_id:
        raise InvalidRecord("It does not say which record it is.", field="source_id")
    return _Message(number, record.key, None if deleted else record, record.version, at)
