"""Entity tags: whether what somebody saw is still so.

A tag is of what was told, not of what the index holds: were it the number of the last change, a
caller could see that something changed of which it is told nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from fastapi import Request, Response

from mpi.errors import ChangedMeanwhile

ANY = "*"


def etag(content: bytes | memoryview) -> str:
    """The strong tag of an answer.

    >>> etag(b"{}")
    '"2afb9b83f9314e5d029766197f539792"'
    """
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def not_modified(request: Request, response: Response) -> Response:
    """An answer, or 304 without a body if the caller says (If-None-Match) that it has just that."""
    known = set(_tags(request.headers.get("if-none-match", "")))
    if response.headers["etag"] in known or ANY in known:
        return Response(status_code=304, headers={"etag": response.headers["etag"]})
    return response


def require_match(request: Request, present: str) -> None:
    """Refuse a change that builds on what is no longer so: If-Match must name the present tag.

    A request without If-Match is let through: whether one is needed the route says. Raises
    ChangedMeanwhile.
    """
    said = request.headers.get("if-match")
    if said is not None and not {present, ANY} & set(_tags(said)):
        raise ChangedMeanwhile


def _tags(said: str) -> Iterator[str]:
    """The tags of a header; a weak one stands for the strong one that it was made from."""
    for part in said.split(","):
        tag = part.strip().removeprefix("W/")
        if tag:
            yield tag
