"""What the API says about the past, for its documentation.

As in `schemas`, answers are plain dictionaries that a test holds against these models.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mpi.api.schemas import PersonId, RecordRef, Schema, System
from mpi.index.changes import Effect
from mpi.index.events import EventType

_AT = "2026-11-22T18:00:00.000+00:00"
_PERSON = "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70"


class IndexEvent(Schema):
    """One thing that happened; what its type has not is left out."""

    id: str = Field(description="The same for ever.", examples=["8c1f02aa-4711-0"])
    sequence: int = Field(description="Number of the event in the log.", examples=[4711])
    ordinal: int = Field(description="Place among what that event did.", examples=[0])
    type: EventType = Field(description="What it is about.", examples=["record-moved"])
    at: str = Field(description="When (ISO 8601).", examples=[_AT])
    cause: str = Field(
        description="What changed the index: `put`, `delete`, `merge`, `decide`, `undo`, "
        "`supersede`, `seal`, `link`, `rollback`, `erase`.",
        examples=["put"],
    )
    person_id: str | None = Field(
        None, description="The person; not of a moved record.", examples=[_PERSON]
    )
    record: RecordRef | None = Field(None, description="The record that moved.")
    came_from: str | None = Field(
        None, description="The person that it left; null for a new one.", examples=[None]
    )
    went_to: str | None = Field(
        None, description="The person that it joined; null if it is gone.", examples=[_PERSON]
    )
    successors: list[str] | None = Field(
        None, description="Who has the records of one merged or split.", examples=[[]]
    )
    records: list[RecordRef] | None = Field(
        None, description="All records that one restated had from then on."
    )


class EventPage(Schema):
    """Some events, in order."""

    events: list[IndexEvent] = Field(description="The oldest first.")
    cursor: str = Field(description="Where to go on: give it as `after`.", examples=["4711.2"])
    more: bool = Field(description="Whether there are any yet.", examples=[False])


class Turn(Schema):
    """What one event did to a person."""

    sequence: int = Field(description="Number of the event in the log.", examples=[4711])
    at: str = Field(description="When (ISO 8601).", examples=[_AT])
    cause: str = Field(description="What changed the index.", examples=["put"])
    effect: Effect = Field(description="What it did to the person.", examples=["changed"])
    came: list[RecordRef] = Field(description="Records that joined.")
    went: list[RecordRef] = Field(description="Records that left.")
    successors: list[str] = Field(description="Who took them over.", examples=[[]])


class PersonHistory(Schema):
    """Everything that happened to a person id."""

    person_id: PersonId
    in_use: bool = Field(description="Whether the id stands.", examples=[True])
    history: list[Turn] = Field(description="The oldest first.")


class HeldIdentifier(Schema):
    """An identifier, and the records that held it."""

    system: System
    value: str = Field(description="The value in canonical form.", examples=["9990000018"])
    verified: bool = Field(description="Whether its source says it was confirmed.", examples=[True])
    records: list[RecordRef] = Field(description="The records that held it.")


class PersonAsOf(Schema):
    """A person id as the index had it then; how sure it was is not kept."""

    person_id: PersonId
    sequence: int = Field(description="The last event by then.", examples=[4711])
    at: str = Field(description="When that was (ISO 8601).", examples=[_AT])
    release: str | None = Field(
        description="Identity of the release in use then.", examples=["f202105252ae0cb9"]
    )
    in_use: bool = Field(description="Whether the id stood.", examples=[True])
    records: list[RecordRef] = Field(description="The person's records then.")
    identifiers: list[HeldIdentifier] = Field(description="The identifiers on them then.")
    current: dict[str, int] = Field(
        description="Where the id did not stand: who held its last records, and how many.",
        examples=[{}],
    )


EVENTS_EXAMPLE: dict[str, Any] = {
    "events": [
        {
            "id": "8c1f02aa-4711-0",
            "sequence": 4711,
            "ordinal": 0,
            "type": "record-moved",
            "at": _AT,
            "cause": "put",
            "record": {"source": "hjis", "source_id": "H004711"},
            "came_from": None,
            "went_to": _PERSON,
        },
        {
            "id": "8c1f02aa-4711-1",
            "sequence": 4711,
            "ordinal": 1,
            "type": "person-changed",
            "at": _AT,
            "cause": "put",
            "person_id": _PERSON,
            "successors": [],
        },
    ],
    "cursor": "4711.1",
    "more": False,
}
HISTORY_EXAMPLE: dict[str, Any] = {
    "person_id": _PERSON,
    "in_use": True,
    "history": [
        {
            "sequence": 4711,
            "at": _AT,
            "cause": "put",
            "effect": "changed",
            "came": [{"source": "hjis", "source_id": "H004711"}],
            "went": [],
            "successors": [],
        }
    ],
}
AS_OF_EXAMPLE: dict[str, Any] = {
    "person_id": _PERSON,
    "sequence": 4711,
    "at": _AT,
    "release": "f202105252ae0cb9",
    "in_use": True,
    "records": [{"source": "hjis", "source_id": "H004711"}],
    "identifiers": [
        {
            "system": "nhs-number",
            "value": "9990000018",
            "verified": True,
            "records": [{"source": "hjis", "source_id": "H004711"}],
        }
    ],
    "current": {},
}
