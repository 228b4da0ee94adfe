"""What an index holds and what its state gives, as tables of one form that can be compared.

Numbers of records are arrival order in one and the order of keys in the other, and persons have
numbers of their own; so both are told by the place of a record in the order of all keys, and a
person by its first record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.linking.engines.duckdb import hide_progress
from mpi.store.snapshot import Snapshot

Labels = NDArray[np.int64]
EXAMPLES = 3
PARTITION = "partition"

_ENDS = ("record_l", "record_r")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that an index holds otherwise than its state gives: how often, and where first."""

    what: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """The derived tables of an index; in all of them a record is its place in the order of keys.

    `label` is, per record, the first record of its person.
    """

    keys: tuple[str, ...]
    label: Labels
    tables: Mapping[str, pa.Table]

    @classmethod
    def of_generation(cls, kept: Mapping[str, pa.Table]) -> Held:
        """From the tables of a generation, as they are kept."""
        record = kept["record"].sort_by([("source", "ascending"), ("source_id", "ascending")])
        numbers = record["record_no"].to_numpy()
        place = np.full(int(numbers.max(initial=-1)) + 1, -1, dtype=np.int64)
        place[numbers] = np.arange(len(numbers))
        label = _first_of_each(record["person_no"].to_numpy())
        first_of = dict(zip(record["person_no"].to_pylist(), label.tolist(), strict=True))
        return cls(_keys(record), label, dict(_placed(kept, place, first_of)))

    @classmethod
    def of_snapshot(cls, made: Snapshot) -> Held:
        """From what a link of everything gives."""
        records = pa.concat_tables(list(made.records))
        label = _first_of_each(records["person_no"].to_numpy())
        first_of = dict(zip(records["person_no"].to_pylist(), label.tolist(), strict=True))
        kept = {
            "record": records,
            "compared": records.select(["record_no", "row", "keys"]),
            "identifier": _once(made.identifiers),
            "blocking_key": _distinct(made.keys),
            "link": made.links,
            "person": made.persons,
            "confidence": made.confidence,
            "possible": made.possible,
        }
        place = np.arange(len(records), dtype=np.int64)
        return cls(_keys(records), label, dict(_placed(kept, place, first_of)))


def differences(held: Held, given: Held) -> Iterator[Difference]:
    """What of an index is otherwise than what its state gives."""
    if held.keys != given.keys:
        lost = sorted(set(held.keys) ^ set(given.keys))
        yield Difference("records", len(lost), tuple(lost[:EXAMPLES]))
        return
    wrong = np.flatnonzero(held.label != given.label)
    if wrong.size:
        names = tuple(held.keys[at] for at in wrong[:EXAMPLES].tolist())
        yield Difference(PARTITION, int(wrong.size), names)
    for name, table in given.tables.items():
        yield from _different(name, held.tables[name], table, held.keys)


def _different(
    name: str, held: pa.Table, given: pa.Table, keys: tuple[str, ...]
) -> Iterator[Difference]:
    with duckdb.connect(":memory:") as con:
        hide_progress(con)
        con.register("held", held)
        con.register("given", given)
        columns = ", ".join(f'"{column}"' for column in given.column_names)
        con.execute(
            f"CREATE TABLE other AS (SELECT {columns} FROM held EXCEPT ALL"
            f" SELECT {columns} FROM given) UNION ALL (SELECT {columns} FROM given"
            f" EXCEPT ALL SELECT {columns} FROM held)"
        )
        (count,) = con.sql("SELECT count(*) FROM other").fetchall()[0]
        if count:
            first = f'SELECT DISTINCT "{given.column_names[0]}" AS place FROM other'
            rows = con.sql(f"{first} ORDER BY place LIMIT {EXAMPLES}").fetchall()
            places = [row[0] for row in rows]
            yield Difference(name, int(count), tuple(keys[at] for at in places))


def _keys(record: pa.Table) -> tuple[str, ...]:
    joined = pc.binary_join_element_wise(record["source"], record["source_id"], "|")
    return tuple(joined.to_pylist())


def _first_of_each(person: NDArray[np.integer]) -> Labels:
    """Per record in the order of keys, the first record of its person."""
    _, first, inverse = np.unique(person, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], dtype=np.int64)


def _placed(
    kept: Mapping[str, pa.Table], place: Labels, first_of: Mapping[int, int]
) -> Iterator[tuple[str, pa.Table]]:
    """The tables by the places of their records; the first column is one."""
    record = kept["record"]
    yield "version", _table(record, place, ["record_no"], ["version"])
    yield "attributes", _table(kept["compared"], place, ["record_no"], ["row", "keys"])
    yield (
        "identifiers",
        _table(kept["identifier"], place, ["record_no"], ["system", "value", "verified"]),
    )
    yield "blocking keys", _table(kept["blocking_key"], place, ["record_no"], ["key"])
    yield "links", _table(kept["link"], place, _ENDS, ["weight", "blocked"])
    yield (
        "confidence",
        _table(kept["confidence"], place, _ENDS, ["direct", "bottleneck", "confidence"]),
    )
    yield "possible links", _table(kept["possible"], place, _ENDS, ["weight", "why"])
    yield "persons", _persons(kept["person"], place, first_of)


def _table(
    table: pa.Table, place: Labels, ends: tuple[str, ...] | list[str], rest: list[str]
) -> pa.Table:
    """A table with the places of its records, the smaller first."""
    places = np.sort(np.stack([place[table[end].to_numpy()] for end in ends]), axis=0)
    columns = {f"at_{n}": pa.array(each) for n, each in enumerate(places)}
    return pa.table(columns | {name: _plain(table[name]) for name in rest})


def _persons(person: pa.Table, place: Labels, first_of: Mapping[int, int]) -> pa.Table:
    """Persons by their first record; all but their ids, which history gives."""
    first = [first_of.get(number, -1) for number in person["person_no"].to_pylist()]
    findings = person["findings"]
    if pa.types.is_list(findings.type):
        findings = pa.array([_json(codes) for codes in findings.to_pylist()], pa.string())
    return pa.table(
        {
            "at": pa.array(first, pa.int64()),
            "golden": place[person["golden_record_no"].to_numpy()],
            "findings": findings,
            "records": _plain(person["record_count"]),
            "all_pairs": _plain(person["all_pairs"]),
        }
    )


def _json(codes: list[str] | None) -> str:
    return orjson.dumps(codes or []).decode()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers as 64 bits and truth as numbers, however they are kept."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64())
    if pa.types.is_large_binary(column.type):
        return column.cast(pa.binary())
    return column


def _once(identifiers: pa.Table) -> pa.Table:
    """Each identifier of a record once: verified if it is so anywhere."""
    keys = ["record_no", "system", "value"]
    columns = {name: identifiers[name] for name in keys}
    verified = identifiers["verified"].cast(pa.int8())
    grouped = pa.table(columns | {"verified": verified}).group_by(keys)
    found = grouped.aggregate([("verified", "max")])
    return found.rename_columns([*found.column_names[:-1], "verified"])


def _distinct(keys: pa.Table) -> pa.Table:
    return keys.select(["key", "record_no"]).group_by(["key", "record_no"]).aggregate([])
