"""Identifiers as each record has them: whose, which, how written, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpi.records import Identifier
from mpi.synthetic import issued, profiles
from mpi.synthetic.arrays import Bools, Floats, Ints, values_by_row, year_of
from mpi.synthetic.canonical import canonical
from mpi.synthetic.profiles import ISSUES, PROFILES
from mpi.synthetic.world import Piece
from mpi.synthetic.written import PLACEHOLDERS, mistype, other_century, write

_PNC: Final = (0.92, 0.70, 0.35)
_CRO: Final = (0.80, 0.45, 0.15)
_SECOND_PNC: Final = (0.03, 0.06, 0.02)
_VERIFIED: Final = (0.95 / 0.98, 0.60 / 0.80, 0.10 / 0.30)
_ALWAYS: Final = (1.0, 1.0, 1.0)

_HELD: Final[Mapping[str, tuple[float, float, float]]] = {
    "pnc": _PNC,
    "cro": _CRO,
    "nino": (0.97, 0.75, 0.30),
    "driving-licence": (0.55, 0.25, 0.05),
    "uln": (0.90, 0.60, 0.20),
    "upn": (0.95, 0.70, 0.25),
    "young-person-id": (0.9, 0.9, 0.8),
}
"""Share of each documentation class that ever got a number; of the other systems everybody did."""

_YOUNGEST_POLICE_FACTOR: Final = 0.6
"""PNC and CRO are rarer among those known to the youth estate."""

Found = list[list[Identifier]]


@dataclass(frozen=True, slots=True)
class _Page:
    """The identifiers being written for a piece, and who of it has a number of some systems."""

    piece: Piece
    found: Found
    held: dict[str, Bools]


def write_identifiers(piece: Piece) -> Found:
    """The identifiers of every record of a piece."""
    found: Found = [[] for _ in range(len(piece))]
    page = _Page(piece, found, _holders(piece))
    for source, profile in enumerate(PROFILES):
        mine = np.flatnonzero(np.asarray(piece.source) == source)
        for system, coverage in profile.coverage.items():
            _show(page, system, mine=mine, shares=np.full(len(mine), coverage))
        for system, by_class in profile.by_class.items():
            _show(page, system, mine=mine, shares=values_by_row(by_class, _classes(piece)[mine]))
    _second_pncs(piece, found)
    _superseded_of_pds(piece, found)
    _noticed_duplicates(piece, found)
    return found


def _classes(piece: Piece) -> Ints:
    return piece.world.people.documentation[np.asarray(piece.person, dtype=np.int64)]


def _holders(piece: Piece) -> dict[str, Bools]:
    """For each system that not everybody has a number of, which people of the piece do."""
    people, chosen = piece.world.people, slice(piece.chosen.start, piece.chosen.stop)
    classes, count = people.documentation[chosen], len(piece.chosen)
    held = {
        system: piece.rng.random(count) < values_by_row(shares, classes)
        for system, shares in _HELD.items()
    }
    setting, birth = people.setting[chosen], year_of(people.birth[chosen])
    youth = setting == profiles.YOUTH
    for system in ("pnc", "cro"):
        held[system] &= ~youth | (piece.rng.random(count) < _YOUNGEST_POLICE_FACTOR)
    held["home-office-reference"] = people.foreign[chosen]
    held["upn"] &= birth >= 1990
    held["uln"] &= birth >= 1985
    held["young-person-id"] &= youth | (birth >= 1995)
    held["driving-licence"] &= birth <= 2008
    held["nino"] &= birth <= 2009
    return held


def _show(page: _Page, system: str, *, mine: Ints, shares: Floats) -> None:
    """Write one system's numbers into the records of one source that have them."""
    if not len(mine):
        return
    piece, source = page.piece, page.piece.source[mine[0]]
    shown = mine[_has(page, system, mine, shares)].tolist()
    faults = _faults(piece, len(shown))
    rolls = piece.rng.integers(0, 1 << 20, (len(shown), 2)).tolist()
    sure = piece.rng.random(len(shown)) < _verified_shares(piece, system, source, shown)
    for at, fault, (roll, form), verified in zip(shown, faults, rolls, sure.tolist(), strict=True):
        value = _value(piece, at, system, fault, roll)
        if value:
            sound = verified and fault in (0, 1)
            page.found[at].append(Identifier(system, write(system, value, form % 100), sound))


def _has(page: _Page, system: str, mine: Ints, shares: Floats) -> Bools:
    """Which records show a number: always the source's own, others by coverage and holder."""
    piece, own = page.piece, ISSUES.get(page.piece.source[mine[0]]) == system
    if not own and shares.min() < 1.0:
        shares = shares * piece.world.settings.coverage
    has: Bools = piece.rng.random(len(mine)) < shares
    if system in page.held and not own:
        has &= page.held[system][np.asarray(piece.person)[mine] - piece.chosen.start]
    return has


