"""Telephone numbers, e-mail addresses, places of birth and occupations."""

from __future__ import annotations

from typing import Final

import numpy as np

from mpi.synthetic.origins import load_origins
from mpi.synthetic.profiles import PROFILES
from mpi.synthetic.variants import without_accents
from mpi.synthetic.world import Piece

_OCCUPATIONS: Final = (
    "Labourer", "Scaffolder", "Warehouse operative", "Delivery driver", "Chef", "Cleaner",
    "Roofer", "Plasterer", "Electrician", "Car mechanic", "Security officer", "Care assistant",
    "Bar staff", "Painter and decorator", "Unemployed", "Student", "Forklift driver", "Barber",
    "Shop assistant", "Gardener", "Factory worker", "Joiner", "Taxi driver", "Kitchen porter",
)  # fmt: skip
_MAIL_HOSTS: Final = ("example.com", "example.org", "example.net")
_NUMBERS: Final = 9_999_991
_SPREAD: Final = 7_654_321

Texts = list[tuple[str, ...]]


def write_contacts(piece: Piece) -> tuple[Texts, Texts]:
    """Telephone numbers and e-mail addresses of every record of a piece."""
    traits, drawn = piece.world.traits, piece.rng.random((len(piece), 3)).tolist()
    phones: Texts = []
    emails: Texts = []
    for at, (person, source) in enumerate(zip(piece.person, piece.source, strict=True)):
        shown, changed, _ = drawn[at]
        contact = PROFILES[source].contact
        has_phone = shown < contact and traits.has_phone[person]
        has_email = shown < contact * 0.7 and traits.has_email[person]
        second = changed < 0.15
        phones.append((phone(person, second=second, spaced=changed > 0.7),) if has_phone else ())
        emails.append((_email(piece, at),) if has_email else ())
    return phones, emails


def phone(person: int, *, second: bool, spaced: bool) -> str:
    """One of a person's two numbers, from 0700, which is no mobile range.

    >>> phone(1, second=False, spaced=True)
    '07005 308 651'
    """
    number = ((2 * person + second) * _SPREAD + (2 * person + second) // _NUMBERS) % _NUMBERS
    digits = f"0700{number:07d}"
    return f"{digits[:5]} {digits[5:8]} {digits[8:]}" if spaced else digits


def _email(piece: Piece, at: int) -> str:
    called, person = piece.names_of(at), piece.person[at]
    name = without_accents(f"{called.given}.{called.family}").lower()
    kept = "".join(c for c in name if c.isalnum() or c == ".")
    return f"{kept}{person % 9973}@{_MAIL_HOSTS[person % 3]}"


def write_lives(piece: Piece) -> tuple[list[str], list[str]]:
    """Place of birth and occupation of every record; empty where the record does not say."""
    people, drawn = piece.world.people, piece.rng.random((len(piece), 2)).tolist()
    countries = [origin.country for origin in load_origins()]
    birth_places, occupations = [], []
    abroad = people.foreign[np.asarray(piece.person, dtype=np.int64)].tolist()
    for at, person in enumerate(piece.person):
        place = countries[people.origin[person]] if abroad[at] else _birth_town(piece, person)
        birth_places.append(place if drawn[at][0] < 0.6 else "")
        job = _OCCUPATIONS[(person * 31 + (drawn[at][1] < 0.2)) % len(_OCCUPATIONS)]
        occupations.append(job if drawn[at][1] < 0.5 else "")
    return birth_places, occupations


def _birth_town(piece: Piece, person: int) -> str:
    """Families come from one town."""
    head = int(piece.world.people.families.head[person])
    return piece.world.map.town(head)
