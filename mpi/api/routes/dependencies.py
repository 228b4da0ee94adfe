"""What routes are handed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import orjson
from fastapi import Depends, Path, Request, Response

from mpi.api.media import JSON, MediaType
from mpi.api.metrics import Metrics
from mpi.errors import TooLarge, UnsupportedFormat
from mpi.identifiers import SYSTEMS
from mpi.index.index import Index

LARGEST_BODY = 256 * 1024
"""Bytes of a request's body; a record of a thousand aliases has fewer."""


def body_up_to(largest: int) -> Callable[[Request], Awaitable[bytes]]:
    """A dependency that gives the body, of which no more is ever held than may be sent.

    Args: largest, in bytes. What it gives raises TooLarge.
    """

    async def body(request: Request) -> bytes:
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > largest:
                raise TooLarge(f"It may have {largest:,} bytes.")
            parts.append(part)
        return b"".join(parts)

    return body


async def _json_body(request: Request) -> bytes:
    """The body of a request that says it sends JSON.

    A page of another origin can post a form, or text, to a service on this machine without asking
    anybody; JSON it cannot. Raises UnsupportedFormat, TooLarge.
    """
    if not MediaType.of(request.headers.get("content-type", "")).is_json:
        raise UnsupportedFormat(f"Send {JSON}, and say so in Content-Type.")
    return await body_up_to(LARGEST_BODY)(request)


# Asynchronous only because a plain function would cost every request a second hop to a thread.
async def _the_index(request: Request) -> Index:
    index: Index = request.app.state.index
    return index


async def _the_metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


MetricsDep = Annotated[Metrics, Depends(_the_metrics)]
BodyDep = Annotated[bytes, Depends(_json_body)]
IndexDep = Annotated[Index, Depends(_the_index)]
SystemParam = Annotated[
    str,
    Path(
        description=f"Short name of the identifier system: {', '.join(SYSTEMS)}.",
        examples=["nhs-number"],
    ),
]
ValueParam = Annotated[
    str,
    Path(
        description="The value as anybody writes it; a slash may be escaped or not.",
        examples=["9990000018"],
    ),
]
PersonIdParam = Annotated[
    str,
    Path(description="A person id.", examples=["019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70"]),
]


def json_response(body: dict[str, Any], status: int = 200) -> Response:
    """A dictionary as a response, without the validation that FastAPI would add."""
    return Response(orjson.dumps(body), status, media_type=JSON)
