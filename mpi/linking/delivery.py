"""What is to be linked from one source system, and how its feed meets what the index holds.

A feed and single messages about the same records may come in any order. What stands is what has
the greater version, and a record that was deleted in a version comes back in a later one only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mpi.linking.superseding import NONE, Supersessions
from mpi.records import Record
from mpi.sources import ROW, Feed, FeedRows, Reject, Rejects, SourceSystem
from mpi.sources.feeds import read_versions
from mpi.sources.versions import version_key

ERASED = "record was erased"
_AFTER_ANY_HASH = "g"
"""Ends the key of a delivery, whose rows count as later than a message of the same moment."""


class Kept(NamedTuple):
    """A record that the index holds, and the key of its version."""

    record: Record
    version_key: str


class Buried(NamedTuple):
    """In which version a record is gone: `deleted` in it, or else last seen in it."""

    version_key: str
    deleted: bool


def _no_records() -> Iterable[Kept]:
    return ()


def _nobody(source_id: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be linked from one source system: its feed, and what the index knew before.

    `known` are the keys of the source's records in the index, each with the key of its version, and
    `records` yields those records; `buried` are those that are gone, and `is_erased` tells those
    that may not come back. A snapshot replaces what is known; to a delta, or where no feed came,
    what it does not mention is kept. `at` is when the feed was delivered: the version of its
    records where the source has none. `supersessions` are those in force in the whole index, the
    same for every source.
    """

    source: SourceSystem
    feed: Feed | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    records: Callable[[], Iterable[Kept]] = _no_records
    supersessions: Supersessions = NONE
    buried: Mapping[str, Buried] = field(default_factory=dict)
    is_erased: Callable[[str], bool] = _nobody
    at: str = ""

    @property
    def is_snapshot(self) -> bool:
        """Whether its feeds bring everything that the source holds."""
        return self.source.delivery == "snapshot"

    def version(self, text: str) -> str:
        """The key of a version in the feed, as `read_version` gives it."""
        if self.source.version is not None:
            return version_key(text)
        return f"{version_key(self.at)}#{_AFTER_ANY_HASH}"

    def admits(self, source_id: str, version: str) -> bool:
        """Whether a row of the feed does not come too late."""
        held = self.known.get(source_id)
        if held is not None:
            return version >= held
        gone = self.buried.get(source_id)
        if gone is None:
            return True
        if not gone.deleted:
            return self.is_snapshot or version >= gone.version_key
        return version > gone.version_key


@dataclass(frozen=True, slots=True)
class Met:
    """What stands after a feed came: its rows, what is kept beside them, and what is gone.

    `deleted` are keys of records, each with the key of the version in which it is gone.
    """

    table: pa.Table
    kept: tuple[Kept, ...] = ()
    deleted: Mapping[str, str] = field(default_factory=dict)


def meet(delivery: Delivery, feed: FeedRows, path: str, rejects: Rejects) -> Met:
    """Meet what is known with a feed; rows of erased records go to `rejects`."""
    late = _late(delivery, feed)
    table = _without(feed.table, delivery, late) if late else feed.table
    table = _without_erased(table, delivery, path, rejects)
    deleted = dict(_deleted(delivery, feed))
    if delivery.is_snapshot:
        records = delivery.records() if late else ()
        return Met(table, tuple(each for each in records if each.record.source_id in late))
    came = frozenset(table.column(delivery.source.key).to_pylist())
    kept = (
        each
        for each in delivery.records()
        if each.record.source_id not in came and each.record.source_id not in deleted
    )
    return Met(table, tuple(kept), deleted)


def _late(delivery: Delivery, feed: FeedRows) -> frozenset[str]:
    """The keys of the rows that come too late."""
    if not delivery.known and not delivery.buried:
        return frozenset()
    source = delivery.source
    rows = zip(
        feed.table.column(source.key).to_pylist(), read_versions(feed.table, source), strict=True
    )
    return frozenset(key for key, text in rows if not delivery.admits(key, delivery.version(text)))


def _without(table: pa.Table, delivery: Delivery, keys: Iterable[str]) -> pa.Table:
    named = pc.is_in(table.column(delivery.source.key), pa.array(keys, pa.string()))
    return table.filter(pc.invert(named))


def _without_erased(table: pa.Table, delivery: Delivery, path: str, rejects: Rejects) -> pa.Table:
    if delivery.is_erased is _nobody:
        return table
    keys = table.column(delivery.source.key).to_pylist()
    found = [(at, key) for at, key in enumerate(keys) if delivery.is_erased(key)]
    if not found:
        return table
    rows = table.column(ROW).take(pa.array([at for at, _ in found])).to_pylist()
    for row in rows:
        # its key is personal data of somebody who asked to be forgotten
        rejects.add(Reject(path, row, "", delivery.source.key, ERASED))
    return _without(table, delivery, [key for _, key in found])


def _deleted(delivery: Delivery, feed: FeedRows) -> Iterable[tuple[str, str]]:
    """The records that a delta deletes, unless a later version is held."""
    for key, text in feed.gone.items():
        held = delivery.known.get(key, "")
        # a deletion that names no version is of the last one known
        unnamed = delivery.source.version is not None and not text
        version = held if unnamed else delivery.version(text)
        if version >= held and not delivery.is_erased(key):
            yield key, version
