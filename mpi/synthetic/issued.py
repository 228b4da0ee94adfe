"""The identifiers issued to each person: unique, well-formed, and never a real person's.

NHS numbers come from the test range 999; those of more people than find one there from what lies
below it, for all that begin with 9 are for synthetic data. The other systems publish no test range,
so the numbers use parts of their range that are not issued: prison numbers from T to Z, police
serials above any year's count, National Insurance prefixes with X and Y, school authority 999, ODS
codes from X9.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mpi.identifiers import (
    cro_check_letter,
    nhs_check_digit,
    pnc_check_letter,
    sf_check_letters,
    uln_check_digit,
    upn_check_letter,
)
from mpi.synthetic import families
from mpi.synthetic.arrays import Bools, Ints, Random, year_of
from mpi.synthetic.people import TODAY, YEAR, People
from mpi.synthetic.settings import Settings

NHS_BLOCKS = 500_000
"""Pairs of neighbouring stems 999000-999999; at least one of each pair has a check digit."""

PEOPLE_PER_PREFIX = 450_000
"""As many as find a number there, with room for second registrations and superseded numbers."""

MOST_PEOPLE = 3_500_000
"""As many as find a National Insurance number; the NHS numbers of this many begin with 992."""

_SPREAD: Final = 1_000_003
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_YEAR_LIMIT: Final = 100_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """Who holds which position in the number ranges; one entry per person unless said.

    Second registrations are holders too: their numbers follow those of the people. `nhs` and `pnc`
    repeat where two people share a number. `pnc_rank` lists the people twice: the second half is
    for a second PNC ID. `superseded` counts the old NHS numbers of a person, 0 to 2, which take
    the `blocks` from `first_old` on.
    """

    seed: int
    nhs: Ints
    nhs_upper: Bools
    pnc: Ints
    pnc_year: Ints
    pnc_rank: Ints
    superseded: Ints
    first_old: Ints
    blocks: Ints
    people: int


def issue_numbers(people: People, extra: int, *, settings: Settings, rng: Random) -> Numbers:
    """Number everybody, and leave room for `extra` second registrations."""
    count = len(people)
    nhs, upper, pnc = np.arange(count), np.zeros(count, dtype=bool), np.arange(count)
    twins = np.flatnonzero(people.families.role == families.TWIN)
    blocks = shuffled_blocks(count, rng)
    adjacent = twins[rng.random(len(twins)) < settings.twins_adjacent]
    heads = people.families.head[adjacent]
    whole = np.array([_holds_two(int(block)) for block in blocks[heads]], dtype=bool)
    nhs[adjacent[whole]], upper[adjacent[whole]] = heads[whole], True
    for first, second, shares_pnc in _confused(count, settings, rng):
        (pnc if shares_pnc else nhs)[second] = first
    year = _pnc_years(people, rng)
    superseded = (rng.random(count) < settings.superseded).astype(np.int64)
    superseded += superseded * (rng.random(count) < 0.2)
    return Numbers(
        seed=int(rng.integers(1, 1 << 30)),
        nhs=nhs,
        nhs_upper=upper,
        pnc=pnc,
        pnc_year=year,
        pnc_rank=_rank_in_year(np.concatenate([year, year])),
        superseded=superseded,
        first_old=count + extra + np.cumsum(superseded) - superseded,
        blocks=blocks,
        people=count,
    )


def shuffled_blocks(people: int, rng: Random) -> Ints:
    """Blocks of NHS numbers in the order in which holders take them."""
    prefixes = -(-people // PEOPLE_PER_PREFIX)
    return rng.permutation(prefixes * NHS_BLOCKS)


def _holds_two(block: int) -> bool:
    """Whether both stems of a block have a check digit."""
    return all(map(nhs_check_digit, _nines(block)))


def _nines(block: int) -> tuple[str, str]:
    """The nine digits of the two numbers of a block: of 999, then of 998 and so on."""
    prefix, stem = 999 - block // NHS_BLOCKS, 2 * (block % NHS_BLOCKS)
    return f"{prefix}{stem:06d}", f"{prefix}{stem + 1:06d}"


def _confused(count: int, settings: Settings, rng: Random) -> list[tuple[int, int, bool]]:
    """Pairs of people who share an NHS number or a PNC number by mistake."""
    pairs = round(count * settings.shared_identifier)
    if settings.shared_identifier and count >= 1000:
        pairs = max(pairs, 1)
    chosen = rng.choice(count, size=2 * pairs, replace=False)
    return [(int(chosen[2 * i]), int(chosen[2 * i + 1]), bool(i % 2)) for i in range(pairs)]


def _pnc_years(people: People, rng: Random) -> Ints:
    """The year of the first arrest: from the age of 14 on."""
    first = people.birth + ((14 + rng.gamma(1.5, 4.0, len(people))) * YEAR).astype(np.int64)
    return np.clip(year_of(first), 1955, int(year_of(np.array([TODAY]))[0]))


def _rank_in_year(year: Ints) -> Ints:
    """0, 1, 2 … among the entries of each year."""
    order = np.argsort(year, kind="stable")
    rank = np.zeros(len(year), dtype=np.int64)
    rank[order] = np.arange(len(year)) - np.searchsorted(year[order], year[order])
    return rank


def nhs_number(numbers: Numbers, holder: int) -> str:
    """The NHS number of a person or of a second registration."""
    if holder >= numbers.people:
        return number_in(int(numbers.blocks[holder]), upper=False)
    return number_in(
        int(numbers.blocks[numbers.nhs[holder]]), upper=bool(numbers.nhs_upper[holder])
    )


def old_nhs_numbers(numbers: Numbers, person: int) -> list[str]:
    """NHS numbers that were superseded by the person's own."""
    first = int(numbers.first_old[person])
    count = int(numbers.superseded[person])
    return [number_in(int(block), upper=False) for block in numbers.blocks[first : first + count]]


