"""What outlives a link: which ids were in use, who belonged to whom, and who held what, and when.

Everything here is derived by comparing the generation about to go live with the open rows of
history, in the transaction that flips the pointer; so history and index cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    select,
    update,
)

from mpi.store.schema import (
    Generation,
    identifier_history,
    membership,
    person_change,
    person_history,
    retired_member,
)

STANDS = membership.c.to_sequence.is_(None)
RETIREMENT = ("retired_sequence", "how", "successors")


def bring_up_to(connection: Connection, new: Generation, sequence: int) -> None:
    """Bring history up to the persons and identifiers of a generation, as of an event."""
    _retire(connection, new, sequence)
    _revive(connection, new, sequence)
    _mint(connection, new, sequence)
    _close_memberships(connection, new, sequence)
    _open_memberships(connection, new, sequence)
    _close_identifiers(connection, new, sequence)
    _open_identifiers(connection, new, sequence)


def _retire(connection: Connection, new: Generation, sequence: int) -> None:
    """Retire the ids that the generation no longer uses, each with its last members."""
    lost = connection.execute(_members_lost(new)).all()
    if not lost:
        return
    retired = [
        {"lost": person_id, "retired_sequence": sequence, **_retirement(list(rows))}
        for person_id, rows in groupby(lost, itemgetter(0))
    ]
    of_lost = person_history.c.person_id == bindparam("lost")
    values: dict[str, Any] = {name: bindparam(name) for name in RETIREMENT}
    connection.execute(update(person_history).where(of_lost).values(values), retired)
    members = [dict(zip(retired_member.c.keys(), row[:3], strict=True)) for row in lost]
    connection.execute(insert(retired_member), members)
    changes = [
        {
            "sequence": sequence,
            "person_id": each["lost"],
            "what": "retired",
            "how": each["how"],
            "successors": each["successors"],
        }
        for each in retired
    ]
    connection.execute(insert(person_change), changes)


def _members_lost(new: Generation) -> Select[Any]:
    """Members of each id that a generation does not use, and the person each has there, if any."""
    now = new.person.alias("now")
    return (
        select(membership.c.person_id, membership.c.source, membership.c.source_id, now.c.person_id)
        .join_from(membership, new.record, _same_record(new), isouter=True)
        .join(now, now.c.person_no == new.record.c.person_no, isouter=True)
        .where(STANDS, ~_in_use(new, membership.c.person_id))
        .order_by(membership.c.person_id, membership.c.source, membership.c.source_id)
    )


def _retirement(rows: Sequence[Sequence[Any]]) -> dict[str, str]:
    successors = sorted({row[3] for row in rows if row[3] is not None})
    how = "split" if len(successors) > 1 else "merged" if successors else "deleted"
    return {"how": how, "successors": orjson.dumps(successors).decode()}


def _revive(connection: Connection, new: Generation, sequence: int) -> None:
    """Ids that were retired and are in use again."""
    retired = person_history.c.retired_sequence.is_not(None)
    again = and_(retired, _in_use(new, person_history.c.person_id))
    found = select(literal(sequence), person_history.c.person_id, literal("restored")).where(again)
    connection.execute(
        insert(person_change).from_select(
            ["sequence", "person_id", "what"], found.order_by(person_history.c.person_id)
        )
    )
    members = delete(retired_member).where(_in_use(new, retired_member.c.person_id))
    connection.execute(members)
    connection.execute(update(person_history).where(again).values(dict.fromkeys(RETIREMENT)))


def _mint(connection: Connection, new: Generation, sequence: int) -> None:
    """Ids never seen before."""
    person_id = new.person.c.person_id
    seen = exists().where(person_history.c.person_id == person_id)
    unseen = select(person_id, literal(sequence)).where(~seen).order_by(person_id)
    connection.execute(insert(person_history).from_select(["person_id", "first_sequence"], unseen))


def _close_memberships(connection: Connection, new: Generation, sequence: int) -> None:
    """End the membership of every record that left its person."""
    stays = (
        exists()
        .where(_same_record(new))
        .where(new.person.c.person_no == new.record.c.person_no)
        .where(new.person.c.person_id == membership.c.person_id)
    )
    connection.execute(update(membership).where(STANDS, ~stays).values(to_sequence=sequence))


def _open_memberships(connection: Connection, new: Generation, sequence: int) -> None:
    """Begin a membership for every record that has none."""
    record, person = new.record.c, new.person.c
    has_one = exists().where(_same_record(new), STANDS)
    begun = (
        select(record.source, record.source_id, literal(sequence), person.person_id)
        .join_from(new.record, new.person, person.person_no == record.person_no)
        .where(~has_one)
        .order_by(record.source, record.source_id)
    )
    columns = ["source", "source_id", "from_sequence", "person_id"]
    connection.execute(insert(membership).from_select(columns, begun))


def _close_identifiers(connection: Connection, new: Generation, sequence: int) -> None:
    """End what records no longer hold, or hold otherwise."""
    past = identifier_history.c
    held = new.identifier.c
    stays = (
        exists()
        .where(new.record.c.source == past.source, new.record.c.source_id == past.source_id)
        .where(held.record_no == new.record.c.record_no)
        .where(held.system == past.system, held.value == past.value)
        .where(held.verified == past.verified)
    )
    ended = update(identifier_history).where(past.to_sequence.is_(None), ~stays)
    connection.execute(ended.values(to_sequence=sequence))


def _open_identifiers(connection: Connection, new: Generation, sequence: int) -> None:
    """Begin what records hold now and did not before."""
    past, held, record = identifier_history.c, new.identifier.c, new.record.c
    known = (
        exists()
        .where(past.source == record.source, past.source_id == record.source_id)
        .where(past.system == held.system, past.value == held.value)
        .where(past.to_sequence.is_(None))
    )
    key = (record.source, record.source_id, held.system, held.value)
    begun = (
        select(*key, literal(sequence), held.verified)
        .join_from(new.record, new.identifier, held.record_no == record.record_no)
        .where(~known)
        .order_by(*key)
    )
    columns = ["source", "source_id", "system", "value", "from_sequence", "verified"]
    connection.execute(insert(identifier_history).from_select(columns, begun))


def _same_record(new: Generation) -> ColumnElement[bool]:
    record = new.record.c
    return and_(record.source == membership.c.source, record.source_id == membership.c.source_id)


def _in_use(new: Generation, person_id: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(new.person.c.person_id == person_id)
