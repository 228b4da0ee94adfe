"""From a record to the persons whom it may be of."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from mpi.api.documented import answer, asked, problems
from mpi.api.match_schemas import ASKED_EXAMPLE, MATCHES_EXAMPLE, AskedRecord, Matches
from mpi.api.routes.dependencies import IndexDep, json_response
from mpi.errors import IndexUnreachable, InvalidRecord, NotMatchable, TooLarge, UnknownSource
from mpi.index.given import record_from_json
from mpi.records import MOST_PERSONS_LISTED, PERSONS_LISTED

router = APIRouter(prefix="/v1", tags=["Match"])

LARGEST_BODY = 256 * 1024
"""Bytes of a request's body; a record of a thousand aliases has fewer."""


async def _body(request: Request) -> bytes:
    """The body, of which no more is ever held than may be sent."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLarge(f"It may have {LARGEST_BODY:,} bytes.")
        parts.append(part)
    return b"".join(parts)


BodyDep = Annotated[bytes, Depends(_body)]
LimitParam = Annotated[
    int,
    Query(
        ge=1,
        le=MOST_PERSONS_LISTED,
        description="The most persons to list.",
        examples=[PERSONS_LISTED],
    ),
]
EveryoneParam = Annotated[
    bool,
    Query(
        alias="all",
        description="Whether to list also those of whom the record is certainly not.",
        examples=[False],
    ),
]
_WHAT = "What is known about the individual."


@router.post(
    "/match",
    summary="Which person is this record of?",
    response_model=Matches,
    responses={
        200: answer("The persons whom it may be of, perhaps none.", MATCHES_EXAMPLE),
        **problems(UnknownSource, InvalidRecord, TooLarge, NotMatchable, IndexUnreachable),
    },
    openapi_extra=asked(_WHAT, AskedRecord, ASKED_EXAMPLE),
)
def match(
    body: BodyDep,
    index: IndexDep,
    limit: LimitParam = PERSONS_LISTED,
    *,
    everyone: EveryoneParam = False,
) -> Response:
    """Ask which person a record is of, as linking it would find; nothing is written.

    The record is compared with every record of the index that shares a blocking key with it. Each
    person has the weight, confidence and match grade of their best-supported record, and the
    probability that it is they, given that the record is of one person at most; `p_null` is the
    probability that it is of none. A record that says too little to look for anybody is not
    `searchable`.
    """
    found = index.match(record_from_json(body), limit=limit, everyone=everyone)
    return json_response(found.as_dict())
