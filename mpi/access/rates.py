"""How often a client may ask: one bucket of tokens each, which fills at a steady rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from mpi.access.policy import Rate
from mpi.errors import TooManyRequests

NOBODY = Rate(per_minute=600, burst=100)
"""What all requests without a valid credential may do together, in each worker process."""
SAID_EVERY = 60.0
"""Seconds between two entries of the audit that say that a client asked too often."""


@dataclass(slots=True)
class _Bucket:
    """What a client has left, as of when; how often it was refused since that was last said."""

    left: float
    since: float
    unsaid: int = 0
    said: float = -math.inf


class Rates:
    """The buckets of all clients of one worker process. Threads may share it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Args: clock, in seconds."""
        self._clock = clock
        self._lock = Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, client: str, rate: Rate) -> int:
        """Take one from a client's bucket; returns how many refusals nobody has written down.

        Raises TooManyRequests, with the seconds until there is one again. It is `repeated`, not to
        be written down, if another was said less than `SAID_EVERY` seconds ago; else `refusals` are
        those that it stands for, itself included.
        """
        per_second = rate.per_minute / 60
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(client, _Bucket(float(rate.burst), now))
            gained = (now - bucket.since) * per_second
            bucket.left, bucket.since = min(rate.burst, bucket.left + gained), now
            if bucket.left >= 1:
                bucket.left -= 1
                unsaid, bucket.unsaid = bucket.unsaid, 0
                return unsaid
            error = TooManyRequests(retry_after=math.ceil((1 - bucket.left) / per_second))
            bucket.unsaid += 1
            error.repeated = now - bucket.said < SAID_EVERY
            if not error.repeated:
                error.refusals, bucket.unsaid, bucket.said = bucket.unsaid, 0, now
        raise error

    def owe(self, client: str, cost: int) -> None:
        """Take more from a bucket that one was just taken from, even if it then owes.

        So a batch may be larger than what is left, and is paid for before the next request.
        """
        with self._lock:
            if client in self._buckets:
                self._buckets[client].left -= cost
