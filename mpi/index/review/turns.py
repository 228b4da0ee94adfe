"""One reviewer's turn at a task: what they may do with it, and what is kept of it.

Every function works in the transaction of the verbs it is given; `room` puts them together.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import TaskClosed, TaskNotFound
from mpi.index.review.rules import (
    CHECKED,
    NEEDED,
    STALE_MINUTES,
    Stream,
    Verdict,
    outcome,
    shows_known,
)
from mpi.records import RecordKey
from mpi.store.review_parts import Round
from mpi.store.review_rows import Answer, Task
from mpi.store.reviews import ADJUDICATION, OPEN, Reviews, Wanted

LONGEST_SECONDS = 3600
"""Time on a task beyond this is not work on it."""

LONGEST_COMMENT = 2000

ROUNDS: tuple[Round, Round] = ("adjudication", "answer")


@dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer says of a task.

    `records` are those that they say are of one individual: of a person that is one, all that they
    were shown, and of a search all that they found; about two records they name none.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    comment: str = ""
    records: tuple[RecordKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """A task as one reviewer may see it now: theirs to answer, or answered by them, or neither.

    `round` is the one that an answer would be of; `mine` the reviewer's answer that stands.
    """

    task: Task
    round: Round
    mine: Answer | None
    open: bool


def moment(at: datetime | None) -> str:
    """A time, now if None, as it is kept."""
    found = at or datetime.now(UTC)
    return found.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wanted_now(
    streams: Collection[Stream],
    round_: Round,
    now: str,
    after: Task | None,
    sight: Sight = EVERYTHING,
) -> Wanted:
    """Which tasks may be given now; see `Wanted`."""
    needed = {str(each): NEEDED[each] for each in streams if each in NEEDED}
    before = datetime.fromisoformat(now) - timedelta(minutes=STALE_MINUTES)
    kept_to = sight.sources, sight.whole
    return Wanted(needed, round_, moment(before), after, *kept_to)


def with_known(streams: Collection[Stream]) -> list[Stream]:
    """The stream of known tasks, if it goes with some streams."""
    return [Stream.KNOWN] if set(streams) & CHECKED else []


def next_task(reviews: Reviews, reviewer: str, wanted: Wanted) -> Task | None:
    """The next task: now and then a known one, and the first again after the last."""
    checked = [stream for stream in CHECKED if stream in wanted.needed]
    if wanted.round == "answer" and checked:
        done = sum(reviews.answered_by(reviewer, stream) for stream in (*checked, Stream.KNOWN))
        if shows_known(done):
            # never full: every reviewer answers it
            known = replace(wanted, needed={Stream.KNOWN: 1_000_000}, after=None)
            found = reviews.next_for(reviewer, known)
            if found is not None:
                return found
    found = reviews.next_for(reviewer, wanted)
    if found is None and wanted.after is not None:
        found = reviews.next_for(reviewer, replace(wanted, after=None))
    return found


def held_task(reviews: Reviews, task_id: str) -> Task:
    """A task, held until the transaction ends. Raises TaskNotFound."""
    found = reviews.task(task_id, hold=True)
    if found is None:
        raise TaskNotFound()
    return found


def look(reviews: Reviews, task_id: str, reviewer: str, *, hold: bool = False) -> Looked:
    """A task as a reviewer may see it. Raises TaskNotFound."""
    task = reviews.task(task_id, hold=hold)
    if task is None:
        raise TaskNotFound()
    mine = {round_: _mine(reviews, task_id, reviewer, round_) for round_ in ROUNDS}
    standing = next((mine[each] for each in ROUNDS if mine[each] is not None), None)
    round_: Round = "adjudication" if task.state == ADJUDICATION else "answer"
    is_open = task.state in (OPEN, ADJUDICATION) and standing is None
    return Looked(task, round_, standing, is_open)


def open_to(reviews: Reviews, task_id: str, reviewer: str) -> Looked:
    """A task that a reviewer may answer now, held. Raises TaskClosed."""
    looked = look(reviews, task_id, reviewer, hold=True)
    if looked.mine is not None:
        raise TaskClosed("You have answered it; undo that first.")
    if not looked.open:
        raise TaskClosed("Others have answered it meanwhile.")
    return looked


def _mine(reviews: Reviews, task_id: str, reviewer: str, round_: Round) -> Answer | None:
    return next(
        (each for each in stand(reviews, task_id, round_) if each.reviewer == reviewer), None
    )


def stand(reviews: Reviews, task_id: str, round_: Round) -> list[Answer]:
    """What was answered in a round and not undone."""
    return [each for each in reviews.attempts([task_id], round_) if each.stands]


def own(reviews: Reviews, task_id: str, reviewer: str) -> tuple[Round, Answer]:
    """What a reviewer said of a task. Raises TaskClosed where that is nothing."""
    for round_ in ROUNDS:
        mine = _mine(reviews, task_id, reviewer, round_)
        if mine is not None:
            return round_, mine
    raise TaskClosed("You have not answered it.")


def to_undo(reviews: Reviews, task_id: str, reviewer: str) -> tuple[Task, Round, Answer]:
    """What a reviewer may take back, the task held. Raises as `ReviewRoom.undo`."""
    task = held_task(reviews, task_id)
    round_, mine = own(reviews, task_id, reviewer)
    if round_ == "answer" and stand(reviews, task_id, "adjudication"):
        raise TaskClosed("Somebody has adjudicated it since.")
    return task, round_, mine


def begin(reviews: Reviews, task: Task, reviewer: str, now: str) -> Answer:
    """The attempt of a reviewer at a task that is not answered yet, made if there is none."""
    round_: Round = "adjudication" if task.state == ADJUDICATION else "answer"
    tried = [a for a in reviews.attempts([task.task_id], round_) if a.reviewer == reviewer]
    if tried and tried[-1].at is None and tried[-1].undone is None:
        return tried[-1]
    seen = any(each.at is not None for each in tried)
    begun = Answer(task.task_id, reviewer, len(tried) + 1, now, saw_weight=seen)
    reviews.begin(round_, begun)
    return begun


def let_go(reviews: Reviews, task: Task, reviewer: str, now: str) -> None:
    """Give up a task that was begun and not answered."""
    for round_ in ROUNDS:
        for each in reviews.attempts([task.task_id], round_):
            if each.reviewer == reviewer and each.at is None and each.undone is None:
                reviews.keep(round_, each._replace(undone=now))


def answered(begun: Answer, said: Said, now: str) -> Answer:
    """An attempt with what was said and the time it took."""
    taken = datetime.fromisoformat(now) - datetime.fromisoformat(begun.begun)
    return begun._replace(
        at=now,
        verdict=str(said.verdict),
        reasons=said.reasons,
        comment=said.comment[:LONGEST_COMMENT],
        records=tuple(sorted(set(said.records))),
        seconds=min(max(int(taken.total_seconds()), 0), LONGEST_SECONDS),
    )


def settle(reviews: Reviews, task: Task) -> Task:
    """Keep what the answers make of a task."""
    answers, adjudications = (
        reviews.attempts([task.task_id], round_) for round_ in ("answer", "adjudication")
    )
    state, verdict = outcome(task.stream, answers, adjudications)
    reviews.settle(task.task_id, state, verdict)
    return task._replace(state=state, verdict=verdict)
