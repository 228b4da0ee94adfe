"""From a person id to the person's identifiers, or to who has taken the id's place."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from mpi.api.documented import answer, problems
from mpi.api.routes.dependencies import IndexDep, PersonIdParam, json_response
from mpi.api.schemas import (
    PERSON_EXAMPLE,
    SUPERSEDED_EXAMPLE,
    PersonWithRelease,
    Superseded,
)
from mpi.errors import IndexUnreachable, PersonGone, PersonNotFound
from mpi.index.look_up import PersonAnswer

router = APIRouter(prefix="/v1", tags=["Look up"])

_ONE = {**SUPERSEDED_EXAMPLE, "superseded_by": SUPERSEDED_EXAMPLE["superseded_by"][:1]}


@router.get(
    "/persons/{person_id}",
    summary="What is this person known as?",
    response_model=PersonWithRelease,
    responses={
        200: answer("The person.", PERSON_EXAMPLE),
        300: {
            **answer("Several persons have its records now.", SUPERSEDED_EXAMPLE),
            "model": Superseded,
        },
        308: {
            **answer("One person has its records now; see `Location`.", _ONE),
            "model": Superseded,
        },
        **problems(PersonNotFound, PersonGone, IndexUnreachable),
    },
)
def person(person_id: PersonIdParam, index: IndexDep, request: Request) -> Response:
    """Ask for a person by id.

    Confidence is against the person's golden record. A person id that is no longer in use is
    resolved through the records it last stood for: 308 when one person has them now, 300 when
    several do, 410 when none of them is in the index any more.

    For example `GET /v1/persons/019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70`.
    """
    found = index.person(person_id)
    if isinstance(found, PersonAnswer):
        return json_response(found.as_dict())
    response = json_response(found.as_dict(), 308 if len(found.current) == 1 else 300)
    if response.status_code == 308:
        (successor,) = found.current
        response.headers["location"] = str(request.app.url_path_for("person", person_id=successor))
    return response
