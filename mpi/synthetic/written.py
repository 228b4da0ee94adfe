"""How identifiers are typed: the written forms of one value, and what goes wrong while keying.

The forms are those the identifier vectors list; each is one a source system is known to send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

Form = Callable[[str], str]


def _spaced(value: str) -> str:
    return f"{value[:3]} {value[3:6]} {value[6:]}"


def _hyphened(value: str) -> str:
    return f"{value[:3]}-{value[3:6]}-{value[6:]}"


def _short_year(value: str) -> str:
    return value[2:]


def _unpadded(value: str) -> str:
    year, _, rest = value.partition("/")
    return f"{year[2:]}/{rest.lstrip('0')}"


def _long_unpadded(value: str) -> str:
    year, _, rest = value.partition("/")
    return f"{year}/{rest.lstrip('0')}"


def _run_together(value: str) -> str:
    return value.replace("/", "")


def _short_together(value: str) -> str:
    return value[2:].replace("/", "")


def _cro_unpadded(value: str) -> str:
    return value if value.startswith("SF") else value.lstrip("0")


def _nino_spaced(value: str) -> str:
    return f"{value[:2]} {value[2:4]} {value[4:6]} {value[6:8]} {value[8:]}"


def _without_suffix(value: str) -> str:
    return value[:8]


_PLAIN: Final[Form] = str
_LOWER: Final[Form] = str.lower

_FORMS: Final[Mapping[str, tuple[tuple[int, Form], ...]]] = {
    "nhs-number": ((80, _PLAIN), (93, _spaced), (100, _hyphened)),
    "pnc": (
        (50, _PLAIN),
        (70, _short_year),
        (80, _unpadded),
        (85, _long_unpadded),
        (92, _run_together),
        (97, _short_together),
        (100, _LOWER),
    ),
    "cro": ((70, _PLAIN), (95, _cro_unpadded), (100, _LOWER)),
    "nino": ((80, _PLAIN), (95, _nino_spaced), (100, _without_suffix)),
    "noms-number": ((97, _PLAIN), (100, _LOWER)),
    "crn": ((98, _PLAIN), (100, _LOWER)),
    "upn": ((97, _PLAIN), (100, _LOWER)),
    "driving-licence": (
        (95, _PLAIN),
        (100, lambda value: f"{value[:5]} {value[5:11]} {value[11:]}"),
    ),
}
"""Forms by system; a form takes the rolls below its bound that the one before it left."""

PLACEHOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "nhs-number": ("0000000000", "1111111111", "9999999999", "2222222222"),
    "pnc": ("2000/0000000Z", "00/0Z"),
    "cro": ("000000/00Z",),
    "noms-number": ("A0000AA",),
    "crn": ("X000000",),
    "nino": ("XX000000", "UNKNOWN"),
    "uln": ("0000000000", "NOT KNOWN"),
    "upn": ("UNKNOWN",),
    "driving-licence": ("NONE", "N/A"),
}
"""Values that stand for none; systems without an entry leave the value out instead."""


def write(system: str, canonical: str, roll: int) -> str:
    """The canonical value in one of its written forms; `roll` is in 0-99.

    >>> write("pnc", "1979/0163001B", 75), write("nhs-number", "9990000018", 85)
    ('79/163001B', '999 000 0018')
    """
    for below, form in _FORMS.get(system, ()):
        if roll < below:
            return form(canonical)
    return canonical


def mistype(canonical: str, roll: int) -> str:
    """One digit of the value replaced by another: a check character then fails.

    >>> mistype("9990000018", 3)
    '9990040018'
    """
    at = [i for i, c in enumerate(canonical) if c.isdigit()]
    if not at:
        return canonical[1:]
    place = at[-1 - (roll % max(len(at) - 3, 1)) - (1 if len(at) > 4 else 0)]
    digit = (int(canonical[place]) + 1 + roll % 9) % 10
    return f"{canonical[:place]}{digit}{canonical[place + 1 :]}"


def other_century(pnc: str) -> str:
    """A PNC ID with its year in the other century, which its check letter cannot tell.

    >>> other_century("1979/0163001B")
    '2079/0163001B'
    """
    return ("20" if pnc.startswith("19") else "19") + pnc[2:]
