"""What an event changes: records put and deleted, decisions, seals, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mpi.index.arriving import Arrival
from mpi.linking.deciding import Verdict
from mpi.records import RecordKey
from mpi.store.change import Stamp, Writes
from mpi.store.erasure import Forgotten
from mpi.store.near_rows import DecisionRow, SealSideRow, StoredRow, SupersessionRow

SAME, DIFFERENT, UNSURE = "same", "different", "unsure"

Held = tuple[str, str, bool]
"""An identifier of a record: system, value, and whether it is verified."""

LAST = 2**31
"""Stands for the sequence of an event that has none yet: it comes after all others."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A record before and after: put, replaced, or deleted (`new` is None).

    `number` is its record number, or -1, -2, … where the index does not hold it yet. `held` are the
    identifiers that it had, each (system, value, whether it is verified).
    """

    number: int
    key: RecordKey
    old: StoredRow | None
    new: Arrival | None
    held: frozenset[Held] = frozenset()

    @property
    def identifiers_lost(self) -> list[Held]:
        """The identifiers that it has no more, or not as it had them."""
        return sorted(self.held - self.new.identifiers if self.new else self.held)

    @property
    def identifiers_got(self) -> list[Held]:
        """The identifiers that it did not have, or not as it has them now."""
        return sorted(self.new.identifiers - self.held) if self.new else []


@dataclass(frozen=True, slots=True)
class Overlay:
    """Decisions, seals and supersessions as they are after the event.

    `decided` are new ones, `undone` the sequences of those that end; `sealed` are the sides of new
    seals, `unsealed` the numbers of those that end; `superseded` are new supersessions, and
    `unsuperseded` the (system, old value) of those that end.
    """

    decided: tuple[DecisionRow, ...] = ()
    undone: frozenset[int] = frozenset()
    sealed: tuple[SealSideRow, ...] = ()
    unsealed: frozenset[int] = frozenset()
    superseded: tuple[SupersessionRow, ...] = ()
    unsuperseded: frozenset[tuple[str, str]] = frozenset()

    def decisions(self, stored: Iterable[DecisionRow]) -> list[Verdict]:
        """The verdicts in force, given the decisions that are stored and not undone."""
        last: dict[tuple[RecordKey, RecordKey], DecisionRow] = {}
        for each in sorted({*stored, *self.decided}, key=lambda row: row.sequence):
            if each.sequence not in self.undone:
                last[each.left, each.right] = each
        return [
            Verdict(left, right, each.verdict == SAME, each.sequence)
            for (left, right), each in last.items()
            if each.verdict != UNSURE
        ]

    def seals(self, stored: Iterable[SealSideRow]) -> list[SealSideRow]:
        """The sides of the seals in force, given those that are stored and not undone."""
        return [each for each in (*stored, *self.sealed) if each.seal_no not in self.unsealed]


def _nothing(stamp: Stamp) -> Writes:
    return ()


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What an event changes.

    `seeds` are further records that it may concern. `survivors` are person ids that a decision
    wants kept. `own` gives the rows that the event itself is kept in. `forgotten` is a record to
    erase from all that outlives a link.
    """

    kind: str
    edits: tuple[Edit, ...] = ()
    seeds: frozenset[int] = frozenset()
    overlay: Overlay = field(default_factory=Overlay)
    survivors: frozenset[str] = frozenset()
    own: Callable[[Stamp], Writes] = _nothing
    detail: dict[str, object] = field(default_factory=dict)
    forgotten: Forgotten | None = None
