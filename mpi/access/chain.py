"""A chain of audit entries: each line's hash rests on the one before, so no line can be changed.

A line is JSON: its number, the digest of its body, its hash, and the body. The hash is of the hash
before, the number and the digest, not of the body itself. So a body whose time of retention is
over can be taken out, and the chain still holds and still shows that there was an entry.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

_BODY = b',"body":'


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the number of its last entry, and that entry's hash."""

    number: int
    hash: str


def start_of(chain: str) -> Head:
    """The head of a chain without entries; every chain starts at another, so none can stand in
    for another.

    >>> start_of("a").number
    0
    """
    return Head(0, hashlib.sha256(b"mpi audit\0" + chain.encode()).hexdigest())


def linked(head: Head, body: bytes) -> tuple[Head, bytes]:
    """A body as the next line of a chain, with the head that the chain then has."""
    digest = hashlib.sha256(body).hexdigest()
    after = _after(head, digest)
    return after, _line(after, digest) + _BODY + body + b"}\n"


def without_body(line: bytes) -> bytes:
    """A line whose body has been taken out."""
    return line.partition(_BODY)[0] + b"}\n"


def _after(head: Head, digest: str) -> Head:
    number = head.number + 1
    text = f"{head.hash}\0{number}\0{digest}"
    return Head(number, hashlib.sha256(text.encode()).hexdigest())


def _line(head: Head, digest: str) -> bytes:
    return f'{{"number":{head.number},"digest":"{digest}","hash":"{head.hash}"'.encode()


@dataclass(frozen=True, slots=True)
class Link:
    """A line as read back: `body` is None where it was taken out."""

    head: Head
    body: dict[str, Any] | None
    line: bytes


class Broken(Exception):
    """A line is not what the chain says it is; the text says what is wrong, never what is in it."""


def links(chain: str, lines: Iterable[bytes]) -> Iterator[Link]:
    """The lines of a chain, each checked against the one before.

    Raises Broken at the first that does not follow, naming its line number in the file.
    """
    head = start_of(chain)
    for at, line in enumerate(lines, 1):
        head, body = _checked(head, line, at)
        yield Link(head, body, line)


def _checked(head: Head, line: bytes, at: int) -> tuple[Head, dict[str, Any] | None]:
    try:
        said = orjson.loads(line)
        number, digest, hashed = said["number"], said["digest"], said["hash"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Broken(f"line {at} is no entry") from error
    if number != head.number + 1:
        raise Broken(f"line {at} has number {number} where {head.number + 1} should be")
    after = _after(head, digest)
    if after.hash != hashed:
        raise Broken(f"the hash on line {at} does not follow from the line before")
    _, marker, rest = line.partition(_BODY)
    if not marker:
        return after, None
    if hashlib.sha256(rest.rstrip(b"\n")[:-1]).hexdigest() != digest:
        raise Broken(f"the entry on line {at} is not the one that was written")
    return after, said["body"]
