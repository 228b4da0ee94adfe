"""What changes to the index are asked with and answer, for their documentation.

As in `schemas`, answers are plain dictionaries that a test holds against these models.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mpi.api.match_schemas import AskedRecord
from mpi.api.schemas import PersonId, RecordRef, Schema
from mpi.index.changes import Effect, Status

Sequence = Field(
    description="Number of the event in the index's log, which has no gaps.", examples=[4711]
)


class GivenRecord(AskedRecord):
    """What a source system holds about one individual; what it does not know is left out.

    Its source and key are in the path; given here too, they must be the same.
    """

    version: str = Field(
        "",
        description="Orders the versions of the record as its source does: a number or a time. "
        "An older one than the index knows changes nothing.",
        examples=["2026-11-22T18:00:00Z"],
    )
    restricted: bool = Field(
        False,
        description="Whether nobody may be told where the individual is. It holds for the person "
        "as soon as one record says so.",
        examples=[False],
    )


class Touched(Schema):
    """A person whom a change touched."""

    person_id: PersonId
    effect: Effect = Field(description="What became of the person.", examples=["changed"])
    successors: list[str] = Field(
        description="The persons who have the records of one merged or split.", examples=[[]]
    )


class Ingested(Schema):
    """What became of a message about a record."""

    status: Status = Field(
        description="`stale`: a newer version is known. `duplicate`: exactly this is known. "
        "Neither changed anything.",
        examples=["created"],
    )
    source: str = Field(description="Short name of the source system.", examples=["hjis"])
    source_id: str = Field(description="The record's key in that system.", examples=["H004711"])
    person_id: str | None = Field(
        description="The person of the record now; null if the index holds no such record, or the "
        "client could not look it up.",
        examples=["019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70"],
    )
    sequence: int | None = Field(
        description="Number of the event in the index's log; null where nothing changed. Told to "
        "clients that may see every system.",
        examples=[4711],
    )
    searchable: bool = Field(
        description="Whether the record says enough to be linked with anything.", examples=[True]
    )
    persons: list[Touched] = Field(
        description="The persons touched; told to clients that may see every system."
    )
    tag: str | None = Field(
        description="Names the record as it stands now; in quotes it is the `ETag` of the answer. "
        "Null if the index holds no such record.",
        examples=["2afb9b83f9314e5d029766197f539792"],
    )


class AskedDecision(Schema):
    """What a reviewer knows of two records."""

    verdict: Literal["same", "different", "unsure"] = Field(
        description="`unsure` takes back what was decided on the two.", examples=["different"]
    )
    left: RecordRef = Field(description="One record.")
    right: RecordRef = Field(description="Another.")
    reason: str = Field("", description="Why; kept with it.", examples=["twins, both seen"])
    by: str = Field(
        "",
        description="Who says so; without a policy only. With one it is who the token says.",
        examples=["a.reviewer"],
    )
    survivor: str | None = Field(
        None, description="With `same`: the person id to keep.", examples=[None]
    )


class Changed(Schema):
    """What a decision did, or undoing one."""

    sequence: int = Field(description="Its number, for undoing it too.", examples=[4711])
    changed: bool = Field(description="False where it was in force already.", examples=[True])
    persons: list[Touched] = Field(description="The persons touched.")


INGESTED_EXAMPLE: dict[str, Any] = {
    "status": "created",
    "source": "hjis",
    "source_id": "H004711",
    "person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70",
    "sequence": 4711,
    "searchable": True,
    "persons": [
        {
            "person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70",
            "effect": "changed",
            "successors": [],
        }
    ],
    "tag": "2afb9b83f9314e5d029766197f539792",
}
DECISION_EXAMPLE: dict[str, Any] = {
    "verdict": "different",
    "left": {"source": "hjis", "source_id": "H004711"},
    "right": {"source": "nomis", "source_id": "A1234BC"},
    "reason": "twins, both seen",
}
CHANGED_EXAMPLE: dict[str, Any] = {
    "sequence": 4712,
    "changed": True,
    "persons": [
        {
            "person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70",
            "effect": "split",
            "successors": [
                "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e6001",
                "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e6002",
            ],
        }
    ],
}
