"""What is to be linked from one source system, and how its feed meets what the index holds.

A feed and single messages about the same records may come in any order. What stands is what has
the greater version, and a record that was deleted in a version comes back in a later one only. Of
one version, a feed stands before a message and a deletion before both: see `replaces`.

Absence has a time as well. A snapshot says what its source held when it was extracted, so a record
that it lacks is gone only if what is known of the record is not from later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mpi.errors import TruncatedSnapshot
from mpi.linking.superseding import NONE, Supersessions
from mpi.records import Record
from mpi.sources import ROW, Feed, FeedRows, Reject, Rejects, SourceSystem
from mpi.sources.feeds import read_versions
from mpi.sources.versions import is_time, key_after, version_key

ERASED = "record was erased"


class Kept(NamedTuple):
    """A record that the index holds, and the key of its version."""

    record: Record
    version_key: str


class Buried(NamedTuple):
    """In which version a record is gone: `deleted` in it, or else last seen in it."""

    version_key: str
    deleted: bool


class Said(Enum):
    """Who says what a record is in a version."""

    BY_MESSAGE = "by message"
    BY_FEED = "by feed"
    DELETED = "deleted"


def replaces(version: str, held: str, said: Said) -> bool:
    """Whether what is said of a record in a version stands before what is held; both are keys.

    A source says one thing of a record in one version. So where two differ, they were not read
    alike: a feed was read by the description in use now, and stands before what was held. Some
    sources delete a record without giving it a new version, so that a deletion stands before all
    else. Whichever way they come, the same is left.
    """
    return version > held or (version == held and said is not Said.BY_MESSAGE)


def _no_records() -> Iterable[Kept]:
    return ()


def _none_since(time: str) -> frozenset[str]:
    return frozenset()


def _nobody(source_id: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be linked from one source system: its feed, and what the index knew before.

    `known` are the keys of the source's records in the index, each with the key of its version, and
    `records` yields those records; `buried` are those that are gone, and `is_erased` tells those
    that may not come back. A snapshot replaces what is known; to a delta, or where no feed came,
    what it does not mention is kept. `at` is when the feed was delivered, or extracted if
    `is_stated`: the version of its records where the source has none. `heard_since` tells the keys
    of the records that messages brought after a time. `supersessions` are those in force in the
    whole index, the same for every source.
    """

    source: SourceSystem
    feed: Feed | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    records: Callable[[], Iterable[Kept]] = _no_records
    supersessions: Supersessions = NONE
    buried: Mapping[str, Buried] = field(default_factory=dict)
    is_erased: Callable[[str], bool] = _nobody
    at: str = ""
    is_stated: bool = False
    heard_since: Callable[[str], frozenset[str]] = _none_since

    @property
    def is_snapshot(self) -> bool:
        """Whether its feeds bring everything that the source holds."""
        return self.source.delivery == "snapshot"

    def version(self, text: str) -> str:
        """The key of a version in the feed, as `read_version` gives it."""
        if self.source.version is not None:
            return version_key(text)
        return key_after(self.at)

    def admits(self, source_id: str, version: str) -> bool:
        """Whether a row of the feed does not come too late."""
        held = self.known.get(source_id)
        if held is not None:
            return replaces(version, held, Said.BY_FEED)
        gone = self.buried.get(source_id)
        if gone is None:
            return True
        if not gone.deleted:
            return self.is_snapshot or version >= gone.version_key
        return version > gone.version_key

    def as_of(self, feed: FeedRows) -> str:
        """The time of which a snapshot speaks, as the key that all things of that time come before.

        It is when the snapshot was extracted, if that is stated. Otherwise the newest version among
        its rows where these are times, for it was extracted then or later, but not after it was
        delivered; and else, when it was delivered.
        """
        delivered = key_after(self.at)
        if self.is_stated or self.source.version is None:
            return delivered
        times = filter(is_time, map(version_key, set(read_versions(feed.table, self.source))))
        newest = max(times, default="")
        return min(key_after(newest), delivered) if newest else delivered

    def lacked(self, feed: FeedRows) -> Lacked:
        """The known records that a snapshot lacks."""
        if not self.known:
            return Lacked()
        missing = self.known.keys() - set(feed.table.column(self.source.key).to_pylist())
        if not missing:
            return Lacked()
        as_of = self.as_of(feed)
        later = {key for key in missing if is_time(self.known[key]) and self.known[key] > as_of}
        if self.is_stated and len(untimed := {k for k in missing if not is_time(self.known[k])}):
            # a version that is no time has that of the message that brought it
            later |= untimed & self.heard_since(self.at)
        return Lacked(frozenset(missing - later), frozenset(later))


class Lacked(NamedTuple):
    """The records that a snapshot lacks: those that are gone, and those it cannot know of yet."""

    gone: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Met:
    """What stands after a feed came: its rows, what is kept beside them, and what is gone.

    `deleted` are keys of records, each with the key of the version in which it is gone. `later`
    counts the records that are kept though a snapshot lacks them.
    """

    table: pa.Table
    kept: tuple[Kept, ...] = ()
    deleted: Mapping[str, str] = field(default_factory=dict)
    later: int = 0


def meet(delivery: Delivery, feed: FeedRows, path: str, rejects: Rejects) -> Met:
    """Meet what is known with a feed; rows of erased records go to `rejects`.

    Raises TruncatedSnapshot.
    """
    lacked = _checked(delivery, feed, path) if delivery.is_snapshot else Lacked()
    late = _late(delivery, feed)
    table = _without(feed.table, delivery, late) if late else feed.table
    table = _without_erased(table, delivery, path, rejects)
    deleted = dict(_deleted(delivery, feed))
    if delivery.is_snapshot:
        stay = late | lacked.later
        records = delivery.records() if stay else ()
        kept = tuple(each for each in records if each.record.source_id in stay)
        return Met(table, kept, later=len(lacked.later))
    came = frozenset(table.column(delivery.source.key).to_pylist())
    kept = tuple(
        each
        for each in delivery.records()
        if each.record.source_id not in came and each.record.source_id not in deleted
    )
    return Met(table, kept, deleted)


def _checked(delivery: Delivery, feed: FeedRows, path: str) -> Lacked:
    """What a snapshot lacks; refuses one that would take too large a share of what was known.

    Where it is not stated when it was extracted, its rows told, and may themselves be too few: then
    whatever it lacks counts.
    """
    lacked = delivery.lacked(feed)
    spared = len(lacked.later) if delivery.is_stated else 0
    known = len(delivery.known) - spared
    missing = len(lacked.gone) + len(lacked.later) - spared
    if missing <= delivery.source.max_missing_share * known:
        return lacked
    said = f"It lacks {missing:,} of {known:,} records. If they are really gone, raise"
    said += " max_missing_share in the description of the source."
    if lacked.later:
        said += f" {len(lacked.later):,} may have come since: state when it was extracted."
    raise TruncatedSnapshot(said, file=Path(path), source=delivery.source.name)


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
        if replaces(version, held, Said.DELETED) and not delivery.is_erased(key):
            yield key, version
