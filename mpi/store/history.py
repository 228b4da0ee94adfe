"""What outlives a link: which ids were minted and retired, and who belonged to whom, when.

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
    exists,
    insert,
    literal,
    select,
    update,
)

from mpi.store.schema import Generation, membership, person_history

STANDS = membership.c.to_sequence.is_(None)
RETIREMENT = ("retired_sequence", "how", "successors", "members")


def bring_up_to(connection: Connection, new: Generation, sequence: int) -> None:
    """Bring history up to the persons of a generation, as of an event."""
    _retire(connection, new, sequence)
    _revive(connection, new)
    _mint(connection, new, sequence)
    _close_memberships(connection, new, sequence)
    _open_memberships(connection, new, sequence)


def _retire(connection: Connection, new: Generation, sequence: int) -> None:
    """Retire the ids that the generation no longer uses, each with its last members."""
    lost = connection.execute(_members_lost(new)).all()
    retirements = [
        {"lost": person_id, "retired_sequence": sequence, **_retirement(list(rows))}
        for person_id, rows in groupby(lost, itemgetter(0))
    ]
    if retirements:
        of_lost = person_history.c.person_id == bindparam("lost")
        values: dict[str, Any] = {name: bindparam(name) for name in RETIREMENT}
        connection.execute(update(person_history).where(of_lost).values(values), retirements)


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
    members = [[row[1], row[2]] for row in rows]
    return {
        "how": how,
        "successors": orjson.dumps(successors).decode(),
        "members": orjson.dumps(members).decode(),
    }


def _revive(connection: Connection, new: Generation) -> None:
    """Ids that were retired and are in use again."""
    again = person_history.c.retired_sequence.is_not(None)
    connection.execute(
        update(person_history)
        .where(again, _in_use(new, person_history.c.person_id))
        .values(dict.fromkeys(RETIREMENT))
    )


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


def _same_record(new: Generation) -> ColumnElement[bool]:
    record = new.record.c
    return and_(record.source == membership.c.source, record.source_id == membership.c.source_id)


def _in_use(new: Generation, person_id: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(new.person.c.person_id == person_id)
