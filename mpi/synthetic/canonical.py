"""The canonical value of every identifier system, for a person or a second registration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from mpi.synthetic import issued, profiles
from mpi.synthetic.arrays import iso_dates, year_of
from mpi.synthetic.people import FEMALE
from mpi.synthetic.world import Piece


def canonical(piece: Piece, at: int, *, holder: int, system: str) -> str:
    """A system's number of a holder, or of the record where each record has one of its own."""
    numbers = piece.world.numbers
    issue = _ISSUED.get(system)
    if issue:
        return issue(numbers, holder)
    return _OF_RECORD[system](piece, holder, at)


_ISSUED: Final[Mapping[str, Callable[[issued.Numbers, int], str]]] = {
    "nhs-number": issued.nhs_number,
    "pnc": issued.pnc_number,
    "cro": issued.cro_number,
    "noms-number": issued.noms_number,
    "crn": issued.crn,
    "nino": issued.nino,
    "uln": issued.uln,
    "home-office-reference": lambda numbers, holder: issued.reference(numbers, holder, "Z"),
    "young-person-id": lambda numbers, holder: issued.reference(numbers, holder, "YP"),
    "ndtms-client-reference": lambda numbers, holder: issued.reference(numbers, holder, "ND"),
    "social-care-person-id": lambda numbers, holder: issued.reference(numbers, holder, "SC"),
}


def _upn(piece: Piece, holder: int, at: int) -> str:
    birth = piece.world.people.birth[holder : holder + 1]
    return issued.upn(piece.world.numbers, holder, int(year_of(birth)[0]))


def _driving_licence(piece: Piece, holder: int, at: int) -> str:
    people, called = piece.world.people, piece.called[holder - piece.chosen.start]
    iso = iso_dates(people.birth[holder : holder + 1])[0]
    female = bool(people.sex[holder] == FEMALE)
    return issued.driving_licence(
        called.given, called.family, middle=called.middle, iso=iso, female=female
    )


_ODS: Final = {
    profiles.HJIS: ("X9H01", "X9H02", "X9H03", "X9H04"),
    profiles.SECURE_HOSPITAL: ("X9S01", "X9S02", "X9S03"),
    profiles.MENTAL_HEALTH: ("X9M01",),
}
"""Invented organisation codes by source; a person stays with one organisation of each."""


def _local_patient_id(piece: Piece, holder: int, at: int) -> str:
    codes = _ODS[piece.source[at]]
    return issued.reference(piece.world.numbers, holder, f"{codes[holder % len(codes)]}:")


def _defendant_id(piece: Piece, holder: int, at: int) -> str:
    """Each case makes a defendant anew."""
    high = issued.reference(piece.world.numbers, piece.first + at, "")
    return str(UUID(int=int(high) << 96 | (piece.first + at) * 0x9E3779B97F4A7C15, version=4))


def _custody_reference(piece: Piece, holder: int, at: int) -> str:
    number = int(piece.world.plan.records.number[piece.first + at])
    return f"99ZZ/{number + 1:06d}"


_OF_RECORD: Final[Mapping[str, Callable[[Piece, int, int], str]]] = {
    "upn": _upn,
    "driving-licence": _driving_licence,
    "local-patient-id": _local_patient_id,
    "court-defendant-id": _defendant_id,
    "custody-reference": _custody_reference,
}
