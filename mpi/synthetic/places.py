"""Addresses: every one is a whole number, from which its line, town and postcode follow.

So a history of addresses costs a few numbers, and two people with one number live together. The
outward codes are real ones, the rest of a postcode and the streets are invented.
"""

from __future__ import annotations

import pkgutil
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import uk_postcodes_parsing.outcodes

from mpi.synthetic.arrays import Random
from mpi.synthetic.stays import establishments, of_kind

_TOWNS: Final = {
    "AL": "St Albans", "B": "Birmingham", "BA": "Bath", "BB": "Blackburn", "BD": "Bradford",
    "BH": "Bournemouth", "BL": "Bolton", "BN": "Brighton", "BR": "Bromley", "BS": "Bristol",
    "CA": "Carlisle", "CB": "Cambridge", "CF": "Cardiff", "CH": "Chester", "CM": "Chelmsford",
    "CO": "Colchester", "CR": "Croydon", "CT": "Canterbury", "CV": "Coventry", "CW": "Crewe",
    "DA": "Dartford", "DE": "Derby", "DH": "Durham", "DL": "Darlington", "DN": "Doncaster",
    "DT": "Dorchester", "DY": "Dudley", "E": "London", "EC": "London", "EN": "Enfield",
    "EX": "Exeter", "FY": "Blackpool", "GL": "Gloucester", "GU": "Guildford", "HA": "Harrow",
    "HD": "Huddersfield", "HG": "Harrogate", "HP": "Hemel Hempstead", "HR": "Hereford",
    "HU": "Hull", "HX": "Halifax", "IG": "Ilford", "IP": "Ipswich", "KT": "Kingston upon Thames",
    "L": "Liverpool", "LA": "Lancaster", "LE": "Leicester", "LL": "Llandudno", "LN": "Lincoln",
    "LS": "Leeds", "LU": "Luton", "M": "Manchester", "ME": "Rochester", "MK": "Milton Keynes",
    "N": "London", "NE": "Newcastle upon Tyne", "NG": "Nottingham", "NN": "Northampton",
    "NP": "Newport", "NR": "Norwich", "NW": "London", "OL": "Oldham", "OX": "Oxford",
    "PE": "Peterborough", "PL": "Plymouth", "PO": "Portsmouth", "PR": "Preston", "RG": "Reading",
    "RH": "Redhill", "RM": "Romford", "S": "Sheffield", "SA": "Swansea", "SE": "London",
    "SK": "Stockport", "SL": "Slough", "SN": "Swindon", "SO": "Southampton",
    "SP": "Salisbury", "SR": "Sunderland", "SS": "Southend-on-Sea", "ST": "Stoke-on-Trent",
    "SW": "London", "TA": "Taunton", "TF": "Telford", "TN": "Tonbridge", "TQ": "Torquay",
    "TR": "Truro", "TS": "Middlesbrough", "TW": "Twickenham", "UB": "Southall", "W": "London",
    "WA": "Warrington", "WC": "London", "WD": "Watford", "WF": "Wakefield", "WN": "Wigan",
    "WR": "Worcester", "WS": "Walsall", "WV": "Wolverhampton", "YO": "York",
}  # fmt: skip
"""Post towns of the postcode areas of England and Wales."""

_STREETS: Final = (
    "Acacia Albert Alder Alexandra Alma Ash Balmoral Bank Baker Barn Beech Birch Bridge Brook "
    "Cambridge Canal Carlton Castle Cavendish Cedar Chapel Cherry Church Clarence Clifton "
    "Coronation Cromwell Derby Devonshire Dover Duke Elm Essex Farm Field Forest George "
    "Gladstone Gloucester Granville Green Grange Grosvenor Hall Hawthorn Hazel Heath High "
    "Hill Holly Howard Jubilee Kenilworth Kent King Kingsway Lancaster Laurel Lime Lincoln "
    "Linden London Manor Maple Market Mayfield Mill Milton Moor Nelson New Norfolk North Oak "
    "Orchard Oxford Park Pine Poplar Princes Priory Queen Raglan Richmond Rose Rowan Russell "
    "Salisbury School Shakespeare Somerset South Spring Stanley Station Sycamore Tennyson "
    "Thorn Tower Trinity Union Vale Vernon Victoria Warwick Waterloo Well Wellington West "
    "Willow Windsor Wood Woodland York"
)
_KINDS: Final = (
    "Road", "Street", "Road", "Avenue", "Close", "Lane", "Drive", "Street", "Terrace", "Crescent",
    "Gardens", "Grove", "Place", "Way", "Court",
)  # fmt: skip
_ABBREVIATED: Final = {
    "Road": "Rd", "Street": "St", "Avenue": "Ave", "Close": "Cl", "Lane": "Ln", "Drive": "Dr",
    "Terrace": "Terr", "Crescent": "Cres", "Gardens": "Gdns", "Grove": "Grv", "Place": "Pl",
    "Court": "Ct",
}  # fmt: skip
_UNIT: Final = "ABDEFGHJLNPQRSTUWXYZ"
_OUTWARD_CODES: Final = 400
_MASK: Final = (1 << 64) - 1


