"""The identifier values that hold a merge back or lead to a finding, from rows or from records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpi.identifiers import SYSTEMS, Uniqueness, attribute_name
from mpi.linking.compared import VERIFIED, Held, restricted_in
from mpi.linking.evidence import Flags, Integers, Values, VerifiedValues


def _of_policy(*policies: Uniqueness) -> dict[str, int]:
    """The systems of some policies, numbered from 0."""
    names = (name for name, system in SYSTEMS.items() if system.policy in policies)
    return {name: number for number, name in enumerate(names)}


_HOLDING_BACK = _of_policy(Uniqueness.HARD_UNIQUE, Uniqueness.CONFLICT)
_SOFT = _of_policy(Uniqueness.SOFT_UNIQUE)
_HARD = np.array([SYSTEMS[n].policy is Uniqueness.HARD_UNIQUE for n in _HOLDING_BACK], dtype=bool)


def verified_values(rows: pa.Table) -> VerifiedValues:
    """The verified values of the systems whose policy can hold a merge back."""
    column = rows.column(VERIFIED).combine_chunks()
    records, texts = pc.list_parent_indices(column), column.flatten()
    found = [_of_system(records, texts, name, number) for name, number in _HOLDING_BACK.items()]
    record, system, value = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.argsort(record, kind="stable")
    return VerifiedValues(record[order], system[order], value[order], _HARD)


def verified_of(held: Sequence[Held]) -> VerifiedValues:
    """`verified_values` of records, numbered as they stand."""
    return _verified(*_listed(each.verified for each in held))


def soft_values(rows: pa.Table) -> Values:
    """The values of the systems whose policy is `soft-unique`."""
    found = [_column_values(rows, name, number) for name, number in _SOFT.items()]
    record, system, value = (np.concatenate(columns) for columns in zip(*found, strict=True))
    return Values(record, system, value)


def soft_of(held: Sequence[Held]) -> Values:
    """`soft_values` of records, numbered as they stand."""
    record, texts = _listed(each.soft for each in held)
    return Values(record, *_codes(texts, _SOFT))


def restricted_rows(rows: pa.Table) -> Flags:
    """Which records are restricted."""
    column: Flags = restricted_in(rows).to_numpy(zero_copy_only=False).astype(np.bool_)
    return column


def restricted_of(held: Sequence[Held]) -> Flags:
    """`restricted_rows` of records, numbered as they stand."""
    return np.array([each.restricted for each in held], dtype=np.bool_)


def _verified(record: Integers, texts: Sequence[str]) -> VerifiedValues:
    system, value = _codes(texts, _HOLDING_BACK)
    keep = system >= 0
    return VerifiedValues(record[keep].astype(np.int64), system[keep], value[keep], _HARD)


def _codes(texts: Sequence[str], systems: dict[str, int]) -> tuple[Integers, Integers]:
    """The system of each `system|value`, -1 where it does not count, and a code of its value."""
    known: dict[str, int] = {}
    system = [systems.get(text[: text.index("|")], -1) for text in texts]
    value = [known.setdefault(text, len(known)) for text in texts]
    return np.array(system, dtype=np.int64), np.array(value, dtype=np.int64)


def _listed(texts: Iterable[Iterable[str]]) -> tuple[Integers, list[str]]:
    """The record number and the text of everything listed for records that follow each other."""
    pairs = [(number, text) for number, each in enumerate(texts) for text in each]
    return np.array([number for number, _ in pairs], dtype=np.int64), [text for _, text in pairs]


def _of_system(
    records: pa.Array, texts: pa.Array, system: str, number: int
) -> tuple[Integers, Integers, Integers]:
    """Record, system and code of every `system|value` of a system."""
    own = pc.starts_with(texts, f"{system}|")
    return _coded(records.filter(own), texts.filter(own), number)


def _column_values(rows: pa.Table, system: str, number: int) -> tuple[Integers, Integers, Integers]:
    """Record, system and code of every value in the list attribute of a system."""
    column = rows.column(attribute_name(system)).combine_chunks()
    return _coded(pc.list_parent_indices(column), column.flatten(), number)


def _coded(records: pa.Array, values: pa.Array, number: int) -> tuple[Integers, Integers, Integers]:
    record = records.to_numpy(zero_copy_only=False).astype(np.int64)
    code = values.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    return record, np.full(record.size, number, dtype=np.int64), code.astype(np.int64)
