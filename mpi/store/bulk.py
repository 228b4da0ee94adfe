"""Make a generation from a snapshot, sorted, in transactions of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Connection, Table

from mpi.store.database import Database, Rows
from mpi.store.schema import Generation
from mpi.store.snapshot import (
    CONFIDENCE,
    IDENTIFIERS,
    KEYS,
    LINKS,
    PERSONS,
    POSSIBLE,
    RECORDS,
    Ordered,
    Snapshot,
)

OnTable = Callable[[str, int], None]

ROWS = 50_000
"""Rows of one transaction: others who write wait for it, some 50 milliseconds."""
SORTED_ROWS = 8_000_000
"""Rows sorted at a time."""
SAMPLED = 1_000
"""Of so many rows one is looked at to cut them into parts."""
WIDE_ROWS = 20_000
"""Rows of one transaction where they carry payloads of a kilobyte or two."""


def load(into: Loading, new: Generation, snapshot: Snapshot, on_table: OnTable) -> dict[str, int]:
    """Make a generation; returns the rows of each of its tables, and reports them as it goes.

    Raises ValueError when the persons do not account for the records.
    """
    counts: dict[str, int] = {}

    def fill(name: str, tables: Sequence[Table], chunks: Iterable[Sequence[Rows]]) -> None:
        counts[name] = into.fill(tables, chunks)
        on_table(name, counts[name])

    fill("record", (new.record, new.payload, new.compared), _records(snapshot))
    if sum(map(_record_count, _as_parts(snapshot.persons))) != counts["record"]:
        raise ValueError("the persons of the snapshot do not account for its records")
    fill("identifier", (new.identifier,), _identifiers(new.identifier, snapshot.identifiers))
    for table, schema, rows in (
        (new.blocking_key, KEYS, snapshot.keys),
        (new.link, LINKS, snapshot.links),
        (new.confidence, CONFIDENCE, snapshot.confidence),
    ):
        fill(table.name.rpartition("_")[0], (table,), _numbers(table, rows, schema))
    fill("person", (new.person,), _persons(new.person, snapshot.persons))
    fill("possible", (new.possible,), _possible(new.possible, snapshot.possible))
    return counts


@dataclass(frozen=True, slots=True)
class Loading:
    """A database while a generation is loaded into it."""

    database: Database
    connection: Connection

    def fill(self, tables: Sequence[Table], chunks: Iterable[Sequence[Rows]]) -> int:
        """Make tables from chunks of rows of each; returns the rows of one."""
        rows = 0

        def counted() -> Iterator[Sequence[Rows]]:
            nonlocal rows
            for chunk in chunks:
                rows += len(chunk[0][0])
                yield chunk

        self.database.fill(self.connection, tables, counted())
        return rows


def _records(snapshot: Snapshot) -> Iterator[Sequence[Rows]]:
    """The narrow and the wide parts of each record, chunk by chunk."""
    for chunk in _chunks(snapshot):
        column = {name: _plain(chunk[name]) for name in RECORDS.names}
        number, unchanged = column["record_no"], [0] * len(chunk)
        narrow = [column[name] for name in RECORDS.names[:6]]
        wide = [number, column["payload"]]
        yield [*narrow, unchanged], wide, [number, column["row"], column["keys"]]


def _chunks(snapshot: Snapshot) -> Iterator[pa.Table]:
    for given in snapshot.records:
        table = _as(pa.table(given) if isinstance(given, pa.RecordBatch) else given, RECORDS)
        for at in range(0, table.num_rows, WIDE_ROWS):
            yield table.slice(at, WIDE_ROWS)


def _record_count(persons: pa.Table) -> int:
    return pc.sum(persons["record_count"]).as_py() or 0


def _as_parts(rows: pa.Table | Ordered) -> Iterator[pa.Table]:
    return iter(rows) if isinstance(rows, Ordered) else iter((rows,))


def _in_order(
    rows: pa.Table | Ordered, schema: pa.Schema, order: Sequence[tuple[str, str]]
) -> Iterator[pa.Table]:
    """The parts of a table, one after the other in an order."""
    if isinstance(rows, Ordered):
        return (_as(part, schema) for part in rows)
    return iter((_as(rows, schema).sort_by(order),))


def _identifiers(table: Table, rows: pa.Table | Ordered) -> Iterator[Sequence[Rows]]:
    """Identifiers by system and value; of one held twice by a record, the verified one stays.

    No source system says from when until when an identifier was valid.
    """
    for given in _by_value(rows):
        held = _first_of_equals(given.combine_chunks(), ["system", "value", "record_no"])
        unknown = pa.nulls(len(held), pa.string())
        held = held.append_column("valid_from", unknown).append_column("valid_to", unknown)
        yield from _sliced(table, held)


def _by_value(rows: pa.Table | Ordered) -> Iterator[pa.Table]:
    """Identifiers in order, one system after the other."""
    if isinstance(rows, Ordered):
        yield from (_as(part, IDENTIFIERS) for part in rows)
        return
    for system in sorted(pc.unique(rows["system"]).to_pylist()):
        given = _as(rows.filter(pc.equal(rows["system"], system)), IDENTIFIERS)
        order = [("value", "ascending"), ("record_no", "ascending")]
        yield given.sort_by([*order, ("verified", "descending")])


def _first_of_equals(rows: pa.Table, names: list[str]) -> pa.Table:
    """Sorted rows without those that equal the row before in the columns named."""
    repeats = np.ones(max(rows.num_rows - 1, 0), dtype=bool)
    for name in names:
        column = rows[name]
        repeats &= pc.equal(column.slice(1), column.slice(0, len(repeats))).to_numpy()
    return rows.filter(pa.array(~np.concatenate(([False], repeats))[: rows.num_rows]))


def _persons(table: Table, rows: pa.Table | Ordered) -> Iterator[Sequence[Rows]]:
    for given in _in_order(rows, PERSONS, [("person_no", "ascending")]):
        findings = [orjson.dumps(codes or []).decode() for codes in given["findings"].to_pylist()]
        at = given.schema.get_field_index("findings")
        told = given.set_column(at, "findings", pa.array(findings, pa.string()))
        yield from _sliced(table, told)


def _possible(table: Table, rows: pa.Table | Ordered) -> Iterator[Sequence[Rows]]:
    order = [("record_l", "ascending"), ("record_r", "ascending")]
    for given in _in_order(rows, POSSIBLE, order):
        yield from _sliced(table, given)


def _sliced(table: Table, rows: pa.Table) -> Iterator[Sequence[Rows]]:
    for at in range(0, rows.num_rows, ROWS):
        yield (_columns(table, rows.slice(at, ROWS)),)


def _numbers(table: Table, rows: pa.Table | Ordered, schema: pa.Schema) -> Iterator[Sequence[Rows]]:
    """Rows of integers, in the order of the primary key, equal keys once.

    Sorted in parts, and the order of a part is a permutation, applied chunk by chunk: a hundred
    million rows are not copied.
    """
    if isinstance(rows, Ordered):
        for part in rows:
            yield from _sliced(table, _as(part, schema))
        return
    keys = [column.name for column in table.primary_key.columns]
    for part in _parts(rows, keys[0]):
        given = _as(part, schema).combine_chunks()
        order = _order([given[name].to_numpy() for name in keys])
        for at in range(0, len(order), ROWS):
            yield (_columns(table, given.take(pa.array(order[at : at + ROWS]))),)


def _parts(rows: pa.Table, key: str) -> Iterator[pa.Table]:
    """Rows in parts that follow each other by a key of theirs: of about `SORTED_ROWS` each."""
    parts = -(-len(rows) // SORTED_ROWS)
    if parts < 2:
        yield rows
        return
    column = rows[key]
    sample = column.take(pa.array(np.arange(0, len(rows), SAMPLED))).to_numpy()
    shares = np.arange(1, parts) / parts
    cuts = np.unique(np.quantile(sample, shares, method="nearest")).tolist()
    for above, upto in pairwise([None, *cuts, None]):
        wanted = pa.scalar(True)
        if above is not None:
            wanted = pc.greater(column, above)
        if upto is not None:
            wanted = pc.and_(wanted, pc.less_equal(column, upto))
        yield rows.filter(wanted)


def _order(keys: list[NDArray[Any]]) -> NDArray[np.int64]:
    """The permutation that sorts rows by several keys and leaves out repeats."""
    if _ascending(keys):
        return np.arange(len(keys[0]))
    order = np.lexsort(keys[::-1])
    repeats = np.ones(max(len(order) - 1, 0), dtype=bool)
    for key in keys:
        ordered = key[order]
        repeats &= ordered[1:] == ordered[:-1]
    return order[~np.concatenate(([False], repeats))[: len(order)]]


def _ascending(keys: list[NDArray[Any]]) -> bool:
    """Whether rows are in strict order already; a thirtieth of the cost of sorting them."""
    tied = np.ones(max(len(keys[0]) - 1, 0), dtype=bool)
    ordered = ~tied
    for key in keys:
        ordered |= tied & (key[1:] > key[:-1])
        tied &= key[1:] == key[:-1]
    return bool(ordered.all())


def _as(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    return rows.select(schema.names).cast(schema)


def _columns(table: Table, rows: pa.Table) -> Rows:
    return [_plain(rows[column.name]) for column in table.columns]


def _plain(column: pa.ChunkedArray) -> list[Any]:
    """A column as Python values; numbers by way of numpy, five times faster."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_integer(column.type) and not column.null_count:
        values: list[Any] = column.to_numpy().tolist()
        return values
    return list(column.to_pylist())
