"""Term frequencies from outside, such as a national table of names.

A file of `attribute`, `value`, and either `people` (how many hold the value) or `share` (of all
people). What feeds hold of one prison is a poor guide to how rare a name is; a national table is a
better one. A value goes through `standardise`, as that of a record does, so that a table and a
feed mean the same by it: counts of *Bob* count for *Robert* too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mpi.attributes import standardise
from mpi.errors import InvalidFrequencies
from mpi.model.frequencies import BANDS, Frequencies, bands_of_counts
from mpi.records import Name, Record

PEOPLE, SHARE = "people", "share"
MOST_OF_ALL = 1.01
"""What the shares of an attribute may add up to; more, and they are percentages."""

_ROWS_NAMED = 5
_TEXT = ("attribute", "value", PEOPLE, SHARE)


def _whole_name(text: str) -> Name:
    """`Family, Given`, or the family name last."""
    family, comma, given = text.partition(",")
    if not comma:
        given, _, family = text.rpartition(" ")
    return Name(given.strip(), family.strip())


MOST_PEOPLE = 1e10
"""No value is held by more; there are not that many people."""

RECORD_WITH: Mapping[str, Callable[[str], Record]] = MappingProxyType(
    {
        "full_names": lambda value: Record("", "", names=(_whole_name(value),)),
        "given_set": lambda value: Record("", "", names=(Name(value, ""),)),
        "family_set": lambda value: Record("", "", names=(Name("", value),)),
        "postcodes": lambda value: Record("", "", postcodes=(value,)),
        "birth_place": lambda value: Record("", "", birth_place=value),
        "occupation": lambda value: Record("", "", occupation=value),
    }
)
"""For each attribute of `BANDS`, a record that holds nothing but one value of it."""


@dataclass(frozen=True, slots=True)
class Supplied:
    """Cleaned values of some attributes, and how many people (or which share) hold each.

    `unusable` is how many values of the file say nothing once they are cleaned.
    """

    held: Mapping[str, Mapping[str, float]]
    are_shares: bool
    unusable: int

    def instead_of(self, counted: Frequencies) -> Frequencies:
        """The frequencies of the feeds, those of the supplied attributes replaced.

        Shares are taken of as many people as the feeds hold; what they leave of 1 is held by rarer
        values, so a table of the commonest will do. Numbers of people must be of all values. Values
        that fewer than `FEWEST_PEOPLE` people hold are pooled, as ever.
        """
        listed = dict(counted.listed)
        for attribute, held in self.held.items():
            order = sorted(held, key=lambda value: (held[value], value))
            people = np.array([held[value] for value in order])
            if self.are_shares:
                people = people * counted.people
            whole = np.floor(people + 0.5).astype(np.int64)
            others = max(counted.people - people.sum(), 0.0) if self.are_shares else 0.0
            bands = bands_of_counts(
                np.array(order, dtype=object), whole, len(BANDS[attribute]), unlisted=others
            )
            listed.pop(attribute, None)
            listed |= {attribute: bands} if bands else {}
        return Frequencies(counted.people, listed)

    def counts(self) -> dict[str, int]:
        """How many values of each attribute there are."""
        return {attribute: len(held) for attribute, held in self.held.items()}


def read_frequencies(path: Path) -> Supplied:
    """Read and check a file of term frequencies, Parquet or CSV.

    Raises InvalidFrequencies, with the file, the column and rows (counted from 1, the header
    apart), and never with a value.
    """
    table = _read(path)
    if len(set(table.column_names)) < len(table.column_names):
        raise InvalidFrequencies("Two columns have one name.", file=path)
    measure = _measure(table, path)
    texts = {name: _texts(table, name, path) for name in ("attribute", "value")}
    numbers = _numbers(table, measure, path)
    _require_known(texts["attribute"], path)
    _require_distinct(list(zip(texts["attribute"], texts["value"], strict=True)), path)
    held, unusable = _cleaned(texts["attribute"], texts["value"], numbers)
    if not held:
        raise InvalidFrequencies("It holds no value that says anything.", file=path)
    if measure == SHARE:
        _require_shares(texts["attribute"], numbers, path)
    return Supplied(held, measure == SHARE, unusable)


def _read(path: Path) -> pa.Table:
    if not path.is_file():
        raise InvalidFrequencies("There is no such file.", file=path)
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path)
        kinds = dict.fromkeys(_TEXT, pa.string())
        options = pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False)
        return pyarrow.csv.read_csv(path, convert_options=options)
    except (pa.ArrowException, OSError, ValueError):
        # Arrow's message may quote a value
        raise InvalidFrequencies("It is no Parquet or CSV that can be read.", file=path) from None


def _measure(table: pa.Table, path: Path) -> str:
    for column in ("attribute", "value"):
        if column not in table.column_names:
            raise InvalidFrequencies("It lacks a column.", file=path, column=column)
    found = [name for name in (PEOPLE, SHARE) if name in table.column_names]
    if len(found) != 1:
        raise InvalidFrequencies("It needs a column people or a column share.", file=path)
    if not len(table):
        raise InvalidFrequencies("It holds no rows.", file=path)
    return found[0]


def _texts(table: pa.Table, name: str, path: Path) -> list[str]:
    try:
        column = pc.utf8_trim_whitespace(pc.fill_null(table.column(name).cast(pa.string()), ""))
    except pa.ArrowException:
        raise InvalidFrequencies("It holds no text.", file=path, column=name) from None
    _refuse(pc.equal(column, ""), "Nothing stands there.", path, name)
    return [str(text) for text in column.to_pylist()]


def _numbers(table: pa.Table, name: str, path: Path) -> NDArray[np.float64]:
    try:
        column = pc.fill_null(table.column(name).cast(pa.float64()), np.nan)
    except pa.ArrowException:
        raise InvalidFrequencies("It holds no numbers.", file=path, column=name) from None
    found = np.asarray(column.to_numpy(), dtype=np.float64)
    usable = np.isfinite(found) & (found >= 0)
    usable &= found <= (MOST_PEOPLE if name == PEOPLE else 1.0)
    usable &= (name == SHARE) | (found == np.floor(found))
    needed = "whole number of people" if name == PEOPLE else "share between 0 and 1"
    _refuse(~usable, f"A {needed} is needed.", path, name)
    return found


def _require_known(attributes: list[str], path: Path) -> None:
    known = np.array([attribute in RECORD_WITH for attribute in attributes])
    said = f"There are frequencies of {', '.join(RECORD_WITH)} alone."
    _refuse(~known, said, path, "attribute")


def _require_distinct(values: list[tuple[str, str]], path: Path) -> None:
    folded = [(attribute, value.casefold()) for attribute, value in values]
    often = {value for value, count in Counter(folded).items() if count > 1}
    repeated = np.array([value in often for value in folded])
    _refuse(repeated, "A value is there twice.", path, "value")


def _require_shares(attributes: list[str], shares: NDArray[np.float64], path: Path) -> None:
    total: defaultdict[str, float] = defaultdict(float)
    for attribute, share in zip(attributes, shares.tolist(), strict=True):
        total[attribute] += share
    for attribute, whole in total.items():
        if whole > MOST_OF_ALL:
            raise InvalidFrequencies(
                f"The shares of {attribute} add up to {whole:.2f}.", file=path, column=SHARE
            )


def _refuse(wrong: object, detail: str, path: Path, column: str) -> None:
    rows = np.flatnonzero(np.asarray(wrong)) + 1
    if len(rows):
        named = " ".join(map(str, rows[:_ROWS_NAMED]))
        raise InvalidFrequencies(detail, file=path, column=column, rows=named)


def _cleaned(
    attributes: list[str], values: list[str], numbers: NDArray[np.float64]
) -> tuple[dict[str, dict[str, float]], int]:
    """What is held of each attribute, and how many values say nothing."""
    held: defaultdict[str, Counter[str]] = defaultdict(Counter)
    unusable = 0
    for attribute, value, number in zip(attributes, values, numbers.tolist(), strict=True):
        found = standardise(RECORD_WITH[attribute](value))[attribute]
        unusable += found is None
        for each in found if isinstance(found, list) else [found]:
            if each is not None:
                held[attribute][str(each)] += number
    return {attribute: dict(counted) for attribute, counted in sorted(held.items())}, unusable
