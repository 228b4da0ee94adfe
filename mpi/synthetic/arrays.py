"""Names for the arrays the population is made of, and small draws over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Random: TypeAlias = np.random.Generator


def pick(rng: Random, shares: Sequence[float] | Floats, size: int) -> Ints:
    """Positions drawn by their shares, which need not sum to one."""
    odds = np.cumsum(np.asarray(shares, dtype=np.float64))
    return np.minimum(
        np.searchsorted(odds / odds[-1], rng.random(size), side="right"), len(odds) - 1
    )


def pick_by_row(rng: Random, shares: Sequence[Sequence[float]], rows: Ints) -> Ints:
    """For each entry a position drawn by the shares of its row."""
    found = np.zeros(len(rows), dtype=np.int64)
    for row, weights in enumerate(shares):
        mine = rows == row
        found[mine] = pick(rng, weights, int(mine.sum()))
    return found


def values_by_row(values: Sequence[float], rows: Ints) -> Floats:
    """The value of each entry's row."""
    return np.asarray(values, dtype=np.float64)[rows]


def iso_dates(days: Ints) -> list[str]:
    """Days since 1970-01-01 as ISO text."""
    texts: list[str] = np.datetime_as_string(days.astype("datetime64[D]")).tolist()
    return texts


def year_of(days: Ints) -> Ints:
    """The calendar years of days since 1970-01-01."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def first_of_year(days: Ints) -> Ints:
    """1 January of the year each day lies in."""
    return (
        days.astype("datetime64[D]")
        .astype("datetime64[Y]")
        .astype("datetime64[D]")
        .astype(np.int64)
    )


def day(iso: str) -> int:
    """A date as days since 1970-01-01."""
    return int(np.datetime64(iso, "D").astype(np.int64))
