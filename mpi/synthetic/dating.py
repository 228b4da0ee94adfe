"""Birth dates as each record has them, with the errors that were counted in real records."""

from __future__ import annotations

from calendar import monthrange
from typing import Final

import numpy as np

from mpi.synthetic.arrays import iso_dates
from mpi.synthetic.profiles import PROFILES
from mpi.synthetic.world import Piece

_DEFAULTS: Final = ("1900-01-01", "1970-01-01")
_LISTS_OTHERS: Final = 0.3
"""Least share of aliases a source lists for it to list other birth dates as well."""


def write_birth_dates(piece: Piece) -> list[tuple[str, ...]]:
    """The birth dates of every record of a piece, the usual one first; ISO text."""
    world = piece.world
    births = iso_dates(world.people.birth[np.array(piece.person, dtype=np.int64)])
    others = _other_dates(piece, births)
    _use_other_date(piece, births, others)
    for kind in ("birth_part", "birth_swap", "birth_several", "birth_within_years"):
        change = _CHANGES[kind]
        for at, roll in piece.struck(kind):
            births[at] = change(births[at], roll)
            piece.note(at, "birth_date", kind)
    for at, roll in piece.struck("birth_default"):
        births[at] = _DEFAULTS[roll % 2]
        piece.note(at, "birth_date", "default")
    for at, _ in piece.struck("birth_date_missing"):
        births[at] = ""
        piece.note(at, "birth_date", "missing")
    return [(birth, *others.get(at, ())) if birth else () for at, birth in enumerate(births)]


def _other_dates(piece: Piece, births: list[str]) -> dict[int, tuple[str, ...]]:
    """Other birth dates that sources with aliases list; a person's is always the same."""
    listed = piece.chance(0.7)
    has = piece.world.traits.alias_birth
    return {
        at: (claimed_date(births[at], person),)
        for at, (person, source) in enumerate(zip(piece.person, piece.source, strict=True))
        if has[person] and listed[at] and PROFILES[source].aliases >= _LISTS_OTHERS
    }


def _use_other_date(piece: Piece, births: list[str], others: dict[int, tuple[str, ...]]) -> None:
    for at, _ in piece.struck("birth_alias"):
        usual, births[at] = births[at], claimed_date(births[at], piece.person[at])
        if at in others:
            others[at] = (usual,)
        piece.note(at, "birth_date", "birth_alias")


def claimed_date(iso: str, person: int) -> str:
    """The other birth date a person has given."""
    return within_years(iso, person * 7919)


def change_part(iso: str, roll: int) -> str:
    """One component differs: day, month or year, mostly by one or two.

    Counted shares: day 274, month 172, year 136 of 582; out by one 193, by two 92, digits
    exchanged 17.

    >>> change_part("1984-02-11", 0), change_part("1984-02-11", 300)
    ('1984-02-10', '1984-01-11')
    """
    year, month, day = int(iso[:4]), int(iso[5:7]), int(iso[8:])
    which, how = roll % 582, (roll // 582) % 582
    rest = roll // (582 * 582)
    if which < 274:
        day = _moved(day, how, rest, monthrange(year, month)[1])
    elif which < 446:
        month = _moved(month, how, rest, 12)
    else:
        year += _moved(50, how, rest, 60) - 50
    return _valid(year, month, day)


def _moved(value: int, how: int, rest: int, highest: int) -> int:
    """The value out by one, by two, with its digits exchanged, or another; from 1 to highest."""
    if how < 285:
        step = 1 if how < 193 else 2
        down = value - step >= 1 and (rest % 2 == 0 or value + step > highest)
        return value - step if down else value + step
    exchanged = value % 10 * 10 + value // 10
    if how < 302 and 1 <= exchanged <= highest and exchanged != value:
        return exchanged
    return 1 + (value - 1 + 3 + rest % max(highest - 5, 1)) % highest


def swap(iso: str, roll: int) -> str:
    """Day and month exchanged, where that is a date; otherwise one component changes.

    >>> swap("1984-02-11", 0)
    '1984-11-02'
    """
    if iso[8:] > "12" or iso[5:7] == iso[8:]:
        return change_part(iso, roll)
    return f"{iso[:4]}-{iso[8:]}-{iso[5:7]}"


def several(iso: str, roll: int) -> str:
    """Day and month, or everything, differ."""
    year, month, day = int(iso[:4]), int(iso[5:7]), int(iso[8:])
    year += (0, 0, 1, -1, 10, -10)[roll % 6]
    month = 1 + (month + roll // 6 % 10) % 12
    return _valid(year, month, 1 + (day + roll // 60 % 26) % 28)


def within_years(iso: str, roll: int) -> str:
    """Another date one to five years away."""
    years = (1, -1, 2, -2, 3, -3, 4, -4)[roll % 8]
    return several(_valid(int(iso[:4]) + years, int(iso[5:7]), int(iso[8:])), roll // 8 * 6)


def _valid(year: int, month: int, day: int) -> str:
    return f"{year:04d}-{month:02d}-{min(day, monthrange(year, month)[1]):02d}"


_CHANGES: Final = {
    "birth_part": change_part,
    "birth_swap": swap,
    "birth_several": several,
    "birth_within_years": within_years,
}
