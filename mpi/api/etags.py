"""Entity tags: whether what somebody saw is still so.

The tag of an answer is of what was told, not of what the index holds: were it the number of the
last change, a caller could see that something changed of which it is told nothing. The tag of a
record is of what its source said last, which is the source's to know.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from fastapi import Request, Response

from mpi.index.conditions import ANY, Condition

_TAG = re.compile(r'(W/)?"([^"]*)"')


def etag(content: bytes | memoryview) -> str:
    """The strong tag of an answer.

    >>> etag(b"{}")
    '"2afb9b83f9314e5d029766197f539792"'
    """
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def not_modified(request: Request, response: Response) -> Response:
    """An answer, or 304 without a body if the caller says (If-None-Match) that it has just that."""
    known = set(_tags(request.headers.getlist("if-none-match"), weak=True))
    if not known.isdisjoint({response.headers["etag"].strip('"'), ANY}):
        return Response(status_code=304, headers={"etag": response.headers["etag"]})
    return response


def condition_of(request: Request, *, weak: bool = False) -> Condition:
    """What a change says must be so of the record it changes (RFC 9110, section 13.1).

    If-Match compares strongly: a weak tag is none that matches, except where a standard on top of
    HTTP has its tags weak (`weak`), as FHIR does. If-None-Match compares weakly. What is no tag
    matches nothing.
    """
    wanted = request.headers.getlist("if-match")
    unwanted = request.headers.getlist("if-none-match")
    one_of = tuple(_tags(wanted, weak=weak)) if wanted else None
    return Condition(one_of, tuple(_tags(unwanted, weak=True)))


def _tags(lines: Sequence[str], *, weak: bool) -> Iterator[str]:
    """The tags of a header without their quotes, the weak ones only if they are wanted."""
    said = ",".join(lines)
    if said.strip() == ANY:
        yield ANY
    yield from (tag for mark, tag in _TAG.findall(said) if weak or not mark)
