"""Records that a link found gone: a message about one that comes late must not bring it back."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, delete, exists, insert, literal, select

from mpi.store.columns import TEXT
from mpi.store.schema import Generation, tombstone

DELETED, ABSENT = "deleted", "absent"
"""Why a record is gone: its source said so in a version, or its snapshot lacked it."""


def bury(
    connection: Connection,
    old: Generation,
    new: Generation,
    *,
    deleted: Sequence[tuple[str, str, str]],
    sequence: int,
) -> None:
    """Bring the tombstones up to a generation, as of an event.

    Args: deleted, what sources say is gone: source, key and version. Of two tombstones of a record
    the later version stands, and none of a record that is there.
    """
    if deleted:
        _bury_deleted(connection, deleted, sequence)
    _bury_absent(connection, old, new, sequence)
    there = exists().where(
        new.record.c.source == tombstone.c.source, new.record.c.source_id == tombstone.c.source_id
    )
    connection.execute(delete(tombstone).where(there))


def _bury_deleted(
    connection: Connection, deleted: Sequence[tuple[str, str, str]], sequence: int
) -> None:
    given = [{"of": source, "of_id": key, "gone": version} for source, key, version in deleted]
    same = and_(tombstone.c.source == bindparam("of"), tombstone.c.source_id == bindparam("of_id"))
    older = tombstone.c.version_key <= bindparam("gone")
    connection.execute(delete(tombstone).where(same, older), given)
    columns = ["source", "source_id", "version_key", "kind", "sequence"]
    given_values = (bindparam(name, type_=TEXT) for name in ("of", "of_id", "gone"))
    row = select(*given_values, literal(DELETED), literal(sequence)).where(~exists().where(same))
    connection.execute(insert(tombstone).from_select(columns, row), given)


def _bury_absent(connection: Connection, old: Generation, new: Generation, sequence: int) -> None:
    """What was live, is not any more, and nobody deleted."""
    was, now = old.record.c, new.record.c
    there = exists().where(now.source == was.source, now.source_id == was.source_id)
    known = exists().where(tombstone.c.source == was.source, tombstone.c.source_id == was.source_id)
    columns = ["source", "source_id", "version_key", "kind", "sequence"]
    gone = select(
        was.source, was.source_id, was.version_key, literal(ABSENT), literal(sequence)
    ).where(~there, ~known)
    connection.execute(
        insert(tombstone).from_select(columns, gone.order_by(was.source, was.source_id))
    )
