"""Address lines, towns and places of birth as comparable words."""

from __future__ import annotations

import re
from functools import lru_cache

from mpi.cleaning.text import clean_text

_INSTITUTION = re.compile(
    r"\b(HMP|H M P|HMYOI|HMPYOI|YOI|HMIRC|HM PRISON|HER MAJESTYS PRISON|HIS MAJESTYS PRISON"
    r"|YOUNG OFFENDERS? INSTITUTION|YOUNG OFFENDERS INST"
    r"|IRC|(IMMIGRATION )?REMOVAL CENTRE|SHORT TERM HOLDING FACILITY"
    r"|(HIGH|MEDIUM|LOW) SECURE|SECURE (HOSPITAL|UNIT|TRAINING CENTRE|CHILDRENS (HOME|CENTRE))"
    r"|STC|SCH|APPROVED PREMISES|PROBATION HOSTEL|BAIL HOSTEL|CUSTODY SUITE|POLICE STATION"
    r"|PRISON(?! (ROAD|LANE|STREET|HILL|VIEW|COTTAGES?|TERRACE|CLOSE|ROW)))\b"
)
_NO_ADDRESS = re.compile(
    r"\b(NO FIXED (ABODE|ADDRESS)|NFA|NO ADDRESS|HOMELESS|ADDRESS (NOT KNOWN|UNKNOWN|WITHHELD)"
    r"|UNKNOWN ADDRESS|SOFA SURFING|ROUGH SLEEP(ER|ING)|OF NO FIXED)\b"
)
_LONG_FORMS = {
    "ST": "STREET", "STR": "STREET", "RD": "ROAD", "AVE": "AVENUE", "AV": "AVENUE", "LN": "LANE",
    "DR": "DRIVE", "CL": "CLOSE", "CT": "COURT", "CRES": "CRESCENT", "PL": "PLACE", "SQ": "SQUARE",
    "TER": "TERRACE", "TERR": "TERRACE", "GDNS": "GARDENS", "GRN": "GREEN", "HSE": "HOUSE",
    "BLDGS": "BUILDINGS", "PK": "PARK", "GRV": "GROVE", "APT": "FLAT", "APARTMENT": "FLAT",
    "FLT": "FLAT",
}  # fmt: skip


def names_institution(text: str) -> bool:
    """Whether an address is a place of detention or approved premises, which is nobody's home.

    >>> names_institution("HMP Redmoor, Station Rd"), names_institution("4 Prison Lane")
    (True, False)
    """
    return _read_address(text) == _INSTITUTION_ADDRESS


def clean_address(text: str) -> str | None:
    """An address as words, street types in full; nothing for institutions and no fixed abode.

    >>> clean_address("Flat 2, 14 High St."), clean_address("NFA"), clean_address("H.M.P. Redmoor")
    ('FLAT 2 14 HIGH STREET', None, None)
    """
    return _read_address(text) or None


_INSTITUTION_ADDRESS = ""


@lru_cache(maxsize=1 << 16)
def _read_address(text: str) -> str | None:
    """The words; None for no address, and an empty text for an institution."""
    words = clean_text(text)
    if words is None or _NO_ADDRESS.search(words):
        return None
    if _INSTITUTION.search(words):
        return _INSTITUTION_ADDRESS
    first, *rest = words.split()
    return " ".join([first, *(_LONG_FORMS.get(word, word) for word in rest)])


@lru_cache(maxsize=1 << 15)
def clean_place(text: str) -> str | None:
    """A town, district or country as words without digits.

    >>> clean_place("Stoke-on-Trent"), clean_place("St. Helens"), clean_place("N/K")
    ('STOKE ON TRENT', 'SAINT HELENS', None)
    """
    words = clean_text(text)
    kept = [w for w in (words or "").split() if w.isalpha()]
    if kept and kept[0] == "ST" and len(kept) > 1:
        kept[0] = "SAINT"
    place = " ".join(kept)
    return None if place in ("", "N K", "NK", "NFA") or _NO_ADDRESS.search(place) else place
