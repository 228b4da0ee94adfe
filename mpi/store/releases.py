"""Which releases made an index, one after the other."""

from __future__ import annotations

import orjson
from sqlalchemy import Connection, select

from mpi.store.schema import log, release_file

_MAKING = ("link", "rollback")
"""Events that make an index anew, with a release."""


def releases_in_turn(connection: Connection) -> list[str]:
    """The ids of the releases in the order in which they were used, the present one last."""
    made = select(log.c.detail).where(log.c.kind.in_(_MAKING)).order_by(log.c.sequence)
    return [orjson.loads(detail)["release"] for detail in connection.scalars(made)]


def releases_kept(connection: Connection) -> frozenset[str]:
    """The ids of the releases whose files an index keeps."""
    return frozenset(connection.scalars(select(release_file.c.release_id).distinct()))
