"""From a person id to the person's identifiers, or to who has taken the id's place."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from mpi.access.disclosure import Disclosed, Withheld
from mpi.access.question import Question
from mpi.api.documented import REFUSALS, answer, problems
from mpi.api.etags import etag, not_modified
from mpi.api.history_schemas import PersonAsOf
from mpi.api.routes import history
from mpi.api.routes.dependencies import IndexDep, PersonIdParam, json_response
from mpi.api.schemas import (
    PERSON_EXAMPLE,
    SUPERSEDED_EXAMPLE,
    PersonWithRelease,
    Superseded,
)
from mpi.api.security import LookUpDep
from mpi.errors import IndexUnreachable, PersonGone, PersonNotFound, UsageError
from mpi.index import look_up
from mpi.index.index import Index
from mpi.index.look_up import PersonAnswer

router = APIRouter(prefix="/v1", tags=["Look up"])

AsOfParam = Annotated[
    str,
    Query(
        description="A time with its zone (ISO 8601), or the number of an event.",
        examples=["2026-11-01T00:00:00Z"],
    ),
]
_ONE = {**SUPERSEDED_EXAMPLE, "superseded_by": SUPERSEDED_EXAMPLE["superseded_by"][:1]}


@router.get(
    "/persons/{person_id}",
    summary="What is this person known as?",
    response_model=PersonWithRelease | PersonAsOf,
    responses={
        200: answer("The person; `ETag` changes when the answer does.", PERSON_EXAMPLE),
        300: {
            **answer("Several persons have its records now.", SUPERSEDED_EXAMPLE),
            "model": Superseded,
        },
        308: {
            **answer("One person has its records now; see `Location`.", _ONE),
            "model": Superseded,
        },
        **problems(UsageError, PersonNotFound, PersonGone, IndexUnreachable, *REFUSALS),
    },
)
def person(
    question: LookUpDep,
    person_id: PersonIdParam,
    index: IndexDep,
    request: Request,
    as_of: AsOfParam = "",
) -> Response:
    """Ask for a person by id.

    Confidence is against the person's golden record. A person id that is no longer in use is
    resolved through the records it last stood for: 308 when one person has them now, 300 when
    several do, 410 when none of them is in the index any more.

    A caller is told what the policy allows for the purpose asked for. A person of whom nothing may
    be told is not found, and neither is an id that is gone.

    With `as_of` the answer is the person as the index had it then (`PersonAsOf`), for clients that
    may see every system.

    For example `GET /v1/persons/019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70`.
    """
    if as_of:
        return history.as_of(question, index, person_id, as_of)
    found = _found(question, index, person_id)
    if isinstance(found, PersonAnswer):
        return _one(question, found, request)
    successors = seen_successors(question, index, found)
    if not successors:
        question.answered(Disclosed((), Withheld({person_id: ()})))
        raise PersonNotFound
    question.answered_about(successors)
    seen = replace(found, current=successors)
    response = json_response(seen.as_dict(), 308 if len(successors) == 1 else 300)
    if response.status_code == 308:
        (successor,) = successors
        response.headers["location"] = str(request.app.url_path_for("person", person_id=successor))
    return response


def _found(question: Question, index: Index, person_id: str) -> PersonAnswer | look_up.Superseded:
    """A person or their successors; an id that is gone was never there for a limited sight."""
    try:
        return index.person(person_id, question.sight)
    except PersonGone:
        if question.sight.whole:
            raise
        raise PersonNotFound from None


def _one(question: Question, found: PersonAnswer, request: Request) -> Response:
    told = question.disclose([found.person])
    question.answered(told, release=found.person.release)
    if not told:
        raise PersonNotFound
    (shown,) = question.shown(told)
    response = json_response(replace(found, person=shown).as_dict())
    response.headers["etag"] = etag(response.body)
    return not_modified(request, response)


def seen_successors(question: Question, index: Index, found: look_up.Superseded) -> dict[str, int]:
    """The successors that exist for a caller, with how many of the id's records they have of which
    the caller may know.
    """
    if question.sight.whole:
        return dict(found.current)
    counts: dict[str, int] = {}
    for person_id in found.current:
        answer = index.person(person_id, question.sight)
        if isinstance(answer, PersonAnswer):
            for seen in question.disclose([answer.person]).persons:
                counts[person_id] = len(set(seen.records) & set(found.members))
    return {person_id: count for person_id, count in counts.items() if count}
