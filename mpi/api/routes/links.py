"""From two records to the reasons for which they are one person or two."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from mpi.access.mentioned import by_person
from mpi.api.documented import REFUSALS, answer, problems
from mpi.api.explain_schemas import EXPLANATION_EXAMPLE, Explanation
from mpi.api.routes.dependencies import IndexDep, json_response
from mpi.api.security import ExplainDep
from mpi.errors import IndexUnreachable, NotMatchable, RecordNotFound, UsageError
from mpi.index.explain import key_of

router = APIRouter(prefix="/v1", tags=["Match"])

LeftParam = Annotated[
    str,
    Query(description="One record, as `source|source_id`.", examples=["hjis|H004711"]),
]
RightParam = Annotated[
    str,
    Query(description="The other, as `source|source_id`.", examples=["nomis|A1234BC"]),
]


@router.get(
    "/links",
    name="explain_link",
    summary="Why are these two records one person, or two?",
    response_model=Explanation,
    responses={
        200: answer("Every comparison of the two.", EXPLANATION_EXAMPLE),
        **problems(UsageError, RecordNotFound, NotMatchable, IndexUnreachable, *REFUSALS),
    },
)
def explain(question: ExplainDep, left: LeftParam, right: RightParam, index: IndexDep) -> Response:
    """Ask why two records of the index are taken for one person, or for two.

    Both are compared anew with the release that made the index. The answer has every comparison,
    the level that holds, its weight in bits, and a sentence; the weights and the prior add up to
    the match weight of the two. Where one of the persons is restricted, the two are compared as if
    they said nothing of where somebody is.
    """
    for key in (key_of(left), key_of(right)):
        if not question.sight.knows(key.source):
            raise RecordNotFound(source=key.source)
    found = index.explain(left, right, withhold=True, sight=question.sight)
    named = by_person(zip(found.persons, (found.left, found.right), strict=True))
    question.answered_about(named, release=found.release)
    return json_response(found.as_dict())
