"""Telephone numbers and e-mail addresses."""

from __future__ import annotations

import re
from functools import lru_cache

from mpi.cleaning.text import fold

_EXTENSION = re.compile(r"\s*(X|EXT|EXTN|EXTENSION)\.?\s*\d+\s*$")
_TRUNK_ZERO = re.compile(r"\(0\)")
_NOT_DIGIT = re.compile(r"\D+")
_INTERNATIONAL = re.compile("^00(?=[1-9])")
_EMPTY_NUMBER = re.compile(r"(\d)\1*|0?1234567(89?0?)?")
_EMAIL = re.compile(r"[A-Z0-9.!#$%&*+/=?^_{|}~-]+@[A-Z0-9-]+(\.[A-Z0-9-]+)+")
_EMPTY_EMAIL = re.compile(
    r"(NONE|NO|NA|N\.A|UNKNOWN|NOEMAIL|NO\.EMAIL|NOREPLY|NO-REPLY|TEST|XX+)@.*"
    r"|.*@(NONE|UNKNOWN|NOEMAIL|NA)\..*"
)


@lru_cache(maxsize=1 << 15)
def clean_phone(text: str) -> str | None:
    """National significant digits of a UK number; the digits of another with its country code.

    >>> clean_phone("+44 (0)7700 900123"), clean_phone("07700 900 123"), clean_phone("0000000000")
    ('7700900123', '7700900123', None)
    """
    plain = _EXTENSION.sub("", _TRUNK_ZERO.sub("", fold(text)))
    digits = _NOT_DIGIT.sub("", plain)
    if not plain.lstrip().startswith("+"):
        digits = _INTERNATIONAL.sub("", digits)
    if digits.startswith("44") and len(digits) > 10:
        digits = digits[2:]
    digits = digits.lstrip("0")
    return None if not 7 <= len(digits) <= 15 or _EMPTY_NUMBER.fullmatch(digits) else digits


@lru_cache(maxsize=1 << 15)
def clean_email(text: str) -> str | None:
    """An e-mail address in upper case; what follows a plus is kept, it may be part of the name.

    >>> clean_email(" A.Zephyr+x@Example.org "), clean_email("none@none.com"), clean_email("n/a")
    ('A.ZEPHYR+X@EXAMPLE.ORG', None, None)
    """
    address = fold(text).strip().removeprefix("MAILTO:")
    if not _EMAIL.fullmatch(address) or _EMPTY_EMAIL.fullmatch(address):
        return None
    return address
