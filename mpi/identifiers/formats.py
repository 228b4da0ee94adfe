"""How each identifier is written: text as a source sends it in, canonical form (or None) out.

Every reader takes *folded* text (see `fold`): ASCII, upper case, without white space. So no reader
meets a digit that is not 0 to 9, and none needs to know about spacing or case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from mpi.identifiers.checks import (
    cro_check_letter,
    nhs_check_digit,
    pnc_check_letter,
    sf_check_letters,
    uln_check_digit,
    upn_check_letter,
)

Reader: TypeAlias = Callable[[str], str | None]

MAX_LENGTH = 200
"""Longest text looked at, in characters; fixed-width feeds pad, but nothing pads this far."""

PNC_PIVOT = 38
"""Last two-digit PNC year read as 20YY; 39 to 99 are 19YY, as in HMPPS prisoner search.

A constant, not this year: the reading of a value must not change with the clock. It serves until
the end of 2038.
"""

_DASHES_AND_INVISIBLES = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", "")
)


def fold(text: str) -> str | None:
    """Text without white space, in upper case; None when it is too long or not ASCII.

    Typographic dashes count as hyphens and zero-width characters as nothing: word processors put
    them there. Any other character outside ASCII, a digit of another script included, is no part
    of an identifier.

    >>> fold(" ab 12\\u201334\\u00a0")
    'AB12-34'
    >>> fold("٩٤٣") is None
    True
    """
    if len(text) > MAX_LENGTH:
        return None
    compact = "".join(text.split())
    if not compact.isascii():
        compact = compact.translate(_DASHES_AND_INVISIBLES)
        if not compact.isascii():
            return None
    return compact.upper()


def of_shape(pattern: str, *, drop: str = "-") -> Reader:
    """A reader for identifiers without a check digit: the whole text, without `drop`, must fit.

    The canonical form is the part `id` of the pattern.
    """
    shape = re.compile(pattern)

    def read(text: str) -> str | None:
        found = shape.fullmatch(text.replace(drop, ""))
        return found["id"] if found else None

    return read


_TEN_DIGITS = re.compile("[0-9]{10}")


def nhs_number(text: str) -> str | None:
    """Ten digits, the last a check digit. Scottish CHI and Northern Irish H&C numbers share it.

    Numbers from 999, which are issued only to test patients, are accepted: they are well-formed,
    and a deployment's own test patients must work.

    >>> nhs_number("943-476-5919")
    '9434765919'
    """
    digits = text.replace("-", "")
    fits = _TEN_DIGITS.fullmatch(digits) and nhs_check_digit(digits[:9]) == digits[9]
    return digits if fits else None


def uln(text: str) -> str | None:
    """Ten digits, the first not 0, the last a check digit.

    >>> uln("9276308686")
    '9276308686'
    """
    digits = text.replace("-", "")
    shaped = _TEN_DIGITS.fullmatch(digits) and digits[0] != "0"
    return digits if shaped and uln_check_digit(digits[:9]) == digits[9] else None


_UPN = re.compile("[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]")


def upn(text: str) -> str | None:
    """Check letter, eleven digits, and a digit or (in a temporary number) a letter.

    The local authority is not checked: a pupil keeps the number of an authority since abolished.

    >>> upn("b801200005001")
    >>> upn("B801200005001")
    'B801200005001'
    """
    value = text.replace("-", "")
    fits = _UPN.fullmatch(value) and upn_check_letter(value[1:]) == value[0]
    return value if fits else None


_PNC = re.compile(
    "(?:(?P<year>[0-9]{4}|[0-9]{2})/(?P<serial>[0-9]{1,7})"
    "|(?P<long_year>[0-9]{4})(?P<long_serial>[0-9]{7})"
    "|(?P<short_year>[0-9]{2})(?P<short_serial>[0-9]{1,7}))(?P<letter>[A-Z])"
)


def pnc_year(year: str, pivot: int = PNC_PIVOT) -> int | None:
    """The full year of a PNC ID; None for a year that the pivot puts in another century.

    The check letter says nothing of the century, so `2079` for `1979` is caught here.

    >>> pnc_year("79"), pnc_year("02"), pnc_year("2079")
    (1979, 2002, None)
    """
    number = int(year)
    full = (2000 if number % 100 <= pivot else 1900) + number % 100
    return full if len(year) == 2 or number == full else None


def pnc(text: str) -> str | None:
    """A PNC ID, as `YYYY/NNNNNNND`; the slash, the century and leading zeros may be missing.

    Without the slash a four-digit year needs all seven digits of the serial. The slash is read
    before it is dropped: removing it first takes `1979/163001B` for year 19.

    >>> pnc("79/163001B"), pnc("1979/163001B"), pnc("19790163001B")
    ('1979/0163001B', '1979/0163001B', '1979/0163001B')
    """
    found = _PNC.fullmatch(text)
    if found is None:
        return None
    year = pnc_year(found["year"] or found["long_year"] or found["short_year"])
    serial = int(found["serial"] or found["long_serial"] or found["short_serial"])
    letter = found["letter"]
    if year is None or pnc_check_letter(year % 100, serial) != letter:
        return None
    return f"{year}/{serial:07}{letter}"


_CRO = re.compile("(?P<serial>[0-9]{1,6})/(?P<year>[0-9]{2})(?P<letter>[A-Z])")
_CRO_FILE = re.compile("SF(?P<year>[0-9]{2})/(?P<serial>[0-9]{1,6})(?P<letter>[A-Z])")


def cro(text: str) -> str | None:
    """A CRO number: `NNNNNN/YYD`, or the older file form `SFYY/N…D` with an unpadded serial.

    Where published rules for the file form disagree, either is accepted (see `sf_check_letters`).

    >>> cro("65656/91H"), cro("SF83/00058B")
    ('065656/91H', 'SF83/58B')
    """
    found = _CRO.fullmatch(text) or _CRO_FILE.fullmatch(text)
    if found is None:
        return None
    year, serial, letter = int(found["year"]), int(found["serial"]), found["letter"]
    if found.re is _CRO_FILE:
        fits = letter in sf_check_letters(year, serial)
        return f"SF{year:02}/{serial}{letter}" if fits else None
    fits = letter == cro_check_letter(year, serial)
    return f"{serial:06}/{year:02}{letter}" if fits else None


noms_number = of_shape("(?P<id>[A-Z][0-9]{4}[A-Z]{2})")

# One letter or two: published HMPPS code accepts each in different places, and refusing a value
# that probation uses would cost evidence.
crn = of_shape("(?P<id>[A-Z]{1,2}[0-9]{6})")

# CR, MW and NC are administrative prefixes of other schemes (as is OO, excluded by its second O).
nino = of_shape(
    "(?P<id>(?!BG|GB|KN|NK|NT|TN|ZZ|CR|MW|NC)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]?)"
)

# Great Britain: surname padded with 9, decade, month (+50 for women), day, year, initials, an
# arbitrary and two check characters (rule unpublished), then perhaps the issue number, which
# changes with every card and is left out. Northern Ireland: eight digits.
driving_licence = of_shape(
    "(?P<id>(?:[A-Z]{5}|[A-Z]{4}9|[A-Z]{3}99|[A-Z]{2}999|[A-Z]9999)"
    "[0-9](?:[05][1-9]|[16][0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]"
    "(?:[A-Z][A-Z9]|99)[0-9A-Z]{3}|[0-9]{8})(?:(?<=[0-9A-Z]{16})[0-9]{2})?"
)

_LOCAL = "[A-Z0-9](?:[A-Z0-9/._-]{0,38}[A-Z0-9])?"

# No format is published. Punctuation is kept, since 1/23 and 12/3 may be two people.
local_reference = of_shape(f"(?P<id>{_LOCAL})", drop="")

# The same, but written with and without hyphens by one office; a slash starts a dependant's number.
home_office_reference = of_shape(f"(?P<id>{_LOCAL})")

_SCOPED = re.compile(f"(?P<ods>[A-Z0-9]{{3,12}})[:|](?P<value>{_LOCAL})")


def local_patient_id(text: str) -> str | None:
    """An organisation's own patient number, as `ODS:value`; without the ODS code it names nobody.

    >>> local_patient_id("RX1|0012345")
    'RX1:0012345'
    """
    found = _SCOPED.fullmatch(text)
    return f"{found['ods']}:{found['value']}" if found else None
