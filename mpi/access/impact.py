"""Who was told of a link that has since been undone.

An entry tells that identifiers belonged to one person. Where they are now of different persons, or
of nobody, the recipient has something that no longer holds, and should be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mpi.access.reading import Entry

Hash = tuple[str, str]
"""An identifier in the audit: its system, and the keyed hash of its value."""


@dataclass(frozen=True, slots=True)
class Undone:
    """An entry, and the systems whose identifiers it told that are no longer of the person asked
    about.
    """

    entry: Entry
    systems: tuple[str, ...]


def undone(
    person_id: str, entries: Iterable[Entry], holders: Mapping[str, Collection[Hash]]
) -> Iterator[Undone]:
    """The entries that told of a person what is no longer so.

    Args: holders, the identifiers of each person who now holds any record that ever was of this
    one, as in the audit.
    """
    for entry in entries:
        for person in entry.get("persons", ()):
            if person.get("person") == person_id:
                gone = _parted(entry, person, holders)
                if gone:
                    yield Undone(entry, gone)


def _parted(
    entry: Entry,
    person: Mapping[str, Mapping[str, list[list[str]]]],
    holders: Mapping[str, Collection[Hash]],
) -> tuple[str, ...]:
    """The systems of what was told that nobody now holds together with what was asked.

    Asked by person id nothing was asked with, so what was told must still be of one person.
    """
    told = [(system, each[0]) for system, found in person.get("told", {}).items() for each in found]
    asked = [(system, hashed) for system, hashed in entry.get("asked", ())]
    best = max((_together(told, asked, held) for held in holders.values()), key=len, default=set())
    return tuple(sorted({system for system, hashed in told if (system, hashed) not in best}))


def _together(told: Iterable[Hash], asked: Collection[Hash], held: Collection[Hash]) -> set[Hash]:
    """What one person now holds of what was told, if they hold what was asked with."""
    if asked and not any(each in held for each in asked):
        return set()
    return {each for each in told if each in held}
