"""Use case: undo a decision, a supersession or a seal by the number of its event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mpi.errors import NothingToUndo
from mpi.index.changes import Cause
from mpi.index.deciding import chained, check_consistent
from mpi.index.disturbance import LAST, SAME, UNSURE, Disturbance, Overlay
from mpi.index.judging import Judging
from mpi.index.region import Place
from mpi.index.sealing import seeds_of
from mpi.index.superseding import replaced
from mpi.linking.deciding import Verdict
from mpi.store.change import Stamp, Writes
from mpi.store.near_rows import DecisionRow, SealSideRow, SupersessionRow


@dataclass(slots=True)
class Undo(Judging):
    """That a decision, supersession or seal should never have been made."""

    sequence: int
    by: str = ""
    reason: str = ""
    cause: Cause = field(default_factory=Cause)
    decisions_only: bool = False
    alone = True

    def request(self) -> object:
        """See `engine.Event`."""
        return ["undo", self.sequence, self.by, self.reason]

    def look(self, place: Place) -> Disturbance:
        """See `engine.Event`; raises NothingToUndo, and ContradictingDecision where that which it
        stood in place of contradicts what was decided since.
        """
        if not 0 < self.sequence < LAST:
            raise NothingToUndo(sequence=self.sequence)
        near = place.near
        decision = near.decision_at(self.sequence)
        if decision is not None:
            return self._decision(place, decision)
        if self.decisions_only:
            raise NothingToUndo(sequence=self.sequence)
        supersession = near.supersession_at(self.sequence)
        if supersession is not None:
            return self._supersession(place, supersession)
        sides = near.seal_at(self.sequence)
        if sides:
            return self._seal(place, sides)
        raise NothingToUndo(sequence=self.sequence)

    def _decision(self, place: Place, row: DecisionRow) -> Disturbance:
        _check_back(place, row)
        return Disturbance(
            "undo",
            seeds=frozenset(place.near.numbers((row.left, row.right)).values()),
            overlay=Overlay(undone=frozenset({row.sequence})),
            own=self._undone("decision"),
            detail=self._detail(),
        )

    def _supersession(self, place: Place, row: SupersessionRow) -> Disturbance:
        edits, seeds = replaced(place, row, undone=True)
        overlay = Overlay(unsuperseded=frozenset({(row.system, row.old)}))
        own = self._undone("supersession")
        return Disturbance("undo", edits, seeds, overlay, own=own, detail=self._detail())

    def _seal(self, place: Place, sides: list[SealSideRow]) -> Disturbance:
        return Disturbance(
            "undo",
            seeds=seeds_of(place, sides),
            overlay=Overlay(unsealed=frozenset(each.seal_no for each in sides)),
            own=self._undone("seal"),
            detail=self._detail(),
        )

    def _undone(self, table: str) -> Callable[[Stamp], Writes]:
        def writes(stamp: Stamp) -> Writes:
            return [(f"{table}_undone", [{"of": self.sequence, "undone": stamp.sequence}])]

        return writes

    def _detail(self) -> dict[str, object]:
        return {"undone": self.sequence, "by": self.by, "reason": self.reason}


def _check_back(place: Place, row: DecisionRow) -> None:
    """Refuse to put an earlier decision on two records back in force against what came since."""
    ends = row.left, row.right
    made = [each for each in chained(place.near, ends) if each.sequence != row.sequence]
    back = max((each for each in made if (each.left, each.right) == ends), default=None)
    if back is not None and back.sequence < row.sequence and back.verdict != UNSURE:
        check_consistent(place, made, Verdict(*ends, back.verdict == SAME, back.sequence))