class Address(NamedTuple):
    """Line, town and postcode of a home; the town is also part of the line in some sources."""

    line: str
    town: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Map:
    """The outward codes of this population, the commoner ones listed several times."""

    outward: tuple[str, ...]
    seed: int
    streets: tuple[str, ...]

    def address(self, number: int) -> Address:
        """The address of a number: pure, and the same whenever it is asked for."""
        mixed = _mix(number ^ self.seed)
        mixed, outward = divmod(mixed, len(self.outward))
        mixed, house = divmod(mixed, 140)
        code = self.outward[outward]
        mixed, unit = divmod(mixed, 80)
        # The street belongs to the postcode, so that neighbours live in one street.
        street = self.streets[_mix(outward * 80 + unit) % len(self.streets)]
        kind = _mix(outward * 80 + unit + 1) % len(_KINDS)
        flat = f"Flat {1 + mixed % 12}, " if mixed % 7 == 0 else ""
        return Address(
            f"{flat}{house + 1} {street} {_KINDS[kind]}",
            _TOWNS[_area(code)],
            f"{code} {1 + unit // 20}{_UNIT[unit % 20]}{_UNIT[(7 * unit + outward) % 20]}",
        )

    def town(self, number: int) -> str:
        """A post town of this part of the country."""
        return _TOWNS[_area(self.outward[_mix(number ^ self.seed) % len(self.outward)])]


def draw_map(rng: Random) -> Map:
    """The part of the country this population lives in."""
    known = outward_codes()
    chosen = rng.choice(len(known), size=_OUTWARD_CODES, replace=False)
    # A third of the codes holds most people, as towns do.
    listed = [known[i] for rank, i in enumerate(chosen) for _ in range(4 if rank % 3 == 0 else 1)]
    return Map(tuple(listed), int(rng.integers(1, 1 << 60)), tuple(_STREETS.split()))


@lru_cache(maxsize=1)
def outward_codes() -> tuple[str, ...]:
    """The outward codes of England and Wales that the postcode library ships, in order."""
    modules = pkgutil.iter_modules(uk_postcodes_parsing.outcodes.__path__)
    codes = sorted(module.name.upper() for module in modules)
    return tuple(code for code in codes if _area(code) in _TOWNS)


@lru_cache(maxsize=1 << 12)
def _area(code: str) -> str:
    found = re.match("[A-Z]+", code)
    return found[0] if found else ""


def _mix(number: int) -> int:
    """A whole number well mixed into 64 bits (splitmix64)."""
    z = (number * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def abbreviated(line: str) -> str:
    """The line with its street type cut short, as half of all forms have it."""
    rest, _, kind = line.rpartition(" ")
    return f"{rest} {_ABBREVIATED.get(kind, kind)}"


def establishment_address(number: int) -> Address:
    """The address of a place of detention."""
    place = establishments()[number]
    return Address(place.name, place.town, place.postcode)


def hostel_address(number: int) -> Address:
    """Approved premises: a few addresses that tens of people share."""
    return establishment_address(int(_hostels()[number % len(_hostels())]))


@lru_cache(maxsize=1)
def _hostels() -> tuple[int, ...]:
    return tuple(of_kind("approved-premises").tolist())


def other_unit(postcode: str, roll: int) -> str:
    """Another postcode of the same sector.

    >>> other_unit("LS1 4AP", 3)
    'LS1 4FP'
    """
    letter = postcode[-2]
    others = [each for each in _UNIT if each != letter]
    return f"{postcode[:-2]}{others[roll % len(others)]}{postcode[-1]}"
