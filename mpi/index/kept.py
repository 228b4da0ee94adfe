"""What an index keeps of its last link, as arrays: all that can be judged against a truth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.attributes import standardise
from mpi.linking.evidence import Pairs, VerifiedValues
from mpi.linking.values import verified_values
from mpi.records import Name, Record
from mpi.store.exports import NUMBERED
from mpi.store.rows import State
from mpi.store.view import View

Ints = NDArray[np.int64]
_BETWEEN = "\x1f"
"""Joins given and family name into one text."""


@dataclass(frozen=True)
class Kept:
    """A whole index in memory, without what its records say.

    Tables as `exports.NUMBERED` has them; `names` are the usual names of the records as written,
    folded to one case, null for none. `numbered` tells positions, 0 to n-1, from record numbers.
    """

    state: State
    records: pa.Table
    names: pa.Array
    verified: pa.Table
    keys: pa.Table
    links: pa.Table
    confidences: pa.Table

    @classmethod
    def of(cls, view: View) -> Kept:
        """Read it from an index, within one view."""
        tables = ("record", "verified_identifier", "blocking_key", "link", "confidence")
        records, verified, keys, links, confidences = (_table(view, name) for name in tables)
        names = _usual_names(view.numbered("payload"))
        return cls(view.state, records, names, verified, keys, links, confidences)

    @cached_property
    def _numbers(self) -> Ints:
        return np.asarray(self.records.column("record_no").to_numpy())

    def position(self, table: pa.Table, column: str) -> Ints:
        """The positions of the records that a column of a table names by number."""
        numbers = table.column(column).to_numpy()
        return np.asarray(np.searchsorted(self._numbers, numbers), dtype=np.int64)

    @property
    def pairs(self) -> Pairs:
        """The links, as clustering reads them."""
        return Pairs(
            self.position(self.links, "record_l"),
            self.position(self.links, "record_r"),
            self.links.column("weight").to_numpy(),
            self.links.column("blocked").to_numpy(),
        )

    @property
    def blocking_keys(self) -> pa.Table:
        """The keys with the positions of their records in place of the numbers."""
        records = self.position(self.keys, "record_no").astype(np.int32)
        return pa.table({"key": self.keys.column("key"), "record_no": records})

    @property
    def verified_values(self) -> VerifiedValues:
        """The verified identifiers, as clustering reads them."""
        texts = pc.binary_join_element_wise(*self.verified.columns[1:], "|").combine_chunks()
        held = np.bincount(self.position(self.verified, "record_no"), minlength=len(self.records))
        offsets = pa.array(np.concatenate(([0], np.cumsum(held))), pa.int32())
        listed = pa.ListArray.from_arrays(offsets, texts)
        return verified_values(pa.table({"verified_identifiers": listed}))


def full_names(names: pa.Array) -> pa.Array:
    """Names of `Kept.names` as the clean full names that records are matched by, or null."""
    encoded = names.dictionary_encode()
    clean = [_full_name(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(clean, pa.string()).take(encoded.indices)


def _full_name(text: str) -> str | None:
    given, _, family = text.partition(_BETWEEN)
    listed: Any = standardise(Record("", "", names=(Name(given, family),)))["full_names"]
    return listed[0] if listed else None


def _table(view: View, name: str) -> pa.Table:
    table = pa.Table.from_batches(view.numbered(name), NUMBERED[name])
    return table.combine_chunks()


def _usual_names(payloads: Iterable[pa.RecordBatch]) -> pa.Array:
    written = [_names_in(batch) for batch in payloads]
    return pa.concat_arrays([pa.array([], pa.string()), *written])


def _names_in(batch: pa.RecordBatch) -> pa.Array:
    return pa.array(map(_usual_name, batch.column("payload").to_pylist()), pa.string())


def _usual_name(payload: bytes) -> str | None:
    names = orjson.loads(payload).get("names")
    if not names:
        return None
    return f"{names[0]['given']}{_BETWEEN}{names[0]['family']}".casefold()
