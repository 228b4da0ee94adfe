"""A record as resolution needs it, in a few hundred bytes: what is compared, and nothing else.

Standardising a record takes a hundred times as long as reading this back. What is written depends
on the record and the release alone; another release writes anew.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from mpi.attributes import SCHEMA
from mpi.identifiers import SYSTEMS, Uniqueness, attribute_name
from mpi.linking.engines.duckdb import hide_progress
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import annotate, annotate_table
from mpi.model.parameters import Release
from mpi.model.scoring import Comparable, comparable

VERIFIED = "verified_identifiers"
RESTRICTED = "restricted"
"""The column that says whether a record is; no attribute, for nothing is compared by it."""

_KEY_BYTES = 8
_RESTRICTED = 1
_SOFT = {
    attribute_name(name): f"{name}|"
    for name, system in SYSTEMS.items()
    if system.policy is Uniqueness.SOFT_UNIQUE
}


@dataclass(frozen=True, slots=True)
class Held:
    """One record as resolution sees it.

    `row` has the annotated attributes that the scorer reads, lists as frozensets, and always
    `verified_identifiers`. `filled` is how many attributes the record has a value for. `soft` are
    its values of systems whose policy is `soft-unique`, as `system|value`. `restricted` says that
    its source keeps back where the individual is.
    """

    row: Comparable
    filled: int
    soft: tuple[str, ...]
    restricted: bool = False

    @property
    def verified(self) -> frozenset[str]:
        """Its verified identifiers, as `system|value`."""
        return self.row[VERIFIED] or frozenset()


class Layout:
    """The order in which a release's attributes are written: one array, then `filled`.

    A record that is restricted has one element more, so that the others are as they always were.
    """

    def __init__(self, release: Release) -> None:
        """Args: release, whose comparisons say which attributes are needed."""
        used = (c.attributes() for c in COMPARISONS if c.name in release.levels)
        needed = {VERIFIED, *_SOFT, *(name for names in used for name in names)}
        self.names: tuple[str, ...] = tuple(sorted(needed))
        self._frequencies = release.frequencies

    def held(self, row: Mapping[str, Any]) -> Held:
        """A standardised row as resolution sees it."""
        annotated = annotate(dict(row), self._frequencies)
        return _held(comparable({name: annotated[name] for name in self.names}), _filled(row))

    def encode(self, row: Mapping[str, Any], *, restricted: bool = False) -> bytes:
        """A standardised row to be stored."""
        annotated = annotate(dict(row), self._frequencies)
        marked = [_RESTRICTED] if restricted else []
        return orjson.dumps([*(annotated[name] for name in self.names), _filled(row), *marked])

    def decode(self, content: bytes) -> Held:
        """The inverse of `encode`."""
        values = orjson.loads(content)
        restricted = len(values) > len(self.names) + 1
        if restricted:
            values.pop()
        filled = values.pop()
        row = {
            name: frozenset(value) if type(value) is list else value
            for name, value in zip(self.names, values, strict=True)
        }
        return _held(row, filled, restricted=restricted)

    def encode_table(self, rows: pa.Table) -> pa.ChunkedArray:
        """`encode` of every row of a table of attributes, in order: one binary value for each.

        DuckDB writes the same bytes as orjson does, and does not need a Python object per value.
        """
        annotated = annotate_table(rows.select([a.name for a in SCHEMA]), self._frequencies)
        annotated = annotated.append_column(RESTRICTED, restricted_in(rows))
        filled = " + ".join(f'CAST("{a.name}" IS NOT NULL AS INTEGER)' for a in SCHEMA)
        listed = ", ".join(f'"{name}"' for name in self.names)
        with duckdb.connect(":memory:") as con:
            hide_progress(con)
            con.register("annotated", annotated)
            texts = con.sql(
                f"SELECT CASE WHEN {RESTRICTED} THEN json_array({listed}, {filled}, {_RESTRICTED})"
                f" ELSE json_array({listed}, {filled}) END AS row FROM annotated"
            )
            return pc.cast(texts.to_arrow_table().column("row"), pa.binary())


def pack_keys(keys: Sequence[int]) -> bytes:
    """Blocking keys to be stored with their record: little-endian, eight bytes each.

    >>> unpack_keys(pack_keys([-1, 7]))
    (-1, 7)
    """
    return struct.pack(f"<{len(keys)}q", *keys)


def unpack_keys(content: bytes) -> tuple[int, ...]:
    """The inverse of `pack_keys`."""
    return struct.unpack(f"<{len(content) // _KEY_BYTES}q", content)


def pack_table(rows: pa.Table, release: Release) -> pa.Array:
    """`pack_keys` of the keys that a release uses, for every row of standardised rows."""
    column = rows.column("blocking_keys").combine_chunks()
    keys = column.flatten().to_numpy()
    live = release.live_keys(keys)
    record = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)[live]
    sizes = np.bincount(record, minlength=len(rows)) * _KEY_BYTES
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    content = keys[live].astype("<i8").tobytes()
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(content)]
    packed = pa.Array.from_buffers(pa.large_binary(), len(rows), buffers)
    return packed.cast(pa.binary())


def unpack_table(packed: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The inverse of `pack_table`: of every key the place of its record, and the key."""
    sizes = pc.binary_length(packed).to_numpy(zero_copy_only=False) // _KEY_BYTES
    content = b"".join(packed.to_pylist())
    places = np.repeat(np.arange(len(packed)), sizes)
    return pa.array(places), pa.array(np.frombuffer(content, dtype="<i8"))


def restricted_in(rows: pa.Table) -> pa.ChunkedArray | pa.Array:
    """Whether each of some standardised rows is restricted; rows that do not say are not."""
    if RESTRICTED in rows.column_names:
        return rows.column(RESTRICTED)
    return pa.repeat(pa.scalar(False), len(rows))


def _held(row: Comparable, filled: int, *, restricted: bool = False) -> Held:
    return Held(row, filled, tuple(_soft_values(row)), restricted)


def _soft_values(row: Comparable) -> Iterable[str]:
    for name, prefix in _SOFT.items():
        values = row[name]
        if values:
            yield from [prefix + value for value in sorted(values)]


def _filled(row: Mapping[str, Any]) -> int:
    return sum(row[a.name] is not None for a in SCHEMA)
