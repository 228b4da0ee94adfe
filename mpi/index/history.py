"""What the index believed: of a person or a record over time, and of a person at one time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from mpi.access.restricted import LOCATING
from mpi.errors import PersonNotFound, RecordNotFound, UsageError
from mpi.index import shown
from mpi.index.changes import Effect
from mpi.records import RESTRICTED, Identifier, RecordKey
from mpi.store.past import Ending, Past
from mpi.store.rows import Event
from mpi.store.view import View

_HOW = {"merged": Effect.MERGED, "split": Effect.SPLIT, "deleted": Effect.RETIRED}


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event did to a person: the records that came and went, and whether its id ended.

    `cause` is the kind of the event. `successors` took the records over.
    """

    sequence: int
    at: str
    cause: str
    effect: Effect
    came: tuple[RecordKey, ...]
    went: tuple[RecordKey, ...]
    successors: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "sequence": self.sequence,
            "at": self.at,
            "cause": self.cause,
            "effect": self.effect.value,
            "came": [key._asdict() for key in self.came],
            "went": [key._asdict() for key in self.went],
            "successors": list(self.successors),
        }


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """Everything that happened to a person id, oldest first; `in_use` says whether it stands."""

    person_id: str
    in_use: bool
    turns: tuple[Turn, ...]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        turns = [each.as_dict() for each in self.turns]
        return {"person_id": self.person_id, "in_use": self.in_use, "history": turns}

    def _repr_html_(self) -> str:
        """For a notebook."""
        return shown.history(self.as_dict())


@dataclass(frozen=True, slots=True)
class Spell:
    """A time during which something was so: from an event on, until another (None: still)."""

    since: int
    since_at: str
    until: int | None
    until_at: str | None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "since": self.since,
            "since_at": self.since_at,
            "until": self.until,
            "until_at": self.until_at,
        }


@dataclass(frozen=True, slots=True)
class RecordHistory:
    """The persons that a record belonged to, and the identifiers that it held, oldest first."""

    key: RecordKey
    persons: tuple[tuple[str, Spell], ...]
    identifiers: tuple[tuple[Identifier, Spell], ...]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            **self.key._asdict(),
            "persons": [{"person_id": each, **spell.as_dict()} for each, spell in self.persons],
            "identifiers": [
                {
                    "system": each.system,
                    "value": each.value,
                    "verified": each.verified,
                    **spell.as_dict(),
                }
                for each, spell in self.identifiers
            ],
        }


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


def history(view: View, person_id: str) -> PersonHistory:
    """What happened to a person id. Raises PersonNotFound for one that was never issued."""
    past = view.past
    first = past.first_sequence(person_id)
    if first is None:
        raise PersonNotFound()
    came: defaultdict[int, list[RecordKey]] = defaultdict(list)
    went: defaultdict[int, list[RecordKey]] = defaultdict(list)
    for stay in past.stays(person_id):
        came[stay.since].append(stay.key)
        if stay.until is not None:
            went[stay.until].append(stay.key)
    endings = {each.sequence: each for each in past.endings(person_id)}
    moments = sorted({first, *came, *went, *endings})
    logged = _Logged(past)
    turns = tuple(
        _turn(logged, moment, endings.get(moment), (came[moment], went[moment]), first)
        for moment in moments
    )
    last = max(endings, default=None)
    return PersonHistory(person_id, last is None or endings[last].what == "restored", turns)


def _turn(
    logged: _Logged,
    moment: int,
    ending: Ending | None,
    moved: tuple[list[RecordKey], list[RecordKey]],
    first: int,
) -> Turn:
    effect = Effect.CREATED if moment == first else Effect.CHANGED
    if ending is not None:
        effect = Effect.RESTORED if ending.what == "restored" else _HOW[ending.how or "deleted"]
    event = logged[moment]
    came, went = (tuple(sorted(keys)) for keys in moved)
    successors = ending.successors if ending else ()
    return Turn(moment, event.at, event.kind, effect, came, went, successors)


def record_history(view: View, key: RecordKey) -> RecordHistory:
    """The persons and identifiers of a record over time. Raises RecordNotFound."""
    past = view.past
    stays = past.residences(key)
    if not stays:
        raise RecordNotFound(source=key.source)
    logged = _Logged(past)
    return RecordHistory(
        key,
        tuple((each.person_id, logged.spell(each.since, each.until)) for each in stays),
        tuple(
            (Identifier(h.system, h.value, h.verified), logged.spell(h.since, h.until))
            for h in past.held(key)
        ),
    )


def as_of(view: View, person_id: str, at: datetime | int) -> PersonAsOf:
    """A person id as the index had it at a time, or after an event.

    Raises PersonNotFound for one that was not issued by then, and UsageError for an event that has
    not happened.
    """
    past = view.past
    sequence = _sequence(view, at)
    first = past.first_sequence(person_id)
    if first is None or first > sequence:
        raise PersonNotFound()
    endings = [each for each in past.endings(person_id) if each.sequence <= sequence]
    in_use = not endings or endings[-1].what == "restored"
    held: defaultdict[Identifier, list[RecordKey]] = defaultdict(list)
    for each in past.identifiers(person_id, sequence):
        held[Identifier(each.system, each.value, each.verified)].append(each.key)
    members = past.members(person_id, sequence)
    held_by = (key for keys in held.values() for key in keys)
    return PersonAsOf(
        person_id,
        sequence,
        _Logged(past)[sequence].at,
        past.release_id(sequence),
        in_use,
        members,
        tuple((identifier, tuple(keys)) for identifier, keys in held.items()),
        {} if in_use else _holders(past, person_id, endings[-1].sequence, sequence),
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


def _holders(past: Past, person_id: str, ended: int, sequence: int) -> dict[str, int]:
    """The persons who held the last records of an id after an event, who held most first."""
    count: defaultdict[str, int] = defaultdict(int)
    for key in past.last_members(person_id, ended):
        for stay in past.residences(key):
            if stay.since <= sequence and (stay.until is None or stay.until > sequence):
                count[stay.person_id] += 1
    return dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))


class _Logged:
    """Events of the log by their sequence, each read once."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._known: dict[int, Event] = {}

    def __getitem__(self, sequence: int) -> Event:
        if sequence not in self._known:
            self._known[sequence] = next(self._past.logged(sequence - 1, at_once=1)).event
        return self._known[sequence]

    def spell(self, since: int, until: int | None) -> Spell:
        """A time between two events."""
        ended = None if until is None else self[until].at
        return Spell(since, self[since].at, until, ended)
