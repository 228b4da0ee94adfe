"""Records put together from their parts, in our columns, ready to be written as a source would."""

from __future__ import annotations

from typing import Final

import numpy as np

from mpi.records import Record
from mpi.synthetic.arrays import iso_dates
from mpi.synthetic.contacts import write_contacts, write_lives
from mpi.synthetic.dating import write_birth_dates
from mpi.synthetic.housing import write_addresses
from mpi.synthetic.identifying import write_identifiers
from mpi.synthetic.naming import write_names
from mpi.synthetic.people import MALE, OTHER
from mpi.synthetic.profiles import HJIS, NDELIUS, NOMIS, POLICE, SOURCES
from mpi.synthetic.world import Piece

_MOST_DATES: Final = 6
"""Longest list of custody dates a source shows: the latest ones."""

_LISTS_EARLIER: Final = (NOMIS, HJIS, NDELIUS)
_FIRST_KEY: Final = 10_000_000


def assemble(piece: Piece) -> list[Record]:
    """The records of a piece, as dirty as their sources deliver them."""
    names, births, homes = write_names(piece), write_birth_dates(piece), write_addresses(piece)
    identifiers, sexes, keys = write_identifiers(piece), _sexes(piece), source_ids(piece)
    phones, emails = write_contacts(piece)
    birth_places, occupations = write_lives(piece)
    custody, sentences = _custody_dates(piece), _sentence_dates(piece)
    versions = _versions(piece)
    return [
        Record(
            source=SOURCES[source],
            source_id=keys[at],
            version=versions[at],
            names=names[at],
            birth_dates=births[at],
            sex=sexes[at],
            postcodes=homes[at].postcodes,
            addresses=homes[at].lines,
            town=homes[at].town,
            phones=phones[at],
            emails=emails[at],
            birth_place=birth_places[at],
            occupation=occupations[at],
            identifiers=tuple(identifiers[at]),
            custody_dates=custody[at],
            sentence_dates=sentences[at],
        )
        for at, source in enumerate(piece.source)
    ]


def source_ids(piece: Piece) -> list[str]:
    """The row keys: no two sources share one, so that a mix-up of sources shows."""
    numbers = piece.world.plan.records.number[piece.first : piece.last].tolist()
    return [
        str(_FIRST_KEY * (source + 1) + number)
        for source, number in zip(piece.source, numbers, strict=True)
    ]


def _versions(piece: Piece) -> list[str]:
    """When a record was last touched: the day, which sources with a sequence write as a number.

    A version without a time format is a number; the days since 1970 rise like any sequence.
    """
    observed = piece.world.plan.records.observed[piece.first : piece.last]
    stamps = [f"{day}T09:30:00" for day in iso_dates(observed)]
    numbered = piece.world.numbered_versions
    return [
        str(number) if numbered[source] else stamp
        for source, number, stamp in zip(piece.source, observed.tolist(), stamps, strict=True)
    ]


def _sexes(piece: Piece) -> list[str]:
    """M or F; the former one in old records of people who changed it; wrong for a few."""
    people = piece.world.people
    person = np.asarray(piece.person, dtype=np.int64)
    former = (people.former_sex[person] >= 0) & (piece.rng.random(len(person)) < 0.4)
    sex = np.where(former, people.former_sex[person], people.sex[person])
    texts = ["" if each == OTHER else "M" if each == MALE else "F" for each in sex.tolist()]
    for at in np.flatnonzero(former).tolist():
        piece.note(at, "sex", "former")
    for at, _ in piece.struck("sex_other"):
        texts[at] = "F" if texts[at] == "M" else "M"
        piece.note(at, "sex", "sex_other")
    return texts


def _custody_dates(piece: Piece) -> list[tuple[str, ...]]:
    """Reception days: of the stay the record describes, and earlier ones where sources list them.

    They are the same days in every source that tells of the same stay, so they are evidence.
    """
    records, stays = piece.world.plan.records, piece.world.plan.stays
    low = int(stays.first[piece.chosen.start])
    begun = iso_dates(stays.start[low : int(stays.first[piece.chosen.stop])])
    starts = stays.start
    arrests = iso_dates(np.maximum(records.arrest[piece.first : piece.last], 0))
    found: list[tuple[str, ...]] = []
    for at, (person, source) in enumerate(zip(piece.person, piece.source, strict=True)):
        stay = int(records.stay[piece.first + at])
        first, end = int(stays.first[person]), int(stays.first[person + 1])
        if source == POLICE:
            found.append((arrests[at],))
        elif source == NDELIUS:
            seen = int(records.observed[piece.first + at])
            known = [i for i in range(first, end) if starts[i] <= seen][-_MOST_DATES:]
            found.append(tuple([begun[i - low] for i in known]))
        elif stay >= 0:
            begin = max(first, stay - _MOST_DATES + 1) if source in _LISTS_EARLIER else stay
            found.append(tuple(begun[begin - low : stay - low + 1]))
        else:
            found.append(())
    return found


def _sentence_dates(piece: Piece) -> list[tuple[str, ...]]:
    days = piece.world.plan.records.sentence[piece.first : piece.last]
    texts = iso_dates(np.maximum(days, 0))
    return [(text,) if day >= 0 else () for day, text in zip(days.tolist(), texts, strict=True)]
