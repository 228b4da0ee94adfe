"""What an explanation of a link answers, for its documentation; the example is invented."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mpi.api.schemas import PersonId, RecordRef, Release, Schema


class RecordOfPerson(RecordRef):
    """A record, and whose it is."""

    person_id: PersonId


class Compared(Schema):
    """One aspect in which two records were compared."""

    comparison: str = Field(description="What was compared.", examples=["birth_date"])
    level: str = Field(description="Code of the level that holds.", examples=["same"])
    match_weight: float = Field(
        description="What it is worth, in bits; above 0 it speaks for one person.",
        examples=[11.287],
    )
    sentence: str = Field(
        description="The same for a person to read.",
        examples=["Same birth date: 11.29 bits for one person."],
    )


class Explanation(Schema):
    """Why two records are taken for one person, or for two."""

    release: Release
    left: RecordOfPerson = Field(description="One of the records.")
    right: RecordOfPerson = Field(description="The other.")
    one_person: bool = Field(
        description="Whether the index has them as one person. That depends on their neighbours "
        "as well as on their own weight.",
        examples=[True],
    )
    match_weight: float = Field(
        description="Log2 of the odds that they are of one individual: the prior and all "
        "comparisons added.",
        examples=[2.5],
    )
    prior: float = Field(
        description="The match weight of two records drawn at random.", examples=[-14.1]
    )
    shared_rules: list[str] = Field(
        description="Blocking rules under which they share a key.",
        examples=[["birth_date_variants × name_codes"]],
    )
    comparisons: list[Compared] = Field(description="Every comparison of the release.")
    sentences: list[str] = Field(
        description="The account in words, what weighs most first.",
        examples=[["Two records drawn at random: -14.10 bits."]],
    )


EXPLANATION_EXAMPLE: dict[str, Any] = {
    "release": "synthetic-base",
    "left": {
        "source": "hjis",
        "source_id": "H004711",
        "person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70",
    },
    "right": {
        "source": "nomis",
        "source_id": "A1234BC",
        "person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70",
    },
    "one_person": True,
    "match_weight": 8.437,
    "prior": -14.1,
    "shared_rules": ["birth_date_variants × name_codes"],
    "comparisons": [
        {
            "comparison": "birth_date",
            "level": "same",
            "match_weight": 11.287,
            "sentence": "Same birth date: 11.29 bits for one person.",
        },
        {
            "comparison": "name",
            "level": "full-name",
            "match_weight": 11.25,
            "sentence": "Same full name: 11.25 bits for one person.",
        },
    ],
    "sentences": [
        "Two records drawn at random: -14.10 bits.",
        "Same birth date: 11.29 bits for one person.",
        "Same full name: 11.25 bits for one person.",
        "Together: +8.44 bits.",
    ],
}