def number_in(block: int, *, upper: bool) -> str:
    """One of the two numbers of a block; where the upper one has no check digit, the lower one."""
    nines = _nines(block)[::-1] if upper else _nines(block)
    return next(nine + digit for nine in nines if (digit := nhs_check_digit(nine)))


def pnc_number(numbers: Numbers, person: int, *, second: bool = False) -> str:
    """The PNC ID, or the second one of somebody who was registered twice."""
    holder = person + numbers.people if second else int(numbers.pnc[person])
    year, rank = int(numbers.pnc_year[holder % numbers.people]), int(numbers.pnc_rank[holder])
    serial = 900_000 + rank if rank % 5 == 0 and rank < _YEAR_LIMIT else 9_000_000 + rank
    return f"{year}/{serial:07d}{pnc_check_letter(year % 100, serial)}"


def cro_number(numbers: Numbers, person: int) -> str:
    """The CRO number; some of the oldest in the file form."""
    holder = int(numbers.pnc[person])
    year, rank = int(numbers.pnc_year[holder]), int(numbers.pnc_rank[holder])
    year2 = year % 100
    if year <= 1995 and rank % 12 == 0:
        serial = 99_999 - rank % _YEAR_LIMIT
        return f"SF{year2:02d}/{serial}{min(sf_check_letters(year2, serial))}"
    serial = 999_999 - rank
    return f"{serial:06d}/{year2:02d}{cro_check_letter(year2, serial)}"


def _place(numbers: Numbers, holder: int, size: int) -> int:
    """A position in a range, different for each holder as long as they are fewer than `size`."""
    return (holder * _SPREAD + numbers.seed) % size


def noms_number(numbers: Numbers, holder: int) -> str:
    """A prison number; the first letter has not been issued."""
    rest, digits = divmod(_place(numbers, holder, 7 * 676 * 9999), 9999)
    first, pair = divmod(rest, 676)
    return f"{'TUVWXYZ'[first]}{digits + 1:04d}{_LETTERS[pair // 26]}{_LETTERS[pair % 26]}"


def crn(numbers: Numbers, holder: int) -> str:
    """A probation case reference number."""
    letter, digits = divmod(_place(numbers, holder, 5 * 999_999), 999_999)
    return f"{'QUXYZ'[letter]}{digits + 1:06d}"


def nino(numbers: Numbers, holder: int) -> str:
    """A National Insurance number; the first eight characters are unique."""
    prefix, digits = divmod(_place(numbers, holder, 4 * 999_999), 999_999)
    return f"{('XX', 'XY', 'YX', 'YY')[prefix]}{digits + 1:06d}{'ABCD'[holder % 4]}"


def uln(numbers: Numbers, holder: int) -> str:
    """A unique learner number from 99."""
    block = _place(numbers, holder, 4_999_999)
    nines = (f"99{stem:07d}" for stem in (2 * block, 2 * block + 1))
    return next(nine + digit for nine in nines if (digit := uln_check_digit(nine)))


def upn(numbers: Numbers, holder: int, birth_year: int) -> str:
    """A unique pupil number of a local authority that does not exist."""
    school, serial = divmod(_place(numbers, holder, 9_999_991), 1000)
    rest = f"999{school:04d}{(birth_year + 5) % 100:02d}{serial:03d}"
    return upn_check_letter(rest) + rest


def reference(numbers: Numbers, holder: int, prefix: str) -> str:
    """A number of a system without a published format."""
    return f"{prefix}{_place(numbers, holder, 9_999_991):07d}"


def driving_licence(given: str, family: str, *, middle: str, iso: str, female: bool) -> str:
    """A driver number made of name and birth date, as real ones are; the last five are invented."""
    letters = "".join(c for c in family.upper() if c in _LETTERS)[:5].ljust(5, "9")
    month = int(iso[5:7]) + (50 if female else 0)
    initials = (given[:1] + (middle[:1] or "9")).upper()
    initials = "".join(c if c in _LETTERS else "9" for c in initials)
    initials = "99" if initials[:1] == "9" else initials
    return f"{letters}{iso[2]}{month:02d}{iso[8:10]}{iso[3]}{initials}9ZZ"
