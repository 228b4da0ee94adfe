"""What the index believed: of a person or a record over time, and of a person at one time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import PersonNotFound, RecordNotFound
from mpi.index import shown
from mpi.index.apart import Apart
from mpi.index.changes import Effect
from mpi.records import Identifier, RecordKey
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


def history(view: View, person_id: str, sight: Sight = EVERYTHING) -> PersonHistory:
    """What happened to a person id. Raises PersonNotFound for one that was never issued.

    Args: sight, of whoever asks: what seals keep apart is told as `apart` has it.
    """
    past, apart = view.past, Apart.of(view, sight)
    first = first_told(apart, person_id)
    came: defaultdict[int, list[RecordKey]] = defaultdict(list)
    went: defaultdict[int, list[RecordKey]] = defaultdict(list)
    for stay in apart.stays(person_id):
        came[stay.since].append(stay.key)
        if stay.until is not None:
            went[stay.until].append(stay.key)
    endings = {each.sequence: each for each in endings_told(apart, person_id)}
    moments = sorted({first, *came, *went, *endings})
    logged = Logged(past, apart)
    turns = tuple(
        _turn(logged, moment, endings.get(moment), (came[moment], went[moment]), first)
        for moment in moments
    )
    last = max(endings, default=None)
    return PersonHistory(person_id, last is None or endings[last].what == "restored", turns)


def first_told(apart: Apart, person_id: str) -> int:
    """The event that brought a person id, as it is told. Raises PersonNotFound."""
    first = apart.past.first_sequence(person_id)
    if first is not None and apart.concerns(person_id):
        first = min((each.since for each in apart.stays(person_id)), default=None)
    if first is None:
        raise PersonNotFound()
    return first


def endings_told(apart: Apart, person_id: str) -> list[Ending]:
    """When a person id came back or went out of use, as it is told."""
    every = apart.past.endings(person_id)
    if not apart.concerns(person_id):
        return every
    begun = {each.since for each in apart.stays(person_id)}
    told = []
    for each in every:
        taken = apart.successors(person_id, each.sequence)
        successors = tuple(one for one in each.successors if one in taken)
        if each.what == "restored" and each.sequence in begun:
            told.append(each)
        elif each.what != "restored" and each.sequence >= min(begun):
            how = each.how if successors else "deleted"
            told.append(each._replace(how=how, successors=successors))
    return told


def _turn(
    logged: Logged,
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
    return Turn(moment, event.at, logged.cause(moment), effect, came, went, successors)


def record_history(view: View, key: RecordKey) -> RecordHistory:
    """The persons and identifiers of a record over time. Raises RecordNotFound."""
    past = view.past
    stays = past.residences(key)
    if not stays:
        raise RecordNotFound(source=key.source)
    logged = Logged(past)
    return RecordHistory(
        key,
        tuple((each.person_id, logged.spell(each.since, each.until)) for each in stays),
        tuple(
            (Identifier(h.system, h.value, h.verified), logged.spell(h.since, h.until))
            for h in past.held(key)
        ),
    )


class Logged:
    """Events of the log by their sequence, each read once."""

    def __init__(self, past: Past, apart: Apart | None = None) -> None:
        self._past = past
        self._apart = apart or Apart(past)
        self._known: dict[int, Event] = {}

    def __getitem__(self, sequence: int) -> Event:
        if sequence not in self._known:
            self._known[sequence] = next(self._past.logged(sequence - 1, at_once=1)).event
        return self._known[sequence]

    def cause(self, sequence: int) -> str:
        """What changed the index, as it is told."""
        return self._apart.cause(self[sequence].kind)

    def spell(self, since: int, until: int | None) -> Spell:
        """A time between two events."""
        ended = None if until is None else self[until].at
        return Spell(since, self[since].at, until, ended)
