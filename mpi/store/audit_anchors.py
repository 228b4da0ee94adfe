"""Anchors of the audit in the index: where each of its chains stood at some moments.

They say nothing of anybody. Whoever could write a chain of the audit anew, and the file of its
anchors, would have to write these as well, in a database that need not be theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from mpi.store.schema import audit_anchor


class Anchored(NamedTuple):
    """A chain had so many entries at a time, and the last one this hash."""

    chain: str
    number: int
    hash: str
    at: str


def note(connection: Connection, anchored: Anchored) -> None:
    """Note where a chain stands, unless that is noted."""
    same = audit_anchor.c.chain == anchored.chain, audit_anchor.c.number == anchored.number
    if connection.execute(select(audit_anchor.c.number).where(*same)).first() is None:
        connection.execute(insert(audit_anchor), anchored._asdict())


def noted(connection: Connection) -> Iterator[Anchored]:
    """Every note, by chain and number."""
    ordered = select(audit_anchor).order_by(audit_anchor.c.chain, audit_anchor.c.number)
    yield from (Anchored(*row) for row in connection.execute(ordered))
