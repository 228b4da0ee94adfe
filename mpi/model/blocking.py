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
from itertools import product
from typing import TypeAlias

from xxhash import xxh3_64_intdigest

Value: TypeAlias = str | int | Sequence[str] | None

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
)

RULE_BITS = 0b1111
"""Where a key holds the number of its rule; there are at most sixteen rules."""

MOST_KEYS = 200
"""Keys of one record beyond this many are left out, in sorted order of rule and value.

A record with hundreds of aliases is not worth hundreds of thousands of candidates; the bound makes
the number of keys of one record, and so the work it can cause, finite.
"""


def rule_name(rule: tuple[str, ...]) -> str:
    """The rule as reports name it.

    >>> rule_name(("birth_dates", "sectors"))
    'birth_dates × sectors'
    """
    return " × ".join(rule)


def _values(value: Value) -> Sequence[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value  # type: ignore[return-value]


def keys_of_rule(number: int, row: Mapping[str, Value]) -> Iterator[int]:
    """The keys a standardised row has under rule `number` of `RULES`, as signed 64-bit integers.

    The last four bits of a key are the number of its rule, so that cost and loss can be counted by
    rule from the keys alone.
    """
    for combination in product(*(_values(row[name]) for name in RULES[number])):
        digest = xxh3_64_intdigest("\x1f".join(combination).encode()) & ~RULE_BITS | number
        yield digest - (1 << 64) if digest >> 63 else digest


def blocking_keys(row: Mapping[str, Value], suppressed: Collection[int] = frozenset()) -> list[int]:
    """All keys of a standardised row, distinct and sorted, without those a release suppresses."""
    found: dict[int, None] = {}
    for number in range(len(RULES)):
        for key in keys_of_rule(number, row):
            found[key] = None
        if len(found) >= MOST_KEYS:
            break
    return sorted(key for key in list(found)[:MOST_KEYS] if key not in suppressed)
