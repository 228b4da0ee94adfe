"""What the API says, for its documentation; examples are of invented people.

Answers are built as plain dictionaries by the use cases and sent as they are. A test holds them
against these models, so that serving one does not have to.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from mpi.records import Basis

Confidence = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="Probability that a record holding this identifier is about the same "
        "individual as a record holding the identifier asked with or, when asked by person id, as "
        "the golden record. The best over such pairs of records.",
        examples=[0.9987],
    ),
]
PersonId = Annotated[
    str,
    Field(
        description="Stable id of the person in this index. It can be superseded: keep the "
        "identifier of the source system, and treat this id as a view of it.",
        examples=["019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70"],
    ),
]
System = Annotated[
    str, Field(description="Short name of the identifier system.", examples=["nhs-number"])
]
Release = Annotated[
    str,
    Field(description="The match model that produced this answer.", examples=["synthetic-base"]),
]


class Schema(BaseModel):
    """What all models share: nothing but what they declare."""

    model_config = ConfigDict(extra="forbid")


class RecordRef(Schema):
    """What names a record: its source system and its key there."""

    source: str = Field(description="Short name of the source system.", examples=["hjis"])
    source_id: str = Field(
        description="The record's key in that system; empty where it may not be told.",
        examples=["H004711"],
    )


class Named(Schema):
    """An identifier: a value that an identifier system issued."""

    system: System
    uri: str = Field(
        description="URI of the identifier system, as in FHIR.",
        examples=["https://fhir.nhs.uk/Id/nhs-number"],
    )
    value: str = Field(description="The value in canonical form.", examples=["9990000018"])


class CrossReference(Named):
    """One identifier of a person, and how sure the index is that it is theirs."""

    asked: bool = Field(
        description="Whether this is the identifier that was asked with.", examples=[False]
    )
    confidence: Confidence
    provisional: bool = Field(
        description="Whether no reviewed labels have checked the confidence yet.", examples=[True]
    )
    basis: Basis = Field(
        description="Why it is held to be theirs: its record shares a verified identifier with "
        "the records asked about (`verified-identifier`), a reviewer decided so (`decision`), or "
        "its record resembles them (`probabilistic`).",
        examples=["probabilistic"],
    )
    records: list[RecordRef] = Field(description="The records that hold the identifier.")


class Person(Schema):
    """A person, as the index sees one."""

    person_id: PersonId
    identifiers: list[CrossReference] = Field(
        description="Every identifier on the person's records, the one asked with included."
    )
    records: list[RecordRef] = Field(description="The person's records.")
    findings: list[str] = Field(
        description="Codes of what a reviewer should look at.", examples=[["two-verified-values"]]
    )


class PersonWithRelease(Person):
    """A person, and the release that says so."""

    release: Release


class CrossReferences(Named):
    """Everyone who holds the identifier asked with."""

    ambiguous: bool = Field(
        description="Whether several persons hold the identifier. All are listed: do not pick one.",
        examples=[False],
    )
    release: Release
    persons: list[Person] = Field(description="The persons who hold the identifier, at least one.")


class Successor(Schema):
    """A person who now has records that a superseded person id stood for."""

    person_id: PersonId
    records: int = Field(description="How many of those records.", examples=[3])


class Superseded(Schema):
    """A person id that is no longer in use, and who has its records now."""

    person_id: PersonId
    superseded_by: list[Successor] = Field(description="At least one; the most records first.")


class Liveness(Schema):
    """The process answers."""

    status: str = Field(description="Always `alive`.", examples=["alive"])


class Readiness(Schema):
    """The index can be read."""

    status: str = Field(description="Always `ready`.", examples=["ready"])
    release: str | None = Field(
        description="The match model in use; null where there is a policy.",
        examples=["synthetic-base"],
    )
    records: int | None = Field(
        description="Records in the index; null where there is a policy.", examples=[41207]
    )


class Problem(Schema):
    """What went wrong: problem details of RFC 9457."""

    type: str = Field(
        description="Names the kind of problem.",
        examples=["urn:mpi:problem:identifier-not-found"],
    )
    title: str = Field(
        description="The kind of problem in a sentence.",
        examples=["No record in the index holds this identifier."],
    )
    status: int = Field(description="The HTTP status.", examples=[404])
    code: str = Field(
        description="Stable code for programs to branch on.", examples=["identifier-not-found"]
    )
    instance: str = Field(
        description="Names the request; the log has the same.",
        examples=["urn:mpi:request:7b1f0c52a9e94d0f8f3c6f1f0a2b3c4d"],
    )
    detail: str | None = Field(
        default=None, description="What to do about it.", examples=["Expected ten digits."]
    )
    chain: list[RecordRef] | None = Field(
        default=None,
        description="Of `contradicting-decision`: the records along which earlier decisions say "
        "otherwise.",
    )


_IDENTIFIERS: list[dict[str, Any]] = [
    {
        "system": "nhs-number",
        "uri": "https://fhir.nhs.uk/Id/nhs-number",
        "value": "9990000018",
        "asked": True,
        "confidence": 0.9994,
        "provisional": True,
        "basis": "verified-identifier",
        "records": [
            {"source": "hjis", "source_id": "H004711"},
            {"source": "pds", "source_id": "9990000018"},
        ],
    },
    {
        "system": "noms-number",
        "uri": "https://mpi.example.org/Id/noms-number",
        "value": "A1234BC",
        "asked": False,
        "confidence": 0.9987,
        "provisional": True,
        "basis": "probabilistic",
        "records": [{"source": "nomis", "source_id": "A1234BC"}],
    },
]
_PERSON: dict[str, Any] = {
    "person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70",
    "identifiers": _IDENTIFIERS,
    "records": [
        {"source": "hjis", "source_id": "H004711"},
        {"source": "nomis", "source_id": "A1234BC"},
        {"source": "pds", "source_id": "9990000018"},
    ],
    "findings": [],
}
PERSON_EXAMPLE: dict[str, Any] = {
    **_PERSON,
    "identifiers": [{**each, "asked": False} for each in _IDENTIFIERS],
    "release": "synthetic-base",
}
CROSS_REFERENCES_EXAMPLE: dict[str, Any] = {
    "system": "nhs-number",
    "uri": "https://fhir.nhs.uk/Id/nhs-number",
    "value": "9990000018",
    "ambiguous": False,
    "release": "synthetic-base",
    "persons": [_PERSON],
}
SUPERSEDED_EXAMPLE: dict[str, Any] = {
    "person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70",
    "superseded_by": [
        {"person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e6001", "records": 3},
        {"person_id": "019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e6002", "records": 1},
    ],
}
