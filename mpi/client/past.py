"""What the service answers about the past, as dataclasses; see `answers`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mpi.client.answers import RecordRef
from mpi.index import shown

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class IndexEvent:
    """One thing that happened; what its type has not is None."""

    id: str
    sequence: int
    ordinal: int
    type: str
    at: str
    cause: str
    person_id: str | None = None
    record: RecordRef | None = None
    came_from: str | None = None
    went_to: str | None = None
    successors: tuple[str, ...] | None = None
    records: tuple[RecordRef, ...] | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, the oldest first; `cursor` is where to go on, `more` whether there are any."""

    events: tuple[IndexEvent, ...]
    cursor: str
    more: bool

    def as_dict(self) -> dict[str, Any]:
        """As it came."""
        return asdict(self)

    def frame(self) -> pd.DataFrame:
        """One row per event; see `shown.events`."""
        return shown.events(self.as_dict())


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event did to a person."""

    sequence: int
    at: str
    cause: str
    effect: str
    came: tuple[RecordRef, ...]
    went: tuple[RecordRef, ...]
    successors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """Everything that happened to a person id, the oldest first."""

    person_id: str
    in_use: bool
    history: tuple[Turn, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it came."""
        return asdict(self)

    def _repr_html_(self) -> str:
        return shown.history(self.as_dict())


@dataclass(frozen=True, slots=True)
class HeldIdentifier:
    """An identifier, and the records that held it."""

    system: str
    value: str
    verified: bool
    records: tuple[RecordRef, ...]


@dataclass(frozen=True, slots=True)
class PersonAsOf:
    """A person id as the index had it after an event; how sure it was then is not kept."""

    person_id: str
    sequence: int
    at: str
    release: str | None
    in_use: bool
    records: tuple[RecordRef, ...]
    identifiers: tuple[HeldIdentifier, ...]
    current: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """As it came."""
        return asdict(self)

    def _repr_html_(self) -> str:
        return shown.as_of(self.as_dict())
