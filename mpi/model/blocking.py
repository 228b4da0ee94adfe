"""Which records are compared at all: tuples of attributes that must agree.

A rule is a tuple of attribute names. A record has one key for every combination of values of those
attributes, so a rule on lists ("any birth date with any name code") needs no SQL, and two records
are candidates if and only if they share a key. Keys are 64-bit hashes: the batch engine joins on
them, the store looks them up, and both see the same candidates because `blocking_keys` is the only
place that makes them.

Keys that too many records share are useless and quadratic. They are suppressed by the release, not
by the data at hand, so that adding a record never changes which other records are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

Value: TypeAlias = str | int | Sequence[str] | None
Hashes: TypeAlias = NDArray[np.uint64]

RULES: tuple[tuple[str, ...], ...] = (
    ("identifiers",),
    ("birth_date_variants", "name_codes"),
    ("birth_date_variants", "name_initials"),
    ("birth_date_variants",),
    ("birth_years", "name_codes"),
    ("birth_month_days", "name_codes"),
    ("family_set", "name_initials"),
    ("name_token_sets", "birth_years"),
    ("name_token_sets",),
    ("postcodes", "name_codes"),
    ("outward_codes", "name_codes"),
    ("town", "name_codes"),
    ("birth_place", "name_codes"),
    ("birth_dates", "sectors"),
    ("phones",),
    ("emails",),
    ("full_names",),
    ("addresses",),
    ("postcodes",),
    ("birth_years", "name_initials"),
    ("birth_month_days", "name_initials"),
)

RULE_BITS = 0b11111
"""Where a key holds the number of its rule; there are at most 32 rules."""

LARGE_BLOCK = 1000
"""A key that more records share than this is always suppressed by the next release."""

MOST_KEYS = 200
"""Keys of one record beyond this many are left out, in sorted order of rule and value.

A record with hundreds of aliases is not worth hundreds of thousands of candidates; the bound makes
the number of keys of one record, and so the work it can cause, finite.
"""


_FIRST = 0x9E3779B97F4A7C15
_NEXT = 0xC2B2AE3D27D4EB4F
_WORD = (1 << 64) - 1


def rule_name(rule: tuple[str, ...]) -> str:
    """The rule as reports name it.

    >>> rule_name(("birth_dates", "sectors"))
    'birth_dates × sectors'
    """
    return " × ".join(rule)


@lru_cache(maxsize=1 << 18)
def _hash(value: str) -> int:
    return xxh3_64_intdigest(value.encode())


def _mixed(before: int, value: int) -> int:
    """One more value mixed into a key; `_mixed_all` is the same on arrays."""
    mixed = (before * _NEXT + value) & _WORD
    return mixed ^ mixed >> 29


def _mixed_all(before: Hashes, value: Hashes) -> Hashes:
    mixed = before * np.uint64(_NEXT) + value
    return mixed ^ mixed >> np.uint64(29)


def keys_of_rule(number: int, row: Mapping[str, Value]) -> Iterator[int]:
    """The keys a standardised row has under rule `number` of `RULES`, as signed 64-bit integers.

    The last five bits of a key are the number of its rule, so that cost and loss can be counted by
    rule from the keys alone.
    """
    for combination in product(*(_values(row[name]) for name in RULES[number])):
        key = _FIRST
        for value in combination:
            key = _mixed(key, _hash(value))
        key = key & ~RULE_BITS | number
        yield key - (1 << 64) if key >> 63 else key


def _values(value: Value) -> Sequence[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value  # type: ignore[return-value]


def blocking_keys(row: Mapping[str, Value], suppressed: Collection[int] = frozenset()) -> list[int]:
    """All keys of a standardised row, distinct and sorted, without those a release suppresses."""
    found: dict[int, None] = {}
    for number in range(len(RULES)):
        found.update(dict.fromkeys(keys_of_rule(number, row)))
    return sorted(key for key in list(found)[:MOST_KEYS] if key not in suppressed)


def blocking_keys_of_table(rows: pa.Table) -> pa.ListArray:
    """`blocking_keys` of every row of a table of attributes at once: a list of int64 for each."""
    parts = [_keys_of_rule_in(number, rows) for number in range(len(RULES))]
    record = np.concatenate([part[0] for part in parts])
    key = np.concatenate([part[1] for part in parts])
    runaway = np.flatnonzero(np.bincount(record, minlength=len(rows)) > MOST_KEYS)
    few = ~np.isin(record, runaway)
    for number in runaway.tolist():
        own = blocking_keys(rows.slice(number, 1).to_pylist()[0])
        record = np.append(record[few], np.full(len(own), number))
        key, few = np.append(key[few], own), np.ones(len(record), dtype=bool)
    return _listed(record[few], key[few], len(rows))


def _keys_of_rule_in(number: int, rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row number and key of every combination, in any order."""
    record = np.arange(len(rows))
    key = np.full(len(rows), _FIRST, dtype=np.uint64)
    for name in RULES[number]:
        start, length, values = _hashed(rows.column(name))
        times = length[record]
        # every combination so far, once for each value that its record has
        first = np.repeat(np.cumsum(times) - times, times)
        at = np.repeat(start[record], times) + np.arange(len(first)) - first
        record, key = np.repeat(record, times), _mixed_all(np.repeat(key, times), values[at])
    key = key & ~np.uint64(RULE_BITS) | np.uint64(number)
    return record, key.view(np.int64)


def _hashed(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.int64], Hashes]:
    """Where each row's values start, how many there are, and the hash of every value."""
    array = column.combine_chunks()
    if pa.types.is_list(array.type):
        length = np.asarray(pc.fill_null(pc.list_value_length(array), 0)).astype(np.int64)
        array = array.flatten()
    else:
        length = np.asarray(array.is_valid()).astype(np.int64)
        array = array.drop_null()
    encoded = array.dictionary_encode()
    distinct = [xxh3_64_intdigest(v.encode()) for v in encoded.dictionary.to_pylist()]
    hashes = np.array(distinct, dtype=np.uint64)[encoded.indices.to_numpy()]
    return np.cumsum(length) - length, length, hashes


def _listed(record: NDArray[np.int64], key: NDArray[np.int64], count: int) -> pa.ListArray:
    order = np.lexsort((key, record))
    record, key = record[order], key[order]
    distinct = np.ones(len(key), dtype=bool)
    distinct[1:] = (record[1:] != record[:-1]) | (key[1:] != key[:-1])
    sizes = np.bincount(record[distinct], minlength=count)
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(key[distinct]))
