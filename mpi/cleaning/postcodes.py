"""Postcodes, as far as they say where someone lives.

A postcode text may carry how it is to be read: `other:75011`. The loader of a source system writes
that mark from its TOML, so the choice travels inside the Record and is made in one place. Text
without a mark is a UK postcode. A UK postcode has no colon, so no value can be taken for a mark.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from mpi.cleaning.text import clean_text, fold

POSTCODE_KINDS = ("uk", "other", "text", "institution")
"""How a postcode is read: `uk`; `other`, a code of another country; `text`, a district by name;
`institution`, a place of detention, which is nobody's home and gives nothing."""

_NOT_CODE = re.compile("[^A-Z0-9]+")
_UK = re.compile("([A-Z0]{1,2})([0-9OI])([A-Z0-9]?)([0-9OI])([A-Z01]{2})")
_PSEUDO = re.compile("ZZ?99.*|NF1.*|ZZ.*|XX.*")
_LETTER, _DIGIT = str.maketrans("01", "OI"), str.maketrans("OI", "01")
_NO_CODE = re.compile("0*|9{4,}|NONE|UNKNOWN|NA|NK|NFA|X+")


class PostcodeParts(NamedTuple):
    """A clean postcode and the areas that contain it; an area is empty where it has no meaning."""

    postcode: str
    sector: str
    outward: str


def mark_postcode(text: str, kind: str) -> str:
    """The text as a Record carries it: marked, unless it is a UK postcode or empty.

    >>> mark_postcode("75011", "other"), mark_postcode("LS1 4AP", "uk")
    ('other:75011', 'LS1 4AP')
    """
    return text if kind == "uk" or not text.strip() else f"{kind}:{text}"


def clean_postcode(text: str) -> str | None:
    """The postcode alone; see `postcode_parts`.

    >>> clean_postcode("ls1 4ap"), clean_postcode("LSI 4AP"), clean_postcode("ZZ99 3VZ")
    ('LS1 4AP', 'LS1 4AP', None)
    """
    parts = postcode_parts(text)
    return parts.postcode if parts else None


@lru_cache(maxsize=1 << 17)
def postcode_parts(text: str) -> PostcodeParts | None:
    """A postcode with its areas; nothing for pseudo, institution and malformed postcodes.

    The letters O and I and the digits 0 and 1 are told apart by their place. Pseudo postcodes
    (no fixed abode and the like): ZZ99 of the NHS, its misspelling Z99, NF1 of probation.

    >>> postcode_parts("EC1A 1BB")
    PostcodeParts(postcode='EC1A 1BB', sector='EC1A 1', outward='EC1A')
    >>> postcode_parts("other:3050-123"), postcode_parts("institution:LS1 4AP")
    (PostcodeParts(postcode='3050123', sector='', outward='305'), None)
    """
    mark, colon, value = text.partition(":")
    kind = mark if colon and mark in POSTCODE_KINDS else "uk"
    return _READERS[kind](value if colon and mark in POSTCODE_KINDS else text)


def _uk(text: str) -> PostcodeParts | None:
    code = _NOT_CODE.sub("", fold(text))
    found = _UK.fullmatch(code)
    if not found or _PSEUDO.fullmatch(code):
        return None
    area, digit, rest, inner, unit = found.groups()
    # O and I never end an outward code, so there they are digits.
    district = area.translate(_LETTER) + digit.translate(_DIGIT) + rest.translate(_DIGIT)
    inner, unit = inner.translate(_DIGIT), unit.translate(_LETTER)
    postcode = f"{district} {inner}{unit}"
    if postcode in institution_postcodes():
        return None
    return PostcodeParts(postcode, f"{district} {inner}", district)


def _other(text: str) -> PostcodeParts | None:
    code = _NOT_CODE.sub("", fold(text))
    return None if _NO_CODE.fullmatch(code) else PostcodeParts(code, "", code[:3])


def _text(text: str) -> PostcodeParts | None:
    words = clean_text(text)
    compact = words.replace(" ", "") if words else ""
    return PostcodeParts(compact, "", compact) if compact else None


def _institution(_text: str) -> None:
    return None


_READERS = {"uk": _uk, "other": _other, "text": _text, "institution": _institution}


@lru_cache(maxsize=1)
def institution_postcodes() -> frozenset[str]:
    """Postcodes of the shipped table of establishments, which are invented.

    They lie in areas that do not exist, so the table can hide nobody's home. A deployment with a
    register of real establishments names it in the TOML of each source.
    """
    table = resources.files("mpi.cleaning").joinpath("institutions.csv").read_text("utf-8")
    return frozenset(row["postcode"] for row in csv.DictReader(table.splitlines()))
