"""Who asks: what stands before every route that tells or changes anything.

A route declares what it does with `permitted`, and is handed a Question. When its answer leaves,
the middleware sees to it that the request has been accounted for in the audit: what was refused is
written down here, and an answer that nobody wrote down does not leave.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from mpi.access.access import Access
from mpi.access.caller import Caller
from mpi.access.operations import Operation
from mpi.access.question import Question
from mpi.errors import NotAuthenticated

PURPOSE = "x-purpose-of-use"
DEVELOPMENT_KEY = "x-api-key"


class Unaudited(Exception):
    """An answer was about to leave that had not been written down."""


def permitted(
    operation: Operation, transaction: str = ""
) -> Callable[[Request], Awaitable[Question]]:
    """A dependency that lets in who may do an operation, for the purpose that they name.

    Args: transaction, the IHE transaction that the route serves, for the audit. What it gives
    raises NotAuthenticated, NotPermitted, PurposeNotPermitted, TooManyRequests.
    """

    async def ask(request: Request) -> Question:
        state, headers = request.scope["state"], request.headers
        access: Access = state["access"]
        authorisation = headers.get("authorization", "")
        if access.wants_keys(authorisation):
            await run_in_threadpool(access.fetch_keys)
        question = access.question(
            operation,
            state["request_id"],
            credentials=(authorisation, headers.get(DEVELOPMENT_KEY, "")),
            purpose=headers.get(PURPOSE, ""),
        )
        question.transaction = transaction
        state["question"] = question
        if question.refusal:
            raise question.refusal
        return question

    return ask


def caller(request: Request) -> Caller:
    """Who asks, where a dependency before has let them in. Raises NotAuthenticated."""
    question: Question | None = request.scope["state"].get("question")
    if question is None or question.refusal:
        raise NotAuthenticated
    return question.caller


LookUpDep = Annotated[Question, Depends(permitted(Operation.LOOK_UP))]
MatchDep = Annotated[Question, Depends(permitted(Operation.MATCH))]
ExplainDep = Annotated[Question, Depends(permitted(Operation.EXPLAIN))]
FeedDep = Annotated[Question, Depends(permitted(Operation.FEED))]
DecideDep = Annotated[Question, Depends(permitted(Operation.DECIDE))]
MonitorDep = Annotated[Question, Depends(permitted(Operation.MONITOR))]


async def settle(scope: Scope, status: int) -> None:
    """See to it that a request is accounted for, before the first byte of its answer leaves.

    Raises Unaudited for an answer that was not written down, and AuditUnavailable.
    """
    question: Question | None = scope["state"].get("question")
    if question is not None and not question.written and status < HTTPStatus.BAD_REQUEST:
        raise Unaudited
    # the review pages ask one question after the other, and answer for their own successes
    asked = [question] if question is not None else scope["state"].get("questions", [])
    for each in asked:
        if status >= HTTPStatus.BAD_REQUEST and not each.written and each.recorder is not None:
            code = scope["state"].get("code") or str(int(status))
            await run_in_threadpool(each.refused, code, int(status))
