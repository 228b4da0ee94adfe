"""Erasing a record from all that outlives a link: its key gives way to a pseudonym.

What was believed about persons stays as it was, but nobody can tell any more of whom.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson
from sqlalchemy import (
    Connection,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

from mpi.records import RecordKey
from mpi.store import review_erasure
from mpi.store.change import Stamp
from mpi.store.schema import (
    decision,
    erased,
    idempotency,
    identifier_history,
    inbox,
    membership,
    retired_member,
    seal_side,
    tombstone,
)

_RECORD = "record"


class Forgotten(NamedTuple):
    """A record to erase: what stands for its key from now on, and why, as a code.

    `keyed` is the hash of its key under which the erasure is kept; see `near.keyed`.
    """

    key: RecordKey
    keyed: bytes
    pseudonym: str
    reason: str


def erasure_of(connection: Connection, keyed: bytes) -> int | None:
    """The event in which a record was erased; None if it was not."""
    return connection.scalar(select(erased.c.sequence).where(erased.c.keyed == keyed))


def is_remembered(connection: Connection, key: RecordKey) -> bool:
    """Whether anything that outlives a link still names a record."""
    tables = (membership, retired_member, identifier_history, inbox, tombstone)
    found = or_(*(exists(select(1).where(_of(table, key))) for table in tables))
    return bool(connection.scalar(select(found)))


def forget(connection: Connection, gone: Forgotten, stamp: Stamp) -> None:
    """Erase a record that is in the live generation no more, in the transaction of an event."""
    key, pseudonym = gone.key, gone.pseudonym
    _answers(connection, key)
    _messages(connection, key, pseudonym)
    for table in (membership, retired_member):
        connection.execute(update(table).where(_of(table, key)).values(source_id=pseudonym))
    for table in (identifier_history, tombstone):
        connection.execute(delete(table).where(_of(table, key)))
    _decisions(connection, key, pseudonym, stamp.sequence)
    side = seal_side.c
    named = and_(side.kind == _RECORD, side.first == key.source, side.second == key.source_id)
    connection.execute(update(seal_side).where(named).values(second=pseudonym))
    review_erasure.forget(connection, key, pseudonym)
    row = {"keyed": gone.keyed, "sequence": stamp.sequence, "reason": gone.reason, "at": stamp.at}
    connection.execute(insert(erased).values(row))


def _of(table: Table, key: RecordKey) -> ColumnElement[bool]:
    return and_(table.c.source == key.source, table.c.source_id == key.source_id)


def _messages(connection: Connection, key: RecordKey, pseudonym: str) -> None:
    # the key of a version may have a hash of what the record said
    nothing = {"version": "", "version_key": "", "payload": None, "payload_hash": None}
    values = {**nothing, "source_id": pseudonym, "client": None}
    connection.execute(update(inbox).where(_of(inbox, key)).values(values))


def _decisions(connection: Connection, key: RecordKey, pseudonym: str, sequence: int) -> None:
    """A decision on the record is out of force, and whatever was written about it is gone."""
    c = decision.c
    values = {"undone": func.coalesce(c.undone, sequence), "reason": ""}
    for side in ("l", "r"):
        ours = and_(c[f"{side}_source"] == key.source, c[f"{side}_source_id"] == key.source_id)
        named = {**values, f"{side}_source_id": pseudonym}
        connection.execute(update(decision).where(ours).values(named))


def _answers(connection: Connection, key: RecordKey) -> None:
    """Remove what was answered about the record; the hashes of such requests name it too."""
    c, d = idempotency.c, decision.c
    messages = select(inbox.c.sequence).where(_of(inbox, key))
    left = and_(d.l_source == key.source, d.l_source_id == key.source_id)
    right = and_(d.r_source == key.source, d.r_source_id == key.source_id)
    decisions = select(d.sequence).where(or_(left, right))
    about = or_(c.sequence.in_(messages), c.sequence.in_(decisions))
    connection.execute(delete(idempotency).where(about))
    said = orjson.dumps(key.source_id).decode()
    naming = select(c.client, c.key, c.answer).where(c.answer.contains(said, autoescape=True))
    named = [
        (row.client, row.key)
        for row in connection.execute(naming)
        if _names(orjson.loads(row.answer), key)
    ]
    if named:
        connection.execute(delete(idempotency).where(tuple_(c.client, c.key).in_(named)))


def _names(answer: dict[str, object], key: RecordKey) -> bool:
    return (answer.get("source"), answer.get("source_id")) == key
