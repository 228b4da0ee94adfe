"""Reading what people ruled: decisions, supersessions and seals, those undone too if wanted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, Select, Table, or_, select
from sqlalchemy.sql import and_

from mpi.records import RecordKey
from mpi.store.schema import decision, log, seal, seal_side, supersession


@dataclass(frozen=True, slots=True)
class DecisionTaken:
    """A decision; `undone` is the event that undid it, None if it stands.

    Of several that stand about the same two records the last counts.
    """

    sequence: int
    at: str
    left: RecordKey
    right: RecordKey
    verdict: str
    survivor: str | None
    by: str
    reason: str
    undone: int | None


@dataclass(frozen=True, slots=True)
class SupersessionMade:
    """That an identifier value replaced another; `undone` as of a decision."""

    sequence: int
    at: str
    system: str
    old: str
    new: str
    by: str
    reason: str
    undone: int | None


@dataclass(frozen=True, slots=True)
class SealMade:
    """A seal: its two sides, each of (kind, first, second); `undone` as of a decision.

    A `record` is named by source and source id, an `identifier` by system and value.
    """

    sequence: int
    at: str
    one: tuple[tuple[str, str, str], ...]
    other: tuple[tuple[str, str, str], ...]
    by: str
    reason: str
    undone: int | None


def decisions(
    connection: Connection, *, key: RecordKey | None = None, everything: bool = False
) -> list[DecisionTaken]:
    """Decisions, oldest first; of one record, if wanted; `everything`, those undone too."""
    c = decision.c
    statement = _logged(decision, everything=everything)
    if key is not None:
        left = and_(c.l_source == key.source, c.l_source_id == key.source_id)
        right = and_(c.r_source == key.source, c.r_source_id == key.source_id)
        statement = statement.where(or_(left, right))
    return [
        DecisionTaken(
            row.sequence,
            row.at,
            RecordKey(row.l_source, row.l_source_id),
            RecordKey(row.r_source, row.r_source_id),
            row.verdict,
            row.survivor,
            row.by,
            row.reason,
            row.undone,
        )
        for row in connection.execute(statement)
    ]


def supersessions(connection: Connection, *, everything: bool = False) -> list[SupersessionMade]:
    """Supersessions, oldest first; `everything`, those undone too."""
    found = []
    for row in connection.execute(_logged(supersession, everything=everything)):
        said = orjson.loads(row.detail)
        by, reason = said.get("by", row.source), said.get("reason", "")
        names = row.system, row.old, row.new
        found.append(SupersessionMade(row.sequence, row.at, *names, by, reason, row.undone))
    return found


def seals(connection: Connection, *, everything: bool = False) -> list[SealMade]:
    """Seals, oldest first; `everything`, those undone too."""
    sides: defaultdict[tuple[int, int], list[tuple[str, str, str]]] = defaultdict(list)
    for row in connection.execute(select(seal_side).order_by(*seal_side.primary_key.columns)):
        sides[row.seal_no, row.side].append((row.kind, row.first, row.second))
    found = []
    for row in connection.execute(_logged(seal, everything=everything)):
        said = orjson.loads(row.detail)
        one, other = (tuple(sides[row.seal_no, number]) for number in (1, 2))
        by, reason = said.get("by", ""), said.get("reason", "")
        found.append(SealMade(row.sequence, row.at, one, other, by, reason, row.undone))
    return found


def _logged(table: Table, *, everything: bool) -> Select[tuple[object, ...]]:
    """Rows with what the log says of their events, oldest first."""
    statement = (
        select(table, log.c.at, log.c.detail)
        .join_from(table, log, log.c.sequence == table.c.sequence)
        .order_by(table.c.sequence)
    )
    return statement if everything else statement.where(table.c.undone.is_(None))
