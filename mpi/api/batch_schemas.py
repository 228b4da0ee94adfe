"""What a batch of look-ups is asked and answers, for its documentation; as in `schemas`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from mpi.api.schemas import CROSS_REFERENCES_EXAMPLE, CrossReferences, Problem, Schema, System


class AskedIdentifierOnly(Schema):
    """An identifier to look up."""

    system: System
    value: str = Field(description="The value as anybody writes it.", examples=["999 000 0018"])


class AskedBatch(Schema):
    """Identifiers to look up."""

    identifiers: list[AskedIdentifierOnly] = Field(
        min_length=1, max_length=1000, description="At least one."
    )


class BatchAnswer(Schema):
    """The answer to one look-up of a batch."""

    status: int = Field(description="The status that it would have had alone.", examples=[200, 404])
    answer: CrossReferences | None = Field(description="The answer, where the status is 200.")
    problem: Problem | None = Field(description="The problem, where it is not.")


class Batched(Schema):
    """The answers to a batch, in the order asked."""

    answers: list[BatchAnswer] = Field(description="One for each identifier.")


BATCH_EXAMPLE: dict[str, Any] = {
    "identifiers": [
        {"system": "nhs-number", "value": "999 000 0018"},
        {"system": "crn", "value": "X000001"},
    ]
}
BATCHED_EXAMPLE: dict[str, Any] = {
    "answers": [
        {"status": 200, "answer": CROSS_REFERENCES_EXAMPLE, "problem": None},
        {
            "status": 404,
            "answer": None,
            "problem": {
                "type": "urn:mpi:problem:identifier-not-found",
                "title": "No record in the index holds this identifier.",
                "status": 404,
                "code": "identifier-not-found",
                "instance": "urn:mpi:request:7b1f0c52a9e94d0f8f3c6f1f0a2b3c4d",
            },
        },
    ]
}
