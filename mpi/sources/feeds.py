"""Feeds: finding them, reading them into checked tables, and from there into Records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mpi.errors import FeedNotFound, TooManyRejects, UnknownSource, UnreadableFeed
from mpi.records import LONGEST_KEY, Record
from mpi.sources.dates import read_version
from mpi.sources.description import SourceSystem
from mpi.sources.header import ROW
from mpi.sources.mapping import to_records
from mpi.sources.patients import PATIENTS, as_patients
from mpi.sources.rejects import Reject, Rejects
from mpi.sources.repeats import without_repeats
from mpi.sources.tables import FORMATS, file_format, read_text_table
from mpi.sources.unreadable_dates import report_unreadable_dates

MAX_REJECTED_SHARE = 0.5
"""Share of a feed's rows that may be rejected before the whole feed is refused."""

_BATCH_ROWS = 1 << 14
_CONTROL_CHARACTERS = r"[\x00-\x1f\x7f]"


@dataclass(frozen=True, slots=True)
class Feed:
    """One delivery of a source system: where it is and how to read it."""

    path: Path
    source: SourceSystem


@dataclass(frozen=True, slots=True)
class FeedRows:
    """A checked feed: `table` holds the rows that stand, as text, in their order.

    `gone` are the keys that a delta says are gone, each with the version in which it is; empty
    where the source has no versions.
    """

    table: pa.Table
    gone: Mapping[str, str] = field(default_factory=dict)

    @property
    def deleted(self) -> tuple[str, ...]:
        """The keys that are gone."""
        return tuple(self.gone)


def discover_feeds(directory: Path, sources: Mapping[str, SourceSystem]) -> list[Feed]:
    """The feeds in a directory (or one file), each named for its source, in order of source.

    Files of other kinds are left alone, unless they bear the name of a source.

    Raises:
        FeedNotFound, UnknownSource, UnreadableFeed: name the directory or file.
    """
    if directory.is_file():
        return [feed_of(directory, sources)]
    if not directory.is_dir():
        raise FeedNotFound(directory=str(directory))
    feeds: dict[str, Feed] = {}
    for path in sorted(p for p in directory.iterdir() if _looks_like_feed(p, sources)):
        feed = feed_of(path, sources)
        if feed.source.name in feeds:
            raise UnreadableFeed("There are two feeds of one source.", file=str(path))
        feeds[feed.source.name] = feed
    if not feeds:
        raise FeedNotFound(directory=str(directory))
    return [feeds[name] for name in sorted(feeds)]


def _looks_like_feed(path: Path, sources: Mapping[str, SourceSystem]) -> bool:
    named_for_source = path.name.partition(".")[0] in sources
    known = file_format(path) is not None or named_for_source
    return path.is_file() and known and not path.name.startswith(".")


def feed_of(path: Path, sources: Mapping[str, SourceSystem]) -> Feed:
    """The feed in a file; its name up to the format is that of the source.

    Raises:
        UnknownSource, UnreadableFeed: name the file.
    """
    ending = file_format(path)
    if ending is None:
        raise UnreadableFeed(f"The format is none of {' '.join(FORMATS)}.", file=str(path))
    source = sources.get(path.name.removesuffix(ending))
    if source is None:
        raise UnknownSource("A feed is named for its source.", file=str(path))
    return Feed(path, as_sent(path, source, sources))


def as_sent(path: Path, source: SourceSystem, sources: Mapping[str, SourceSystem]) -> SourceSystem:
    """How a file of a source is to be read: one of FHIR Patients otherwise than its other feeds."""
    return as_patients(source, sources) if file_format(path) in PATIENTS else source


def read_table(path: Path, source: SourceSystem, rejects: Rejects) -> FeedRows:
    """A feed as checked rows of text, ready for `to_records` in slices.

    Rows without a usable key and dates in no known format go to `rejects`; of rows with one key
    the newest stands.

    Raises:
        FeedNotFound, EmptyFeed, MissingColumn, WrongEncoding, UnreadableFeed, UnreadableDates,
        DuplicateKey, TooManyRejects: all name the file.
    """
    before = len(rejects)
    everything = read_text_table(path, source, rejects)
    table = _with_keys(everything, source, path, rejects)
    rejected = sum(each.column in ("", source.key) for each in rejects.items[before:])
    if rejected > MAX_REJECTED_SHARE * (table.num_rows + rejected):
        raise TooManyRejects(f"{rejected} of its rows.", file=str(path))
    table = without_repeats(table, source, path=path, rejects=rejects)
    rows = _split_deleted(table, source)
    report_unreadable_dates(rows.table, source, path=path, rejects=rejects)
    return rows


def read_feed(path: Path, source: SourceSystem, rejects: Rejects) -> Iterator[Record]:
    """The Records of a feed in its order; raises as `read_table`, before the first Record."""
    table = read_table(path, source, rejects).table
    return (
        record
        for start in range(0, table.num_rows, _BATCH_ROWS)
        for record in to_records(table.slice(start, _BATCH_ROWS), source)
    )


def _with_keys(table: pa.Table, source: SourceSystem, path: Path, rejects: Rejects) -> pa.Table:
    keys = table.column(source.key)
    empty = pc.equal(keys, "")
    broken = pc.match_substring_regex(keys, _CONTROL_CHARACTERS)
    long = pc.greater(pc.utf8_length(keys), LONGEST_KEY - len(source.name))
    reasons = ((empty, "no key"), (broken, "control character in key"), (long, "key too long"))
    for mask, reason in reasons:
        for row in table.column(ROW).filter(mask).to_pylist():
            rejects.add(Reject(str(path), row, "", source.key, reason))
    return table.filter(pc.invert(pc.or_(pc.or_(empty, broken), long)))


def _split_deleted(table: pa.Table, source: SourceSystem) -> FeedRows:
    if source.deleted is None:
        return FeedRows(table)
    values = pa.array(source.deleted.values, pa.string())
    gone = pc.is_in(table.column(source.deleted.column), values)
    deleted = table.filter(gone)
    keys = deleted.column(source.key).to_pylist()
    versions = read_versions(deleted, source)
    return FeedRows(table.filter(pc.invert(gone)), dict(zip(keys, versions, strict=True)))


def read_versions(table: pa.Table, source: SourceSystem) -> list[str]:
    """The version of each row of a checked feed; empty where the source has none."""
    if source.version is None:
        return [""] * len(table)
    texts = table.column(source.version.column).to_pylist()
    return [read_version(text, source.version.formats) for text in texts]
