"""What reviewers know better than the model: decisions, and their undoing."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import ValidationError

from mpi.access.mentioned import by_person
from mpi.access.question import Question
from mpi.api.change_schemas import (
    CHANGED_EXAMPLE,
    DECISION_EXAMPLE,
    AskedDecision,
    Changed,
)
from mpi.api.documented import BODY, REFUSALS, answer, asked, problems
from mpi.api.routes.dependencies import BodyDep, IndexDep, json_response
from mpi.api.routes.records import KeyHeader
from mpi.api.security import DecideDep
from mpi.errors import (
    ContradictingDecision,
    IdempotencyConflict,
    IndexBusy,
    InvalidParameter,
    InvalidRecord,
    NothingToUndo,
    NotPermitted,
    RecordNotFound,
)
from mpi.index.changes import Cause, ChangeResult
from mpi.index.decide import Decision, Verdict
from mpi.index.index import Index
from mpi.records import RecordKey

router = APIRouter(prefix="/v1", tags=["Change"])
MOST = 2**31 - 1
"""The largest number of an event."""

SequenceParam = Annotated[
    int,
    Path(ge=1, le=MOST, description="The decision's number, from its answer.", examples=[4712]),
]
ReasonParam = Annotated[
    str, Query(max_length=2000, description="Why.", examples=["the wrong twin"])
]


@router.post(
    "/decisions",
    summary="These two are the same person, or are not",
    response_model=Changed,
    responses={
        200: answer("It is in force.", CHANGED_EXAMPLE),
        **problems(
            *(NotPermitted, RecordNotFound, ContradictingDecision, IdempotencyConflict),
            *(InvalidRecord, InvalidParameter, *BODY, *REFUSALS),
        ),
    },
    openapi_extra=asked("Two records, and what they are.", AskedDecision, DECISION_EXAMPLE),
)
def decide(
    question: DecideDep, body: BodyDep, index: IndexDep, idempotency_key: KeyHeader = ""
) -> Response:
    """Decide on two records of the index; a decision outranks every link until it is undone.

    One that contradicts decisions in force is refused with 409 `contradicting-decision`; another
    request under a used idempotency key is 409 `idempotency-conflict`. Records that a seal keeps
    apart are there together only for clients that may know of seals.
    """
    given = _given(body)
    question.require_whole_sight()
    left, right = (RecordKey(each.source, each.source_id) for each in (given.left, given.right))
    index.require_together(left, right, question.sight)
    decision = Decision(
        Verdict(given.verdict),
        left,
        right,
        reason=given.reason,
        by=_who(question, given.by),
        survivor=given.survivor,
    )
    found = index.decide(decision, cause=Cause(question.caller.client, idempotency_key))
    return _answered(question, index, found, f"decided-{given.verdict}", keys=(left, right))


@router.delete(
    "/decisions/{sequence}",
    name="undo_decision",
    summary="Undo a decision",
    response_model=Changed,
    responses={
        200: answer("It is undone.", CHANGED_EXAMPLE),
        **problems(
            *(NotPermitted, NothingToUndo, ContradictingDecision, InvalidParameter, IndexBusy),
            *REFUSALS,
        ),
    },
)
def undo(
    question: DecideDep, sequence: SequenceParam, index: IndexDep, reason: ReasonParam = ""
) -> Response:
    """Undo what was decided: the persons are as if it had never been. Not of a seal."""
    question.require_whole_sight()
    by = _who(question, "")
    found = index.undo(sequence, by=by, reason=reason, decisions_only=True)
    return _answered(question, index, found, "undone")


def _given(body: bytes) -> AskedDecision:
    try:
        return AskedDecision.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise InvalidRecord("It is not JSON.") from None
    except ValidationError as error:
        places = ", ".join(".".join(map(str, each["loc"])) or "body" for each in error.errors())
        raise InvalidRecord("It does not have the form of a decision.", field=places) from None


def _who(question: Question, said: str) -> str:
    """Who decides: whoever the token is about; what the body says only where nobody checks."""
    caller = question.caller
    return caller.user or caller.client or said


def _answered(
    question: Question,
    index: Index,
    found: ChangeResult,
    outcome: str,
    *,
    keys: tuple[RecordKey, ...] = (),
) -> Response:
    """The answer, once it is written down: what was decided, of whose records, whom it touched."""
    told = {each.person_id: None for each in found.persons}
    told |= {successor: None for each in found.persons for successor in each.successors}
    named = [(each, None) for each in told]
    mentioned = by_person([*named, *((index.holder(key), key) for key in keys)])
    question.wrote("decision", str(found.sequence), outcome, persons=mentioned)
    return json_response(found.as_dict())
