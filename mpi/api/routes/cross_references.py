"""From an identifier to the other identifiers of whoever holds it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from mpi.api.documented import answer, problems
from mpi.api.routes.dependencies import IndexDep, SystemParam, ValueParam, json_response
from mpi.api.schemas import CROSS_REFERENCES_EXAMPLE, CrossReferences
from mpi.errors import IdentifierNotFound, IndexUnreachable, InvalidIdentifier
from mpi.errors import UnknownIdentifierSystem as UnknownSystem

router = APIRouter(prefix="/v1", tags=["Look up"])


@router.get(
    "/cross-references/{system}/{value:path}",
    summary="What else is the holder of this identifier known as?",
    response_model=CrossReferences,
    responses={
        200: answer("Everyone who holds the identifier.", CROSS_REFERENCES_EXAMPLE),
        **problems(UnknownSystem, IdentifierNotFound, InvalidIdentifier, IndexUnreachable),
    },
)
def cross_references(system: SystemParam, value: ValueParam, index: IndexDep) -> Response:
    """Ask what else a person is known as.

    Takes one identifier and answers with the other identifiers of the person who holds it, each
    with its confidence, basis and records. The identifier asked with is among them, marked
    `asked`. When several persons hold it the answer lists them all and is `ambiguous`.

    For example `GET /v1/cross-references/nhs-number/9990000018`, or
    `GET /v1/cross-references/pnc/2012/0000123Q`.
    """
    return json_response(index.cross_references(system, value).as_dict())
