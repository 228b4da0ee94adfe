"""Requests that are repeated: the answer of the first is kept under its idempotency key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from mpi.errors import IdempotencyConflict
from mpi.index.changes import Cause, ChangeResult, IngestResult
from mpi.store.change import Writes, as_json
from mpi.store.near import Near

_BYTES = 16
Request = Callable[[], object]


def check_repeated(near: Near, cause: Cause, request: Request) -> dict[str, Any] | None:
    """What was answered to the same request before, if it names a key.

    Raises IdempotencyConflict where that key was used for another request.
    """
    if not cause.key:
        return None
    kept = near.answer(cause.client, cause.key)
    if kept is None:
        return None
    body_hash, answer = kept
    if body_hash != _hash(request):
        raise IdempotencyConflict()
    values: dict[str, Any] = orjson.loads(answer)
    return values


@dataclass(frozen=True, slots=True)
class Kept:
    """Keeps the answer to a request that names a key."""

    cause: Cause
    request: Request

    def writes(self, sequence: int | None, at: str, answer: IngestResult | ChangeResult) -> Writes:
        """The row of the answer, `sequence` None where nothing changed; none without a key."""
        if not self.cause.key or answer.repeated:
            return []
        row = {
            "client": self.cause.client,
            "key": self.cause.key,
            "body_hash": _hash(self.request),
            "sequence": sequence,
            "status": 0,
            "answer": as_json(answer.as_dict()),
            "at": at,
        }
        return [("idempotency_new", [row])]


def _hash(request: Request) -> bytes:
    text = orjson.dumps(request(), default=tuple, option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=_BYTES).digest()
