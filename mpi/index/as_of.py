"""What the index believed of a person at one time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from mpi.access.restricted import LOCATING
from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import PersonNotFound, UsageError
from mpi.index import shown
from mpi.index.apart import Apart
from mpi.index.history import Logged, endings_told, first_told
from mpi.records import RESTRICTED, Identifier, RecordKey
from mpi.store.view import View


@dataclass(frozen=True, slots=True)
class PersonAsOf:
    """A person id as the index had it after an event: `sequence`, at the time `at`.

    Where it was not in use then, `current` maps the persons who held its last records to how many
    each held. How sure the index was then is not kept. `restricted` is whether somebody who holds
    one of its records now is.
    """

    person_id: str
    sequence: int
    at: str
    release: str | None
    in_use: bool
    records: tuple[RecordKey, ...]
    identifiers: tuple[tuple[Identifier, tuple[RecordKey, ...]], ...]
    current: Mapping[str, int]
    restricted: bool = False

    def disclosed(self) -> PersonAsOf:
        """What may be told of it: of somebody restricted nothing that says where they are."""
        if not self.restricted:
            return self
        told = tuple(each for each in self.identifiers if each[0].system not in LOCATING)
        return replace(self, identifiers=told)

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "person_id": self.person_id,
            "sequence": self.sequence,
            "at": self.at,
            "release": self.release,
            "in_use": self.in_use,
            "records": [key._asdict() for key in self.records],
            "identifiers": [
                {
                    "system": each.system,
                    "value": each.value,
                    "verified": each.verified,
                    "records": [key._asdict() for key in keys],
                }
                for each, keys in self.identifiers
            ],
            "current": dict(self.current),
        }

    def _repr_html_(self) -> str:
        """For a notebook."""
        return shown.as_of(self.as_dict())


def as_of(view: View, person_id: str, at: datetime | int, sight: Sight = EVERYTHING) -> PersonAsOf:
    """A person id as the index had it at a time, or after an event.

    Args: sight, of whoever asks; as of `history`.
    Raises PersonNotFound for one that was not issued by then, and UsageError for an event that has
    not happened.
    """
    past, apart = view.past, Apart.of(view, sight)
    sequence = _sequence(view, at)
    if first_told(apart, person_id) > sequence:
        raise PersonNotFound()
    endings = [each for each in endings_told(apart, person_id) if each.sequence <= sequence]
    in_use = not endings or endings[-1].what == "restored"
    held: defaultdict[Identifier, list[RecordKey]] = defaultdict(list)
    for each in past.identifiers(person_id, sequence):
        if apart.hides(person_id, each.key):
            continue
        held[Identifier(each.system, each.value, each.verified)].append(each.key)
    members = apart.told(person_id, past.members(person_id, sequence))
    held_by = (key for keys in held.values() for key in keys)
    return PersonAsOf(
        person_id,
        sequence,
        Logged(past)[sequence].at,
        past.release_id(sequence),
        in_use,
        members,
        tuple((identifier, tuple(keys)) for identifier, keys in held.items()),
        {} if in_use else _holders(apart, person_id, endings[-1].sequence, sequence),
        any(_is_restricted(view, key) for key in {*members, *held_by}),
    )


def _is_restricted(view: View, key: RecordKey) -> bool:
    person = view.person_with(key)
    return person is not None and RESTRICTED in person.findings


def _sequence(view: View, at: datetime | int) -> int:
    if isinstance(at, datetime):
        try:
            moment = at.astimezone(UTC)
        except OverflowError:
            raise UsageError("The calendar has no such time.") from None
        return view.past.sequence_at(moment.isoformat(timespec="milliseconds"))
    if not 0 <= at <= view.sequence:
        raise UsageError("There is no event of this number.")
    return at


def _holders(apart: Apart, person_id: str, ended: int, sequence: int) -> dict[str, int]:
    """The persons who held the last records of an id after an event, who held most first."""
    count: defaultdict[str, int] = defaultdict(int)
    for key in apart.told(person_id, apart.past.last_members(person_id, ended)):
        for stay in apart.past.residences(key):
            then = stay.since <= sequence and (stay.until is None or stay.until > sequence)
            if then and not apart.hides(stay.person_id, key):
                count[stay.person_id] += 1
    return dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))
