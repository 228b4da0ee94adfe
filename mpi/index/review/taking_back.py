"""Taking back an answer together with the decisions that it became, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpi.index.review.decisions import undo_all
from mpi.index.review.turns import begin, settle, to_undo
from mpi.store.review_rows import Task

if TYPE_CHECKING:
    from mpi.index.index import Index
    from mpi.store.store import Store


def take_back(index: Index, store: Store, task_id: str, reviewer: str, now: str) -> Task:
    """Undo the decisions of an answer and then the answer; see `ReviewRoom.undo`.

    In this order, so that while a decision is in force its answer stands to undo it by.
    """
    with store.reviewing() as reviews:
        *_, mine = to_undo(reviews, task_id, reviewer)
    undone = undo_all(index, store, mine.decisions, reviewer)
    with store.reviewing() as reviews:
        task, round_, mine = to_undo(reviews, task_id, reviewer)
        if undone.refusal is None:
            reviews.keep(round_, mine._replace(undone=now))
            task = settle(reviews, task)
            begin(reviews, task, reviewer, now)
        else:
            reviews.keep(round_, mine._replace(decisions=undone.left))
    if undone.refusal is not None:
        raise undone.refusal
    return task
