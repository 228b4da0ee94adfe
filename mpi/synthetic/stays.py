"""Stays in custody: when and where people were held, one place at a time."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final, NamedTuple

import numpy as np

from mpi.synthetic import profiles
from mpi.synthetic.arrays import Floats, Ints, Random, day
from mpi.synthetic.people import TODAY, YEAR, People

_OPEN: Final = (
    profiles.NOMIS,
    profiles.CYPSE,
    profiles.SECURE_HOSPITAL,
    profiles.IMMIGRATION_CASE,
)
"""Sources whose records are each a stay of its own; prison health care describes one of them."""

_BEGIN = day("2010-01-01")
_MEAN_DAYS = 160.0

_KINDS: Final = {
    profiles.NOMIS: ("prison",),
    profiles.CYPSE: ("young-offender-institution", "secure-childrens-home"),
    profiles.SECURE_HOSPITAL: ("secure-hospital",),
    profiles.IMMIGRATION_CASE: ("immigration-removal-centre",),
}


class Establishment(NamedTuple):
    """A place of detention, or approved premises; all invented."""

    postcode: str
    name: str
    kind: str
    town: str


@lru_cache(maxsize=1)
def establishments() -> tuple[Establishment, ...]:
    """The table that cleaning recognises institutions by, so that both know the same places."""
    text = resources.files("mpi.cleaning").joinpath("institutions.csv").read_text("utf-8")
    return tuple(Establishment(**row) for row in csv.DictReader(text.splitlines()))


def of_kind(*kinds: str) -> Ints:
    """Positions of the establishments of some kinds."""
    return np.array([i for i, each in enumerate(establishments()) if each.kind in kinds])


@dataclass(frozen=True, slots=True)
class Stays:
    """One entry per stay, in order of person and time; days since 1970-01-01, `end` inclusive.

    `first` gives, per person, the position of the first stay; one more entry closes the last.
    There is always one entry more than stays, so that -1 is a position.
    """

    person: Ints
    start: Ints
    end: Ints
    sentence: Ints
    establishment: Ints
    first: Ints


def make_stays(people: People, person: Ints, *, source: Ints, rng: Random) -> tuple[Stays, Ints]:
    """The stays behind the records, and for each record the stay it describes (-1: none)."""
    opens = np.isin(source, _OPEN) | _only_health(person, source)
    record = np.flatnonzero(opens)
    start = _starts(people, person[record], source[record], rng)
    order = np.lexsort((start, person[record]))
    record, start = record[order], start[order]
    start = _apart(person[record], start)
    stays = _stays(person[record], source[record], start, len(people), rng)
    stay = np.full(len(person), -1)
    stay[record] = np.arange(len(record))
    return stays, _describe(person, source, stay, stays, rng)


def _only_health(person: Ints, source: Ints) -> Ints:
    """The first prison health record of people of whom no other system says they were held."""
    held = np.zeros(int(person[-1]) + 1, dtype=bool)
    held[person[np.isin(source, _OPEN)]] = True
    health = (source == profiles.HJIS) & ~held[person]
    first = np.zeros(len(person), dtype=bool)
    _, at = np.unique(person[health], return_index=True)
    first[np.flatnonzero(health)[at]] = True
    return first.astype(np.int64).astype(bool)


def _starts(people: People, person: Ints, source: Ints, rng: Random) -> Ints:
    """Reception days: the youth estate before the eighteenth birthday, prison after it."""
    birth = people.birth[person]
    begin = np.maximum(_BEGIN, birth + int(10.5 * YEAR)).astype(np.float64)
    span = TODAY - 100 - begin
    grown: Floats = np.clip((birth + 18 * YEAR - begin) / span, 0.0, 1.0)
    uniform = rng.random(len(person))
    young = source == profiles.CYPSE
    adult = np.isin(source, (profiles.NOMIS, profiles.HJIS))
    share = np.where(young & (grown > 0), uniform * grown, uniform)
    share = np.where(adult & (grown < 1), grown + uniform * (1 - grown), share)
    return (begin + share * span).astype(np.int64)


def _apart(person: Ints, start: Ints) -> Ints:
    """The same days in the same order, moved so that a person's stays begin two days apart."""
    rank = np.arange(len(person)) - np.searchsorted(person, person)
    moved: Ints = start + 2 * rank
    return moved


def _stays(person: Ints, source: Ints, start: Ints, people: int, rng: Random) -> Stays:
    """Lengths that end before the person's next stay begins."""
    count = len(person)
    following = np.append(start[1:], TODAY + 1)
    last = np.append(person[1:] != person[:-1], True) if count else np.zeros(0, dtype=bool)
    following = np.where(last, np.maximum(TODAY, start) + 1, following[:count])
    length = 5 + rng.exponential(_MEAN_DAYS, count).astype(np.int64)
    end = np.minimum(start + length, following - 1)
    remand = np.where(rng.random(count) < 0.5, 0, rng.integers(1, 150, count))
    closing = np.array([0])
    return Stays(
        person=np.append(person, closing),
        start=np.append(start, closing),
        end=np.append(end, closing),
        sentence=np.append(np.minimum(start + remand, end), closing),
        establishment=np.append(_establishments(source, rng), closing),
        first=np.searchsorted(person, np.arange(people + 1)),
    )


def _establishments(source: Ints, rng: Random) -> Ints:
    """A place of the right kind; some are much larger than others."""
    found = np.zeros(len(source), dtype=np.int64)
    for each in (*_OPEN, profiles.HJIS):
        places = of_kind(*_KINDS.get(each, ("prison",)))
        mine = source == each
        # Between 200 and 1,500 places: the largest holds about seven times the smallest.
        odds = np.linspace(1.0, 7.0, len(places))
        chosen = rng.choice(places, size=int(mine.sum()), p=odds / odds.sum())
        found[mine] = chosen
    return found


def _describe(person: Ints, source: Ints, stay: Ints, stays: Stays, rng: Random) -> Ints:
    """Prison health records without a stay of their own describe another system's."""
    begin = stays.first[person]
    size = stays.first[person + 1] - begin
    chosen = begin + (rng.random(len(person)) * size).astype(np.int64)
    return np.where((source == profiles.HJIS) & (stay < 0) & (size > 0), chosen, stay)
