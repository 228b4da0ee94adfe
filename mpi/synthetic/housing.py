"""Addresses as each record has them: homes, former homes, establishments and no fixed abode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mpi.synthetic.places import (
    Address,
    abbreviated,
    establishment_address,
    hostel_address,
    other_unit,
)
from mpi.synthetic.profiles import SUBSTANCE_MISUSE
from mpi.synthetic.traits import MOST_ADDRESSES
from mpi.synthetic.world import Piece

_NO_FIXED_ABODE: Final = (
    ("NFA", "ZZ99 3VZ"),
    ("No fixed abode", "ZZ99 3VZ"),
    ("", "ZZ99 3VZ"),
    ("NO FIXED ABODE", "NF1 1NF"),
    ("NFA", "NF1 1FA"),
    ("No Fixed Abode", ""),
    ("Homeless, sofa surfing", ""),
    ("", ""),
)
_PSEUDO: Final = ("ZZ99 3WZ", "ZZ99 3CZ", "ZZ993WZ", "ZZ99 3GZ", "Z99 3CZ", "zz99 3wz")
_CUT_SHARE: Final = 0.3
"""Share of post codes cut to the sector or outward code in substance misuse records."""


@dataclass(slots=True)
class Housed:
    """One record's addresses, the present one first, and its town."""

    lines: tuple[str, ...]
    postcodes: tuple[str, ...]
    town: str


_NOWHERE: Final = Housed((), (), "")


def write_addresses(piece: Piece) -> list[Housed]:
    """The addresses of every record of a piece."""
    stale = dict(piece.struck("postcode_stale"))
    found = _homes(piece, stale)
    for at, roll in piece.struck("postcode_unit"):
        home = found[at]
        home.postcodes = (other_unit(home.postcodes[0], roll), *home.postcodes[1:])
        piece.note(at, "postcode", "unit")
    _write_badly(piece, found)
    for at, roll in piece.struck("postcode_pseudo"):
        found[at].postcodes = (_PSEUDO[roll % len(_PSEUDO)],)
        piece.note(at, "postcode", "pseudo")
    _away_from_home(piece, found)
    for at, _ in piece.struck("address_missing"):
        found[at] = _NOWHERE
        piece.note(at, "postcode", "missing")
    return found


def _homes(piece: Piece, stale: dict[int, int]) -> list[Housed]:
    """The home each record knows of: the latest, unless it is stale; earlier ones for some."""
    listed = piece.chance(piece.world.settings.former_addresses)
    known: dict[int, Address] = {}
    found = []
    for at, person in enumerate(piece.person):
        count = int(piece.world.traits.addresses[person])
        which = 0
        if at in stale:
            which = 1 + stale[at] % (count - 1)
            piece.note(at, "postcode", "stale")
        shown = [which]
        if listed[at] and which + 1 < count:
            shown.append(which + 1)
        homes = [_home(piece, person, each, known) for each in shown]
        found.append(
            Housed(
                tuple([home.line for home in homes]),
                tuple([home.postcode for home in homes]),
                homes[0].town,
            )
        )
    return found


def _home(piece: Piece, person: int, which: int, known: dict[int, Address]) -> Address:
    """A home of a person's history, 0 being the latest; families share the latest two."""
    world = piece.world
    if which == 0 and world.traits.hostel[person]:
        return hostel_address(person)
    owner = int(world.people.home[person]) if which <= 1 else person
    number = owner * MOST_ADDRESSES + which
    if number not in known:
        known[number] = world.map.address(number)
    return known[number]


def _write_badly(piece: Piece, found: list[Housed]) -> None:
    """Street types cut short, postcodes without their space or cut; none of it in clean data."""
    careless = piece.world.settings.missing
    drawn = piece.rng.random((len(piece), 2)).tolist()
    for at, (line, code) in enumerate(drawn):
        home = found[at]
        if line < 0.4 * careless:
            home.lines = tuple([abbreviated(each) for each in home.lines])
        if piece.source[at] == SUBSTANCE_MISUSE and code < _CUT_SHARE * careless:
            home.postcodes = (home.postcodes[0][:-2].strip(), *home.postcodes[1:])
            piece.note(at, "postcode", "cut")
        elif code < 0.12 * careless:
            home.postcodes = tuple([each.replace(" ", "") for each in home.postcodes])
        elif code < 0.15 * careless:
            home.postcodes = tuple([each.lower() for each in home.postcodes])


def _away_from_home(piece: Piece, found: list[Housed]) -> None:
    """The establishment in place of the home, then no fixed abode, which outranks it."""
    records, stays = piece.world.plan.records, piece.world.plan.stays
    keeps_former = piece.world.settings.former_addresses > 0
    for at, roll in piece.struck("establishment"):
        place = establishment_address(int(stays.establishment[records.stay[piece.first + at]]))
        home = found[at]
        # Some keep the home as an earlier address.
        kept = keeps_former and roll % 2 == 0
        lines, codes = (home.lines, home.postcodes) if kept else ((), ())
        found[at] = Housed((place.line, *lines), (place.postcode, *codes), place.town)
        piece.note(at, "postcode", "establishment")
    for at, roll in piece.struck("no_fixed_abode"):
        line, code = _NO_FIXED_ABODE[roll % len(_NO_FIXED_ABODE)]
        home = found[at]
        found[at] = Housed((line, *home.lines[1:]), (code, *home.postcodes[1:]), "")
        piece.note(at, "postcode", "no_fixed_abode")
