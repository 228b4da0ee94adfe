"""What an operational answer becomes: decisions of the index, made and undone together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sqlalchemy import Row

from mpi.errors import MPIError, NothingToUndo, TaskClosed, TaskNotFound
from mpi.index.changes import Cause
from mpi.index.decide import Decision, Verdict
from mpi.index.review.graph import placed, spanning
from mpi.index.review.rules import Kind, Stream
from mpi.index.review.rules import Verdict as Said
from mpi.model.thresholds import Thresholds
from mpi.records import RecordKey
from mpi.store.review_rows import Answer, Task
from mpi.store.review_work import last_said
from mpi.store.reviews import DONE
from mpi.store.rows import Member
from mpi.store.view import View

if TYPE_CHECKING:
    from mpi.index.index import Index
    from mpi.store.store import Store

CLIENT = "review"
"""In whose name the pages decide; the reviewer is named in the decision."""


class Undone(NamedTuple):
    """What became of decisions that were to be undone together.

    `left` are the sequences of those that are in force all the same, and `refusal` says why.
    """

    left: tuple[int, ...] = ()
    refusal: MPIError | None = None


def decides(task: Task) -> bool:
    """Whether what came of a task is to be decided; a person is split elsewhere."""
    if task.stream != Stream.OPERATIONAL or task.state != DONE:
        return False
    return task.kind == Kind.PAIR or task.verdict == Said.SAME


def decisions_of(view: View, task: Task, answer: Answer) -> list[Decision]:
    """What to decide so that what came of a task holds.

    Raises TaskClosed where the person is not of the records that the reviewer saw any more.
    """
    assert task.verdict is not None
    if task.kind == Kind.PAIR:
        assert task.right is not None
        ends = [(task.left, task.right)]
    else:
        ends = _held_by(view, task, answer.records)
    verdict, reason = Verdict(task.verdict), reason_of(answer)
    return [Decision(verdict, *pair, reason=reason, by=answer.reviewer) for pair in ends]


def reason_of(answer: Answer) -> str:
    """The reason of a decision, as the index keeps it: codes, never what a reviewer typed."""
    return ", ".join(("review", *answer.reasons))


def _held_by(
    view: View, task: Task, seen: Collection[RecordKey]
) -> list[tuple[RecordKey, RecordKey]]:
    """The pairs that hold a person together by less than a certain link."""
    person = view.person_with(task.left)
    if person is None:
        raise TaskNotFound()
    members = {member.key: member for member in person.members}
    if not members.keys() >= set(seen):
        raise TaskClosed("The person has changed since you looked; look again.")
    return doubtful_joints(view, [members[key] for key in sorted(seen)])


def doubtful_joints(view: View, members: Collection[Member]) -> list[tuple[RecordKey, RecordKey]]:
    """As few pairs of records as will do, so that with certain links they connect all of some.

    They are those of the strongest tree that spans the records, certain links apart; records that
    no link reaches are joined to the first. Certain is what overcomes even two verified numbers
    that differ (the threshold `conflict`).
    """
    ordered = sorted(members, key=lambda each: each.key)
    numbers = [each.record_no for each in ordered]
    release = view.state.release
    assert release is not None
    certain = Thresholds.from_dict(release.document["thresholds"]).conflict
    links = placed(view.links_among(numbers), numbers)
    others = np.arange(1, len(numbers))
    # weaker than any link, so that they are taken only where there is none
    nothing = np.full(len(others), links[2].min(initial=0) - 1)
    left, right, weight = (
        np.concatenate(each) for each in zip(links, (0 * others, others, nothing), strict=True)
    )
    return [
        (ordered[left[at]].key, ordered[right[at]].key)
        for at in sorted(spanning(len(numbers), left, right, weight))
        if weight[at] < certain
    ]


def decide_all(index: Index, wanted: Iterable[Decision], key: str = "") -> tuple[int, ...]:
    """Make decisions, all or none; returns the sequences of those that were not in force before.

    Args: key, of which the idempotency keys are made. Raises what deciding raises.
    """
    made: list[int] = []
    try:
        for at, decision in enumerate(wanted):
            cause = Cause(client=CLIENT, key=f"{key}/{at}" if key else "")
            result = index.decide(decision, cause=cause)
            if result.changed:
                made.append(result.sequence)
    except MPIError as error:
        _undo_what_can_be(index, made, error)
        raise
    return tuple(made)


def _undo_what_can_be(index: Index, made: Iterable[int], because: MPIError) -> None:
    """Undo decisions because another was refused; what refuses this too is noted on that error."""
    for sequence in sorted(made, reverse=True):
        try:
            _undo(index, sequence, "")
        except MPIError as error:
            because.add_note(f"Decision {sequence} is still in force: {error.message}")


def undo_all(index: Index, store: Store, sequences: Collection[int], reviewer: str) -> Undone:
    """Undo decisions, all or none, the last first; those that are undone already are left out.

    If one cannot be undone, those undone before it are decided again, in their reviewers' names.
    """
    with store.reviews() as reviews:
        said = {row.sequence: row for row in last_said(reviews.connection, sequences)}
    ahead = sorted(sequences)
    undone: list[int] = []
    try:
        while ahead:
            if _undo(index, ahead[-1], reviewer):
                undone.append(ahead[-1])
            ahead.pop()
    except MPIError as refusal:
        # one that a later one of the same pair hid is not put back: it would prevail over that
        again = _decide_again(index, [said[each] for each in undone[::-1] if each in said])
        return Undone((*ahead, *again), refusal)
    return Undone()


def _undo(index: Index, sequence: int, reviewer: str) -> bool:
    """Undo a decision; False where it is undone already, or its record is gone."""
    try:
        index.undo(sequence, by=reviewer, reason="undone in review")
    except NothingToUndo:
        return False
    return True


def _decide_again(index: Index, rows: Iterable[Row[Any]]) -> Iterable[int]:
    """Make decisions that were undone once more; those that are refused now are left out."""
    for row in rows:
        left, right = (
            RecordKey(row.l_source, row.l_source_id),
            RecordKey(row.r_source, row.r_source_id),
        )
        wanted = Decision(
            Verdict(row.verdict), left, right, reason=row.reason, by=row.by, survivor=row.survivor
        )
        try:
            result = index.decide(wanted, cause=Cause(client=CLIENT))
        except MPIError:
            continue
        if result.changed:
            yield result.sequence
