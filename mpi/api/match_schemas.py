"""What `match` is asked and answers, for its documentation; examples are of invented people.

As in `schemas`, answers are plain dictionaries that a test holds against these models. What is
asked is read by `mpi.index.given`, and a test holds its fields against `AskedRecord`.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mpi.api.schemas import PersonId, RecordRef, Release, Schema, System
from mpi.records import MatchGrade


class AskedName(Schema):
    """One name, as somebody spells it."""

    given: str = Field("", description="All given names, in their order.", examples=["Ann Marie"])
    family: str = Field("", description="The family name.", examples=["Example"])


class AskedIdentifier(Schema):
    """An identifier; one of a system that is not known is left out of account."""

    system: System
    value: str = Field(description="The value as anybody writes it.", examples=["999 000 0018"])
    verified: bool = Field(
        False, description="Whether the source says it was traced or confirmed.", examples=[True]
    )


class AskedRecord(Schema):
    """What is known about one individual; whatever is not known is left out."""

    source: str = Field("", description="The source system it is from.", examples=["hjis"])
    source_id: str = Field("", description="Its key there, if it has one.", examples=["H004711"])
    version: str = Field("", description="Its version; not used.", examples=["2026-01-01"])
    names: list[AskedName] = Field([], description="The usual name first, then any others.")
    birth_dates: list[str] = Field(
        [], description="The usual date of birth first, YYYY-MM-DD.", examples=[["1987-06-05"]]
    )
    sex: str = Field("", description="As a word or a letter.", examples=["F"])
    postcodes: list[str] = Field(
        [], description="Home postcodes, in the order of the addresses.", examples=[["ZZ1 1ZZ"]]
    )
    addresses: list[str] = Field([], description="Home addresses.", examples=[["1 Invented Road"]])
    town: str = Field("", description="Town or city.", examples=["Leeds"])
    phones: list[str] = Field([], description="Telephone numbers.", examples=[["07700 900123"]])
    emails: list[str] = Field([], description="E-mail addresses.", examples=[["ann@example.org"]])
    birth_place: str = Field("", description="Town or country of birth.", examples=["Leeds"])
    occupation: str = Field("", description="Occupation.", examples=["welder"])
    identifiers: list[AskedIdentifier] = Field([], description="Identifiers of any system.")
    custody_dates: list[str] = Field(
        [], description="Dates of reception into custody.", examples=[["2025-01-31"]]
    )
    sentence_dates: list[str] = Field(
        [], description="Dates of sentence.", examples=[["2025-02-28"]]
    )
    restricted: bool = Field(
        False,
        description="Whether nobody may be told where the individual is; not used to match.",
        examples=[False],
    )


class PersonMatch(Schema):
    """A person whom the record may be of."""

    person_id: PersonId
    grade: MatchGrade = Field(
        description="What linking would make of it: `certain` (for one person at most), "
        "`probable`, `possible` (worth a look), `certainly-not`.",
        examples=["certain"],
    )
    match_weight: float = Field(
        description="Weight of the best-supported record, in bits.", examples=[23.418]
    )
    confidence: float = Field(
        ge=0,
        le=1,
        description="Calibrated probability that the record is of this person, as if there were "
        "no other.",
        examples=[0.9981],
    )
    probability: float = Field(
        ge=0,
        le=1,
        description="The same, given that it is of one person at most; with `p_null` and those "
        "of all other persons it makes one.",
        examples=[0.9975],
    )
    best: RecordRef = Field(description="The best-supported record of the person.")
    records: list[RecordRef] = Field(description="The person's records.")
    conflicts: list[str] = Field(
        description="Identifier systems whose verified values contradict each other.",
        examples=[["nhs-number"]],
    )


class Matches(Schema):
    """The persons whom the record may be of, the most probable first."""

    release: Release
    provisional: bool = Field(
        description="Whether no reviewed labels have checked the confidence yet.", examples=[True]
    )
    searchable: bool = Field(
        description="Whether the record says enough to look for anybody.", examples=[True]
    )
    candidates: int = Field(description="Records it was compared with.", examples=[31])
    p_null: float | None = Field(
        description="Probability that it is of none of the persons it was compared with; null "
        "when it is not searchable.",
        examples=[0.0006],
    )
    held_by: str | None = Field(
        description="The person to whom the index already gives the record of this key, if any; "
        "that record itself was not compared.",
        examples=[None],
    )
    persons: list[PersonMatch] = Field(description="The most probable first.")


ASKED_EXAMPLE: dict[str, Any] = {
    "names": [{"given": "Ann Marie", "family": "Example"}],
    "birth_dates": ["1987-06-05"],
    "sex": "F",
    "postcodes": ["ZZ1 1ZZ"],
    "identifiers": [{"system": "nhs-number", "value": "999 000 0018"}],
}
MATCHES_EXAMPLE: dict[str, Any] = {
    "release": "synthetic-base",
    "provisional": True,
    "searchable": True,
    "candidates": 31,
    "p_null": 0.000601,
    "held_by": None,
    "persons": [
        {
            "person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70",
            "grade": "certain",
            "match_weight": 23.418,
            "confidence": 0.9981,
            "probability": 0.9975,
            "best": {"source": "hjis", "source_id": "H004711"},
            "records": [
                {"source": "hjis", "source_id": "H004711"},
                {"source": "nomis", "source_id": "A1234BC"},
            ],
            "conflicts": [],
        }
    ],
}
