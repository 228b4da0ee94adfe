"""Use case: a decision on two records.

It is an event like any other: the persons it concerns are settled anew before it is answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mpi.errors import ContradictingDecision, RecordNotFound, UsageError
from mpi.index.changes import Cause, ChangeResult
from mpi.index.decide import Decision, Verdict
from mpi.index.disturbance import LAST, SAME, Disturbance, Overlay
from mpi.index.judging import Judging
from mpi.index.locks import known_names
from mpi.index.region import Place
from mpi.index.sealed import seal_marks
from mpi.linking.contradiction import contradicting
from mpi.linking.deciding import Verdict as Decided
from mpi.linking.sealing import cannot_links
from mpi.records import RecordKey
from mpi.store.change import Stamp, Writes
from mpi.store.near import Near
from mpi.store.near_rows import DecisionRow


@dataclass(slots=True)
class Decide(Judging):
    """A decision as an event."""

    decision: Decision
    cause: Cause = field(default_factory=Cause)

    def names(self) -> frozenset[int]:
        """See `engine.Event`."""
        return known_names(self.decision.ends)

    def request(self) -> object:
        """See `engine.Event`."""
        return ["decide", self.decision]

    def look(self, place: Place) -> ChangeResult | Disturbance:
        """See `engine.Event`.

        Raises RecordNotFound, UsageError, and ContradictingDecision with the chain of records.
        """
        ends, verdict = self.decision.ends, self.decision.verdict
        numbers = self._numbers(place.near)
        made = chained(place.near, ends)
        last = max((row for row in made if (row.left, row.right) == ends), default=None)
        if verdict is not Verdict.UNSURE:
            check_consistent(place, made, Decided(*ends, verdict is Verdict.SAME, LAST))
        if last is not None and last.verdict == verdict and self.decision.survivor is None:
            return ChangeResult(last.sequence, changed=False)
        row = DecisionRow(LAST, *ends, verdict.value, self.decision.survivor)
        return Disturbance(
            "decide",
            seeds=frozenset(numbers),
            overlay=Overlay(decided=(row,)),
            survivors=self._survivors(place.near, numbers),
            own=self._writes,
        )

    def _numbers(self, near: Near) -> list[int]:
        """The numbers of the two records."""
        ends = self.decision.ends
        if ends[0] == ends[1]:
            raise UsageError("Give two different records.")
        held = near.numbers(ends)
        for key in ends:
            if key not in held:
                raise RecordNotFound(source=key.source)
        return [held[key] for key in ends]

    def _survivors(self, near: Near, numbers: list[int]) -> frozenset[str]:
        survivor = self.decision.survivor
        if survivor is None:
            return frozenset()
        persons = {record.person_no for record in near.records(numbers)}
        ids = {row.person_id for row in near.persons(persons)}
        if self.decision.verdict is not Verdict.SAME or survivor not in ids:
            raise UsageError("The survivor must be the person of one of two records that are one.")
        return frozenset({survivor})

    def _writes(self, stamp: Stamp) -> Writes:
        made, (left, right) = self.decision, self.decision.ends
        row = {
            "sequence": stamp.sequence,
            "l_source": left.source,
            "l_source_id": left.source_id,
            "r_source": right.source,
            "r_source_id": right.source_id,
            "verdict": made.verdict.value,
            "survivor": made.survivor,
            "by": made.by,
            "reason": made.reason,
            "undone": None,
        }
        return [("decision_new", [row])]


def check_consistent(place: Place, made: list[DecisionRow], new: Decided) -> None:
    """Refuse a verdict that contradicts decisions and seals in force.

    Args: made, the decisions that `chained` finds. Raises ContradictingDecision with the chain.
    """
    keys = {key for row in made for key in (row.left, row.right)} | set(new.ends)
    chain = contradicting(Overlay().decisions(made), _sealed_apart(place, keys), new)
    if chain is not None:
        raise ContradictingDecision(
            f"{len(chain)} records lead from one to the other.", chain=chain
        )


def chained(near: Near, ends: tuple[RecordKey, RecordKey]) -> list[DecisionRow]:
    """The decisions not undone about two records, and all that they are decided to be one with."""
    found: set[DecisionRow] = set()
    seen: set[RecordKey] = set()
    ahead = set(ends)
    while ahead:
        seen |= ahead
        rows = near.decisions(ahead)
        found.update(rows)
        same = (row for row in rows if row.verdict == SAME)
        ahead = {key for row in same for key in (row.left, row.right)} - seen
    return sorted(found)


def _sealed_apart(place: Place, keys: set[RecordKey]) -> list[tuple[RecordKey, RecordKey]]:
    """The pairs of records that a seal keeps apart."""
    numbers = place.near.numbers(keys)
    ordered = sorted(numbers)
    position = {key: at for at, key in enumerate(ordered)}
    marks = seal_marks(place, Disturbance("decide"), position, [numbers[key] for key in ordered])
    if marks is None:
        return []
    return [(ordered[left], ordered[right]) for left, right in cannot_links(marks).tolist()]
