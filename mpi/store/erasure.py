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
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    union,
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
    log,
    membership,
    retired_member,
    seal,
    seal_side,
    supersession,
    tombstone,
)

_RECORD, _IDENTIFIER = "record", "identifier"
_NAMING = (membership, retired_member, identifier_history, inbox, tombstone)
"""The tables in which a record is named by its key; no live record is without a membership."""


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
    kept = [exists(select(1).where(_of(table, key))) for table in _NAMING]
    found = or_(*kept, exists(select(1).where(_on_a_side(key))))
    return bool(connection.scalar(select(found)))


def remembered(connection: Connection) -> list[RecordKey]:
    """The records that anything which outlives a link still names, those live among them."""
    c = seal_side.c
    every = [select(table.c.source, table.c.source_id) for table in _NAMING]
    sides = select(c.first, c.second).where(c.kind == _RECORD)
    return sorted(RecordKey(*row) for row in connection.execute(union(*every, sides)))


def forget(connection: Connection, gone: Forgotten, stamp: Stamp) -> None:
    """Erase a record that is in the live generation no more, in the transaction of an event."""
    key, pseudonym = gone.key, gone.pseudonym
    _answers(connection, key)
    _reasons(connection, key)
    _messages(connection, key, pseudonym)
    for table in (membership, retired_member):
        connection.execute(update(table).where(_of(table, key)).values(source_id=pseudonym))
    for table in (identifier_history, tombstone):
        connection.execute(delete(table).where(_of(table, key)))
    _decisions(connection, key, pseudonym, stamp.sequence)
    connection.execute(update(seal_side).where(_on_a_side(key)).values(second=pseudonym))
    review_erasure.forget(connection, key, pseudonym)
    row = {"keyed": gone.keyed, "sequence": stamp.sequence, "reason": gone.reason, "at": stamp.at}
    connection.execute(insert(erased).values(row))


def _of(table: Table, key: RecordKey) -> ColumnElement[bool]:
    return and_(table.c.source == key.source, table.c.source_id == key.source_id)


def _on_a_side(key: RecordKey) -> ColumnElement[bool]:
    """That a side of a seal names the record."""
    c = seal_side.c
    return and_(c.kind == _RECORD, c.first == key.source, c.second == key.source_id)


def _decided(key: RecordKey) -> ColumnElement[bool]:
    """That a decision is about the record."""
    c = decision.c
    left = and_(c.l_source == key.source, c.l_source_id == key.source_id)
    return or_(left, and_(c.r_source == key.source, c.r_source_id == key.source_id))


def _reasons(connection: Connection, key: RecordKey) -> None:
    """Remove why something was ruled about the record or its identifiers, and why it was undone.

    What was written may say who it is; so may the hash of the request that a key was given for.
    """
    c, numbers = log.c, _ruled(connection, key)
    rows = connection.execute(select(c.sequence, c.detail).where(c.sequence.in_(numbers))).all()
    said = [(row.sequence, orjson.loads(row.detail)) for row in rows]
    blank = [
        {"of": sequence, "said": orjson.dumps(detail | {"reason": ""}).decode()}
        for sequence, detail in said
        if detail.get("reason")
    ]
    if blank:
        changed = update(log).where(c.sequence == bindparam("of")).values(detail=bindparam("said"))
        connection.execute(changed, blank)
    connection.execute(delete(idempotency).where(idempotency.c.sequence.in_(numbers)))


def _ruled(connection: Connection, key: RecordKey) -> list[int]:
    """The events that ruled about the record or identifiers that it held, and those undoing it."""
    held, made, side = identifier_history.c, supersession.c, seal_side.c
    values = select(held.system, held.value).where(_of(identifier_history, key))
    seals = select(side.seal_no).where(
        or_(
            _on_a_side(key),
            and_(side.kind == _IDENTIFIER, tuple_(side.first, side.second).in_(values)),
        )
    )
    ends = (tuple_(made.system, made.old), tuple_(made.system, made.new))
    about = (
        (decision, _decided(key)),
        (seal, seal.c.seal_no.in_(seals)),
        (supersession, or_(*(end.in_(values) for end in ends))),
    )
    found: set[int] = set()
    for table, ours in about:
        rows = connection.execute(select(table.c.sequence, table.c.undone).where(ours))
        found.update(number for row in rows for number in row if number is not None)
    return sorted(found)


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
    decisions = select(d.sequence).where(_decided(key))
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
