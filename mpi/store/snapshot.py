"""What a link of whole feeds hands to the store: the tables of one generation, in Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from mpi.store.rows import Release

RECORDS = pa.schema(
    [
        ("record_no", pa.int64()),
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("version", pa.string()),
        ("person_no", pa.int64()),
        ("version_key", pa.string()),
        ("payload", pa.binary()),
        ("row", pa.binary()),
        ("keys", pa.binary()),
    ]
)
IDENTIFIERS = pa.schema(
    [
        ("record_no", pa.int64()),
        ("system", pa.string()),
        ("value", pa.string()),
        ("verified", pa.bool_()),
    ]
)
KEYS = pa.schema([("key", pa.int64()), ("record_no", pa.int64())])
LINKS = pa.schema(
    [
        ("record_l", pa.int64()),
        ("record_r", pa.int64()),
        ("weight", pa.int64()),
        ("blocked", pa.bool_()),
    ]
)
PERSONS = pa.schema(
    [
        ("person_no", pa.int64()),
        ("person_id", pa.string()),
        ("golden_record_no", pa.int64()),
        ("findings", pa.list_(pa.string())),
        ("record_count", pa.int64()),
        ("all_pairs", pa.bool_()),
    ]
)
CONFIDENCE = pa.schema(
    [
        ("person_no", pa.int64()),
        ("record_l", pa.int64()),
        ("record_r", pa.int64()),
        ("direct", pa.int64()),
        ("bottleneck", pa.int64()),
        ("confidence", pa.int64()),
    ]
)
POSSIBLE = pa.schema(
    [
        ("record_l", pa.int64()),
        ("record_r", pa.int64()),
        ("weight", pa.int64()),
        ("why", pa.string()),
    ]
)
DELETED = pa.schema([("source", pa.string()), ("source_id", pa.string()), ("version", pa.string())])


@dataclass(frozen=True, slots=True)
class Ordered:
    """Rows too many to hold: in the order of their table's primary key, equal keys once.

    `parts` begins to yield them anew each time.
    """

    parts: Callable[[], Iterator[pa.Table]]

    def __iter__(self) -> Iterator[pa.Table]:
        return self.parts()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole linked index, to be kept beside the live one and swapped in.

    Each table has (at least) the columns of the schema of its name above; narrower integers will
    do. `records` come in chunks, so that payloads never lie in memory all at once, in ascending
    order of `record_no`; the other tables in any order, or else `Ordered`. `record_no` and
    `person_no` are the caller's numbering, meaningful within this snapshot only. In pairs
    `record_l < record_r`.

    `row` and `keys` of a record are its part of the table `compared`. `deleted` are the records
    that their sources say are gone, each with the key of the version in which it is.
    """

    records: Iterable[pa.Table | pa.RecordBatch]
    identifiers: pa.Table | Ordered
    keys: pa.Table | Ordered
    links: pa.Table | Ordered
    persons: pa.Table | Ordered
    confidence: pa.Table | Ordered
    release: Release
    provisional: bool = True
    possible: pa.Table | Ordered = field(default_factory=POSSIBLE.empty_table)
    deleted: pa.Table = field(default_factory=DELETED.empty_table)
