"""Cursors: where a list goes on, as a text that means nothing to the caller and cannot be made up.

A cursor says after which row the next page begins, in which list and for whom. It is signed: one
that was altered, or is of another list or client, is refused and not guessed at. The secret lives
as long as the process, so after a restart a list begins anew.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

import orjson

from mpi.errors import InvalidCursor

T = TypeVar("T")
_SIGNATURE = 16
LONGEST = 1024


class Cursors:
    """Makes and reads cursors under one secret."""

    def __init__(self, secret: bytes | None = None) -> None:
        """Args: secret, drawn at random if it is not given."""
        self._secret = secret or secrets.token_bytes(32)

    def make(self, of: str, after: Sequence[str | int]) -> str:
        """A cursor.

        Args: of, names the list with everything that it depends on, the client above all; after,
        the key of the last row that was given.
        """
        place = orjson.dumps(list(after))
        return urlsafe_b64encode(self._signature(of, place) + place).rstrip(b"=").decode()

    def read(self, of: str, cursor: str) -> list[str | int]:
        """The key in a cursor of this list. Raises InvalidCursor."""
        if len(cursor) > LONGEST:
            raise InvalidCursor
        try:
            content = b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except ValueError as error:
            raise InvalidCursor from error
        signature, place = content[:_SIGNATURE], content[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(of, place)):
            raise InvalidCursor
        after: list[str | int] = orjson.loads(place)
        return after

    def _signature(self, of: str, place: bytes) -> bytes:
        text = of.encode() + b"\0" + place
        return hashlib.blake2b(text, key=self._secret, digest_size=_SIGNATURE).digest()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and whether there are more."""

    rows: list[T]
    more: bool


def page(rows: Iterable[T], size: int) -> Page[T]:
    """The first rows of what a query gives, which must be asked for one row more than `size`.

    >>> page(iter("abcd"), 2)
    Page(rows=['a', 'b'], more=True)
    """
    some = list(islice(rows, size + 1))
    return Page(some[:size], len(some) > size)
