"""How common a value is, as a band: a rare name in common says more than a common one.

Splink's term-frequency adjustment works on single values only; here most attributes are lists. So
a release splits the values of an attribute into bands by frequency, `annotate` puts the values of
the rarer bands into attributes of their own (`full_names_rare`), and a comparison has a level for
each. The weight of a band is then learned like that of any level.

Only values held by at least `FEWEST_PEOPLE` people are ever listed. A value that is not listed,
be it rare or never seen, belongs to the rarest band, whose weight is that of its average value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

BANDS: Mapping[str, tuple[str, ...]] = {
    "full_names": ("rare", "uncommon"),
    "given_set": ("rare",),
    "family_set": ("rare",),
    "postcodes": ("rare",),
    "birth_place": ("rare",),
    "occupation": ("rare",),
}
"""The bands of an attribute below the common one, rarest first."""

FEWEST_PEOPLE = 5
"""Values held by fewer people than this are pooled, so that a release names nobody."""


@dataclass(frozen=True, slots=True)
class Frequencies:
    """The listed values of each attribute in `BANDS`, by band.

    `listed[attribute][value]` is the number of the value's band, counted from 1; values that are
    not listed are in band 0, the rarest. `people` is how many people the counts were taken over.
    """

    people: int
    listed: Mapping[str, Mapping[str, int]]

    def band(self, attribute: str, value: str) -> int:
        """The number of the value's band, 0 for the rarest."""
        return self.listed.get(attribute, {}).get(value, 0)


NO_FREQUENCIES = Frequencies(0, {})


def band_attributes() -> list[str]:
    """The attributes `annotate` adds, in order."""
    return [f"{name}_{band}" for name, bands in BANDS.items() for band in bands]


def annotate(row: dict[str, object], frequencies: Frequencies) -> dict[str, object]:
    """Add to a standardised row the band attributes that comparisons read; returns the same row."""
    for attribute, bands in BANDS.items():
        listed = frequencies.listed.get(attribute, {})
        value = row[attribute]
        for number, band in enumerate(bands):
            row[f"{attribute}_{band}"] = _in_band(value, listed, number)
    return row


def _in_band(value: object, listed: Mapping[str, int], number: int) -> object:
    if isinstance(value, list):
        return [item for item in value if listed.get(item, 0) == number] or None
    return value if value is not None and listed.get(str(value), 0) == number else None


def annotate_table(table: pa.Table, frequencies: Frequencies) -> pa.Table:
    """`annotate` for a whole Arrow table at once; the same values in the same attributes."""
    for attribute, bands in BANDS.items():
        column = table.column(attribute).combine_chunks()
        listed = frequencies.listed.get(attribute, {})
        for number, band in enumerate(bands):
            table = table.append_column(f"{attribute}_{band}", _band_column(column, listed, number))
    return table


def _band_column(column: pa.Array, listed: Mapping[str, int], number: int) -> pa.Array:
    if not pa.types.is_list(column.type):
        return pc.if_else(_is_in_band(column, listed, number), column, pa.scalar(None, pa.string()))
    keep = _is_in_band(column.flatten(), listed, number)
    parents = pc.list_parent_indices(column).filter(keep).to_numpy(zero_copy_only=False)
    lengths = np.bincount(parents, minlength=len(column))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(pa.array(offsets), column.flatten().filter(keep))
    return pc.if_else(pa.array(lengths > 0), lists, pa.scalar(None, lists.type))


def _is_in_band(values: pa.Array, listed: Mapping[str, int], number: int) -> pa.Array:
    if number:
        return pc.is_in(
            values, pa.array([v for v, b in listed.items() if b == number], pa.string())
        )
    return pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, pa.array(listed, pa.string()))))


def bands_of_counts(
    values: np.ndarray, counts: np.ndarray, bands: int, *, unlisted: float = 0.0
) -> dict[str, int]:
    """Split values into `bands` + 1 bands of about equal numbers of people, rarest first.

    Each band takes an equal share of the people that are left, so that one band full of values
    held once does not leave the next one empty. Returns the band of each value to be listed, that
    is, of every value outside the rarest band held by at least `FEWEST_PEOPLE`. `unlisted` are the
    people who hold values that are not there, all rarer than those that are.
    """
    order = np.argsort(counts, kind="stable")
    values, counts = values[order], counts[order]
    listed: dict[str, int] = {}
    start = 0
    for number in range(bands + 1):
        edge = (
            len(values)
            if number == bands
            else _edge(counts, start, bands + 1 - number, 0.0 if number else unlisted)
        )
        edge = max(edge, int(np.searchsorted(counts, FEWEST_PEOPLE, "left")))
        if number:
            listed.update((str(value), number) for value in values[start:edge])
        start = edge
    return dict(sorted(listed.items()))


def _edge(counts: np.ndarray, start: int, shares: int, unlisted: float) -> int:
    left = counts[start:].sum()
    if not left:
        return len(counts)
    share = (left + unlisted) / shares - unlisted
    if share <= 0:
        return start
    count = counts[start + np.searchsorted(np.cumsum(counts[start:]), share)]
    return int(np.searchsorted(counts, count, "right"))
