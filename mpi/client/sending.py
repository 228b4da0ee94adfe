"""Sending a request, and again when the service asks to come back later."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from mpi.errors import ServiceUnreachable

COME_BACK = frozenset({429, 503})
"""Too many requests, and not now: the answers after which asking again makes sense."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a client tries.

    `attempts` in all, waiting `first` seconds after the first and twice as long after each other
    one, or as long as the service says in Retry-After; never more than `longest` seconds in all. A
    service that asks for more is not waited for.
    """

    attempts: int = 4
    first: float = 0.2
    longest: float = 20.0
    sleep: Callable[[float], None] = time.sleep


def send(http: httpx.Client, request: httpx.Request, patience: Patience) -> httpx.Response:
    """The answer to a request that may be repeated; the last one, if the service stays busy.

    Raises ServiceUnreachable when there is none.
    """
    waited = 0.0
    for attempt in range(1, patience.attempts + 1):
        last = attempt == patience.attempts
        wait = patience.first * 2 ** (attempt - 1)
        try:
            response = http.send(request)
        except httpx.TransportError as error:
            if last or waited + wait > patience.longest:
                raise ServiceUnreachable(type(error).__name__) from None
        else:
            if last or response.status_code not in COME_BACK:
                return response
            wait = _asked_for(response, wait)
            if waited + wait > patience.longest:
                return response
        waited += wait
        patience.sleep(wait)
    raise ServiceUnreachable("It was never asked.")


def _asked_for(response: httpx.Response, otherwise: float) -> float:
    """Seconds until the service wants to be asked again: a number, or a date, or unsaid."""
    said = response.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return otherwise
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - datetime.now(UTC)).total_seconds(), 0.0)
