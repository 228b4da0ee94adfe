"""Many look-ups in one request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from mpi.access.access import Access
from mpi.access.disclosure import Disclosed, Withheld
from mpi.access.question import Question
from mpi.api.batch_schemas import BATCH_EXAMPLE, BATCHED_EXAMPLE, AskedBatch, Batched
from mpi.api.documented import BODY, REFUSALS, answer, asked, problems
from mpi.api.problems import problem, request_id, status_of
from mpi.api.routes.cross_references import holders
from mpi.api.routes.dependencies import BodyDep, IndexDep, json_response
from mpi.api.security import LookUpDep
from mpi.errors import (
    BatchTooLarge,
    IdentifierNotFound,
    IndexUnreachable,
    InvalidIdentifier,
    InvalidRecord,
    MPIError,
    UnknownIdentifierSystem,
)
from mpi.identifiers import parse
from mpi.index.index import Index
from mpi.records import Identifier

router = APIRouter(prefix="/v1", tags=["Look up"])

MOST = 1000
"""Look-ups in one request; a client's policy may allow fewer."""
_OWN = (UnknownIdentifierSystem, InvalidIdentifier, IdentifierNotFound)
"""Errors of one look-up that leave the others alone."""


async def _the_access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


AccessDep = Annotated[Access, Depends(_the_access)]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One look-up of a batch: what was asked, what is told, and the answer or the problem."""

    asked: Identifier | None
    told: Disclosed
    answer: dict[str, Any]
    release: str = ""


@router.post(
    "/cross-references:batch",
    summary="What else are the holders of these identifiers known as?",
    response_model=Batched,
    responses={
        200: answer("One answer for each, in the order asked.", BATCHED_EXAMPLE),
        **problems(InvalidRecord, BatchTooLarge, IndexUnreachable, *BODY, *REFUSALS),
    },
    openapi_extra=asked("The identifiers, 1,000 at most.", AskedBatch, BATCH_EXAMPLE),
)
def cross_references_batch(
    question: LookUpDep, access: AccessDep, body: BodyDep, index: IndexDep, request: Request
) -> Response:
    """Ask about up to 1,000 identifiers at once.

    Each is answered as if it had been asked about alone: with `status` 200 and the `answer`, or
    with the status and the `problem` that it would have had. Each counts against the client's rate,
    and a client may be held to smaller batches.
    """
    wanted = list(_asked(body))
    question.require_batch(len(wanted))
    access.charge(question, len(wanted) - 1)
    name = request_id(request.scope)
    entries = [_entry(question, index, each, name) for each in wanted]
    release = next((each.release for each in entries if each.release), "")
    question.answered_each([(each.asked, each.told) for each in entries], release=release)
    return json_response({"answers": [each.answer for each in entries]})


def _asked(body: bytes) -> Iterator[tuple[str, str]]:
    """The system and value of each entry. Raises InvalidRecord, BatchTooLarge."""
    try:
        listed = orjson.loads(body)["identifiers"]
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        raise InvalidRecord("Send JSON with a list of `identifiers`.") from None
    if not isinstance(listed, list) or not listed:
        raise InvalidRecord("Send a list of `identifiers`, at least one.")
    if len(listed) > MOST:
        raise BatchTooLarge(f"It may have {MOST:,}.")
    for each in listed:
        if not isinstance(each, dict) or set(each) != {"system", "value"}:
            raise InvalidRecord("Each of `identifiers` has a `system` and a `value`.")
        if not isinstance(each["system"], str) or not isinstance(each["value"], str):
            raise InvalidRecord("The `system` and `value` of `identifiers` are text.")
        yield each["system"], each["value"]


def _entry(question: Question, index: Index, wanted: tuple[str, str], name: str) -> _Entry:
    system, text = wanted
    identifier: Identifier | None = None
    told = Disclosed((), Withheld())
    try:
        identifier = Identifier(system, parse(system, text))
        found = holders(question, index, system, text)
        told = question.disclose(found.persons, found.asked, said=found.said)
        if not told:
            raise IdentifierNotFound
    except _OWN as error:
        return _Entry(identifier, told, _refusal(error, name))
    seen = replace(found, persons=question.shown(told))
    told_of = {"status": int(HTTPStatus.OK), "answer": seen.as_dict(), "problem": None}
    return _Entry(identifier, told, told_of, found.standing.release)


def _refusal(error: MPIError, name: str) -> dict[str, Any]:
    status = status_of(type(error))
    body = problem(name, status, error.code, error.sentence(), detail=error.detail)
    return {"status": int(status), "answer": None, "problem": body}
