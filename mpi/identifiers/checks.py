"""Check characters: what makes one mistyped digit of an identifier visible.

Each function computes the character that belongs to the other characters of an identifier. The
parsers compare with it, and whoever invents identifiers appends it, so each rule exists once.
"""

from __future__ import annotations

from nhs_number.validate import calculate_checksum
from stdnum.gb import upn

POLICE_LETTERS = "ZABCDEFGHJKLMNPQRTUVWXY"
"""The check alphabet of PNC and CRO numbers, by remainder: no I, O or S, and Z for 0."""

SF_YEARS = range(39, 96)
"""Two-digit years in which CRO files were numbered in the file form."""

SF_ANNUAL_FROM = 65
"""First two-digit year whose file-form check value contains the year."""


def police_letter(number: int) -> str:
    """The modulus 23 letter of a number: the rule PNC and CRO numbers share.

    >>> police_letter(790163001)
    'B'
    """
    return POLICE_LETTERS[number % 23]


def nhs_check_digit(nine_digits: str) -> str | None:
    """The tenth digit of an NHS number (also CHI and H&C), or None: such a number is not issued.

    Source: NHS data dictionary, modulus 11 with weights 10 to 2; remainders that would need the
    digit ten are left out of the sequence.

    >>> nhs_check_digit("999000001")
    '8'
    >>> nhs_check_digit("999000000") is None
    True
    """
    digit = calculate_checksum(nine_digits)
    return None if digit is None or digit == 10 else str(digit)


def uln_check_digit(nine_digits: str) -> str | None:
    """The tenth digit of a unique learner number, or None: such a number is not issued.

    Source: HESA; weights 10 to 1 must leave remainder 10 modulo 11. An NHS number leaves 0, so no
    number is both.

    >>> uln_check_digit("927630868")
    '6'
    """
    total = sum(
        weight * int(digit) for weight, digit in zip(range(10, 1, -1), nine_digits, strict=True)
    )
    digit = (10 - total) % 11
    return None if digit == 10 else str(digit)


def upn_check_letter(rest: str) -> str:
    """The first letter of a unique pupil number, from the twelve characters after it.

    The last of them is a letter in a temporary number. Source: GDSC, modulus 23, weights 2 to 13.

    >>> upn_check_letter("801200005001")
    'B'
    """
    return str(upn.calc_check_digit(rest))


def pnc_check_letter(year2: int, serial: int) -> str:
    """The last letter of a PNC ID, from its two-digit year and its serial (up to 7 digits).

    The century takes no part: the letter cannot tell 1979 from 2079.

    >>> pnc_check_letter(79, 163001)
    'B'
    """
    return police_letter(year2 * 10_000_000 + serial)


def cro_check_letter(year2: int, serial: int) -> str:
    """The last letter of a CRO number NNNNNN/YYD, from its year and serial (up to 6 digits).

    >>> cro_check_letter(91, 65656)
    'H'
    """
    return police_letter(year2 * 1_000_000 + serial)


def sf_check_letters(year2: int, serial: int) -> frozenset[str]:
    """The letters that may end a CRO number in file form, SFYY/N…D; published rules disagree.

    The criminal justice data standard numbers files of 1939 to 1995: the serial alone before 1965,
    then the year followed by five digits. HMPPS software takes the year followed by the unpadded
    serial in every year. A value that fits either rule is accepted: a mistyped one then passes
    twice in 23 times instead of once, but no file that one of the two knows is lost.

    >>> sorted(sf_check_letters(83, 58))  # B by the standard, J in HMPPS software
    ['B', 'J']
    >>> sorted(sf_check_letters(5, 482703))  # outside the standard's years
    ['J']
    """
    letters = {police_letter(int(f"{year2}{serial}"))}
    if year2 in SF_YEARS and year2 < SF_ANNUAL_FROM:
        letters.add(police_letter(serial))
    elif year2 in SF_YEARS and serial < 100_000:
        letters.add(police_letter(year2 * 100_000 + serial))
    return frozenset(letters)
