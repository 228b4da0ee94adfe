"""Whole tables out of the index, as Arrow, in batches."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection

from mpi.store import snapshot
from mpi.store.database import Prepared
from mpi.store.tables import RETIRED, RETIRED_MEMBERS, Tables

MEMBERSHIP = pa.schema(
    [("source", pa.string()), ("source_id", pa.string()), ("person_id", pa.string())]
)
PREVIOUS_MEMBERSHIP = MEMBERSHIP.append(pa.field("first_sequence", pa.int64())).append(
    pa.field("version_key", pa.string())
)
RECORDS_BY_PERSON = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("person_no", pa.int64()),
        ("version_key", pa.string()),
    ]
)
PERSONS = pa.schema(
    [("person_no", pa.int64()), ("person_id", pa.string()), ("first_sequence", pa.int64())]
)
RETIRED_PERSONS = pa.schema(
    [
        ("person_id", pa.string()),
        ("first_sequence", pa.int64()),
        ("retired_sequence", pa.int64()),
        ("how", pa.string()),
        ("successors", pa.list_(pa.string())),
        ("members", pa.list_(pa.struct([("source", pa.string()), ("source_id", pa.string())]))),
    ]
)
RECORDS = MEMBERSHIP.append(pa.field("golden", pa.bool_())).append(
    pa.field("confidence", pa.int64())
)
CROSS_REFERENCES = pa.schema(
    [
        ("person_id", pa.string()),
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("system", pa.string()),
        ("value", pa.string()),
        ("verified", pa.bool_()),
        ("golden", pa.bool_()),
        ("all_pairs", pa.bool_()),
        ("direct", pa.int64()),
        ("bottleneck", pa.int64()),
        ("confidence", pa.int64()),
    ]
)
LINKS = pa.schema(
    [
        ("source_l", pa.string()),
        ("source_id_l", pa.string()),
        ("person_id_l", pa.string()),
        ("source_r", pa.string()),
        ("source_id_r", pa.string()),
        ("person_id_r", pa.string()),
        ("weight", pa.int64()),
        ("blocked", pa.bool_()),
    ]
)
NUMBERED = {
    "record": pa.schema(
        [
            ("record_no", pa.int64()),
            ("source", pa.string()),
            ("source_id", pa.string()),
            ("person_no", pa.int64()),
        ]
    ),
    "payload": pa.schema([("record_no", pa.int64()), ("payload", pa.binary())]),
    "verified_identifier": pa.schema(
        [("record_no", pa.int64()), ("system", pa.string()), ("value", pa.string())]
    ),
    "blocking_key": snapshot.KEYS,
    "link": snapshot.LINKS,
    "confidence": snapshot.CONFIDENCE,
}
"""Tables as they are kept; all are in the order of their first column."""
ROWS = 10_000
"""Rows fetched at once; with more, the garbage collector goes over them again and again."""


def previous_membership(connection: Connection, of: Tables) -> pa.Table:
    """The person of every record in the live generation; joined here, as persons are few."""
    kept = _table(connection, of.records_by_person, RECORDS_BY_PERSON)
    persons = _table(connection, of.persons, PERSONS)
    at = np.searchsorted(persons["person_no"].to_numpy(), kept["person_no"].to_numpy())
    theirs = persons.take(pa.array(at))
    columns = [*kept.columns[:2], *theirs.columns[1:], kept["version_key"]]
    return pa.table(columns, schema=PREVIOUS_MEMBERSHIP)


def membership_as_of(connection: Connection, of: Tables, sequence: int) -> pa.Table:
    """The person of every record after an event."""
    return _table(connection, of.as_of, MEMBERSHIP, sequence=sequence)


def retired_persons(connection: Connection) -> pa.Table:
    """Every person id not in use, with its last members."""
    members: dict[str, list[dict[str, str]]] = defaultdict(list)
    for person_id, source, source_id in connection.execute(RETIRED_MEMBERS):
        members[person_id].append({"source": source, "source_id": source_id})
    found = [
        (*row[:4], json.loads(row.successors), members[row.person_id])
        for row in connection.execute(RETIRED)
    ]
    return pa.Table.from_batches([batch(found, RETIRED_PERSONS)])


def records(connection: Connection, of: Tables, rows: int) -> Iterator[pa.RecordBatch]:
    """Every record with its person."""
    return _stream(connection, of.records, RECORDS, rows)


def cross_references(connection: Connection, of: Tables, rows: int) -> Iterator[pa.RecordBatch]:
    """Every identifier of every record."""
    return _stream(connection, of.cross_references, CROSS_REFERENCES, rows)


def links(connection: Connection, of: Tables, rows: int) -> Iterator[pa.RecordBatch]:
    """Every link."""
    return _stream(connection, of.links, LINKS, rows)


def numbered(connection: Connection, of: Tables, name: str, rows: int) -> Iterator[pa.RecordBatch]:
    """A table of `NUMBERED` as it is kept."""
    return _stream(connection, of.numbered[name], NUMBERED[name], rows)


def _stream(
    connection: Connection, statement: Prepared, schema: pa.Schema, rows: int
) -> Iterator[pa.RecordBatch]:
    for some in statement.batches(connection, rows):
        yield batch(some, schema)


def _table(
    connection: Connection, statement: Prepared, schema: pa.Schema, **asked: int
) -> pa.Table:
    batches = statement.batches(connection, ROWS, **asked)
    return pa.Table.from_batches((batch(some, schema) for some in batches), schema)


def batch(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """Rows of a database as Arrow."""
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
    arrays = [_array(column, field) for column, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    """A column; truth is kept as 0 and 1, which Arrow does not take for booleans by itself."""
    if pa.types.is_boolean(field.type):
        return pa.array(values, pa.int8()).cast(pa.bool_())
    return pa.array(values, field.type)