def _verified_shares(piece: Piece, system: str, source: int, shown: list[int]) -> Floats:
    """The share of traced NHS numbers: all in the demographic service, elsewhere by class."""
    if system != "nhs-number":
        return np.zeros(len(shown))
    by_class = _ALWAYS if source == profiles.PDS else _VERIFIED
    return values_by_row(by_class, _classes(piece)[shown])


def _faults(piece: Piece, count: int) -> list[int]:
    """0 right, 1 of another person, 2 mistyped, 3 other century, 4 placeholder."""
    settings = piece.world.settings
    bounds = np.cumsum(
        [
            settings.wrong_identifier,
            settings.keying_error,
            settings.pnc_century,
            settings.placeholder_identifier,
        ]
    )
    drawn = np.searchsorted(bounds, piece.rng.random(count), side="right")
    faults: list[int] = ((drawn + 1) % 5).tolist()
    return faults


_FAULTS: Final = ("", "wrong_person", "keying", "century", "placeholder")


def _value(piece: Piece, at: int, system: str, fault: int, roll: int) -> str:
    """The value of a record with its fault; a fault a system cannot have leaves it right."""
    own = _own(piece, at, system, roll)
    if not fault or not own:
        return own
    value = own
    if fault == 1:
        value = _of_another(piece, at, system, roll)
    elif fault == 2:
        value = mistype(own, roll)
    elif fault == 3 and system == "pnc":
        value = other_century(own)
    elif fault == 4 and system in PLACEHOLDERS:
        value = PLACEHOLDERS[system][roll % len(PLACEHOLDERS[system])]
    if value != own:
        piece.note(at, system, _FAULTS[fault])
    return value


def _of_another(piece: Piece, at: int, system: str, roll: int) -> str:
    """The number of another person of this piece."""
    people = len(piece.chosen)
    step = 1 + roll % max(people - 1, 1)
    other = (piece.person[at] - piece.chosen.start + step) % people
    return canonical(piece, at, holder=piece.chosen.start + other, system=system)


def _own(piece: Piece, at: int, system: str, roll: int) -> str:
    """The record's own number: of the second registration, or a superseded one, where it is so."""
    person, source = piece.person[at], piece.source[at]
    records, numbers = piece.world.plan.records, piece.world.numbers
    if records.duplicate[piece.first + at] and ISSUES.get(source) == system:
        return canonical(piece, at, holder=_holder_of_second(piece, at), system=system)
    keeps_old = (roll % 1000) / 1000 < piece.world.settings.superseded_kept
    elsewhere = system == "nhs-number" and source != profiles.PDS
    if elsewhere and keeps_old and numbers.superseded[person]:
        old = issued.old_nhs_numbers(numbers, person)
        piece.note(at, system, "superseded")
        return old[roll // 1000 % len(old)]
    return canonical(piece, at, holder=person, system=system)


def _holder_of_second(piece: Piece, at: int) -> int:
    """The holder of a second registration: after the people, in order of the records."""
    before = piece.world.second_before
    return len(piece.world.people) + int(before[piece.first + at])


def _second_pncs(piece: Piece, found: Found) -> None:
    """A second PNC ID for a few people, in the records that list the first."""
    people = piece.world.people
    chosen = slice(piece.chosen.start, piece.chosen.stop)
    shares = values_by_row(_SECOND_PNC, people.documentation[chosen])
    has = (piece.rng.random(len(piece.chosen)) < shares).tolist()
    for at, person in enumerate(piece.person):
        if has[person - piece.chosen.start] and any(i.system == "pnc" for i in found[at]):
            value = issued.pnc_number(piece.world.numbers, person, second=True)
            found[at].append(Identifier("pnc", value))


def _superseded_of_pds(piece: Piece, found: Found) -> None:
    """The demographic service lists the numbers that a person's own superseded."""
    superseded = piece.world.numbers.superseded
    for at, (person, source) in enumerate(zip(piece.person, piece.source, strict=True)):
        if source == profiles.PDS and superseded[person]:
            for old in issued.old_nhs_numbers(piece.world.numbers, person):
                found[at].append(Identifier("nhs-number", old, True))


def _noticed_duplicates(piece: Piece, found: Found) -> None:
    """Where a source noticed a second registration, its other records list that number too."""
    records = piece.world.plan.records
    for at in np.flatnonzero(records.duplicate[piece.first : piece.last]).tolist():
        source, system = piece.source[at], ISSUES[piece.source[at]]
        piece.note(at, system, "second_registration")
        if not records.merged[piece.first + at]:
            continue
        value = canonical(piece, at, holder=_holder_of_second(piece, at), system=system)
        person = piece.person[at]
        begin = int(records.first[person]) - piece.first
        end = int(records.first[person + 1]) - piece.first
        for other in range(begin, end):
            if piece.source[other] == source and not records.duplicate[piece.first + other]:
                found[other].append(Identifier(system, value, source == profiles.PDS))
