"""From an identifier to the other identifiers of whoever holds it."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Response

from mpi.access.question import Question
from mpi.api.documented import REFUSALS, answer, problems
from mpi.api.routes.dependencies import IndexDep, SystemParam, ValueParam, json_response
from mpi.api.schemas import CROSS_REFERENCES_EXAMPLE, CrossReferences
from mpi.api.security import LookUpDep
from mpi.errors import IdentifierNotFound, IndexUnreachable, InvalidIdentifier
from mpi.errors import UnknownIdentifierSystem as UnknownSystem
from mpi.identifiers import parse
from mpi.index.index import Index
from mpi.index.look_up import Answer
from mpi.records import Identifier

router = APIRouter(prefix="/v1", tags=["Look up"])


@router.get(
    "/cross-references/{system}/{value:path}",
    summary="What else is the holder of this identifier known as?",
    response_model=CrossReferences,
    responses={
        200: answer("Everyone who holds the identifier.", CROSS_REFERENCES_EXAMPLE),
        **problems(
            UnknownSystem, IdentifierNotFound, InvalidIdentifier, IndexUnreachable, *REFUSALS
        ),
    },
)
def cross_references(
    question: LookUpDep, system: SystemParam, value: ValueParam, index: IndexDep
) -> Response:
    """Ask what else a person is known as.

    Takes one identifier and answers with the other identifiers of the person who holds it, each
    with its confidence, basis and records. The identifier asked with is among them, marked
    `asked`. When several persons hold it the answer lists them all and is `ambiguous`.

    A caller is told what the policy allows for the purpose asked for. What is withheld looks like
    what is not there.

    For example `GET /v1/cross-references/nhs-number/9990000018`, or
    `GET /v1/cross-references/pnc/2012/0000123Q`.
    """
    question.asks(Identifier(system, parse(system, value)))
    found = holders(question, index, system, value)
    told = question.disclose(found.persons, found.asked, said=found.said)
    question.answered(told, release=found.standing.release)
    if not told:
        raise IdentifierNotFound(system=system)
    return json_response(replace(found, persons=question.shown(told)).as_dict())


def holders(question: Question, index: Index, system: str, value: str) -> Answer:
    """Everyone who holds an identifier, before the policy has its say.

    Not looked for where the caller may not ask with it: how long that takes must not tell whether
    there is somebody. Raises IdentifierNotFound.
    """
    if not question.may_ask_with(system):
        raise IdentifierNotFound(system=system)
    return index.cross_references(system, value, question.sight)
