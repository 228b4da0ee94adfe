"""All that was ruled about records, for a link: what is decided, replaced, sealed and gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from mpi.records import RecordKey
from mpi.store.near import keyed
from mpi.store.near_rows import DecisionRow, Gone, SealSideRow, SupersessionRow
from mpi.store.schema import (
    decision,
    erased,
    index_state,
    seal,
    seal_side,
    supersession,
    tombstone,
)


@dataclass(frozen=True, slots=True)
class Rulings:
    """What is in force: decisions, sides of seals, supersessions; records that are gone, by source.

    Decisions are those not undone, in order; the last of a pair counts.
    """

    decisions: tuple[DecisionRow, ...] = ()
    seal_sides: tuple[SealSideRow, ...] = ()
    supersessions: tuple[SupersessionRow, ...] = ()
    gone: Mapping[str, Mapping[str, Gone]] = field(default_factory=dict)
    erased: frozenset[bytes] = frozenset()
    secret: bytes = b""

    def is_erased(self, key: RecordKey) -> bool:
        """Whether a record was erased and may not come back."""
        return keyed(self.secret, key) in self.erased


def rulings(connection: Connection) -> Rulings:
    """Read it all."""
    return Rulings(
        tuple(_decisions(connection)),
        tuple(SealSideRow(*row) for row in connection.execute(_SEAL_SIDES)),
        tuple(SupersessionRow(*row) for row in connection.execute(_SUPERSESSIONS)),
        _gone(connection),
        frozenset(bytes(each) for each in connection.scalars(select(erased.c.keyed))),
        bytes(connection.scalars(select(index_state.c.secret)).one()),
    )


_DECISIONS = select(decision).where(decision.c.undone.is_(None)).order_by(decision.c.sequence)
_SEAL_SIDES = (
    select(seal_side)
    .join_from(seal_side, seal, seal.c.seal_no == seal_side.c.seal_no)
    .where(seal.c.undone.is_(None))
    .order_by(*seal_side.primary_key.columns)
)
_SUPERSESSIONS = (
    select(supersession.c.system, supersession.c.old, supersession.c.new, supersession.c.sequence)
    .where(supersession.c.undone.is_(None))
    .order_by(*supersession.primary_key.columns)
)


def _decisions(connection: Connection) -> list[DecisionRow]:
    return [
        DecisionRow(
            row.sequence,
            RecordKey(row.l_source, row.l_source_id),
            RecordKey(row.r_source, row.r_source_id),
            row.verdict,
            row.survivor,
        )
        for row in connection.execute(_DECISIONS)
    ]


def _gone(connection: Connection) -> dict[str, dict[str, Gone]]:
    found: defaultdict[str, dict[str, Gone]] = defaultdict(dict)
    for row in connection.execute(select(tombstone)):
        found[row.source][row.source_id] = Gone(row.version_key, row.kind)
    return dict(found)
