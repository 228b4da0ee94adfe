"""How far review has come, and how far its reviewers can be trusted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from mpi.index.review.rules import Stream
from mpi.store.review_rows import Answer, Task
from mpi.store.reviews import Reviews
from mpi.store.store import Store
from mpi.training.agreement import Agreement, agreement

ENOUGH_KAPPA = 0.8
"""Below this agreement labels say more about the guidelines than about the pairs."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """What one reviewer has done: tasks answered, median seconds each, known tasks got right."""

    name: str
    answered: int
    seconds: int
    known: int
    right: int


@dataclass(frozen=True, slots=True)
class Quality:
    """How review stands: tasks by stream and state, agreement by stream and stratum, reviewers."""

    counts: Mapping[tuple[str, str], int]
    agreement: Mapping[str, Agreement]
    strata: Mapping[str, Agreement]
    reviewers: list[Reviewer]


def quality(store: Store) -> Quality:
    """How review of an index stands."""
    with store.reviews() as reviews:
        return Quality(
            counts=reviews.counts(),
            agreement={
                stream: found
                for stream in (Stream.EVALUATION, Stream.OPERATIONAL)
                if (found := agreement(list(_ratings(*_of_stream(reviews, stream)))))
            },
            strata=_by_stratum(reviews),
            reviewers=_reviewers(reviews),
        )


Answered = tuple[list[Task], Mapping[str, list[Answer]]]


def _of_stream(reviews: Reviews, stream: str) -> Answered:
    """The tasks of a stream, and the answers that stand, by task."""
    tasks = reviews.of_sample(stream)
    return tasks, _standing(reviews, tasks)


def _standing(reviews: Reviews, tasks: Iterable[Task]) -> Mapping[str, list[Answer]]:
    found: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in reviews.attempts([task.task_id for task in tasks], "answer"):
        if answer.stands:
            found[answer.task_id].append(answer)
    return found


def _ratings(
    tasks: Iterable[Task], answers: Mapping[str, list[Answer]]
) -> Iterable[tuple[str, str]]:
    """What the first two reviewers of a task said, for tasks that have two."""
    for task in tasks:
        said = [str(each.verdict) for each in answers.get(task.task_id, [])]
        if len(said) > 1:
            yield said[0], said[1]


def _by_stratum(reviews: Reviews) -> dict[str, Agreement]:
    """Agreement in each stratum of the evaluation sample that was drawn last."""
    drawn = reviews.samples(Stream.EVALUATION)
    if not drawn:
        return {}
    tasks = reviews.of_sample(Stream.EVALUATION, drawn[0])
    answers = _standing(reviews, tasks)
    strata = sorted({str(task.stratum) for task in tasks})
    found = {
        stratum: agreement(
            list(_ratings((task for task in tasks if task.stratum == stratum), answers))
        )
        for stratum in strata
    }
    return {stratum: each for stratum, each in found.items() if each is not None}


def _reviewers(reviews: Reviews) -> list[Reviewer]:
    tasks = {task.task_id: task for stream in Stream for task in reviews.of_sample(stream)}
    of: defaultdict[str, list[Answer]] = defaultdict(list)
    for answers in _standing(reviews, tasks.values()).values():
        for answer in answers:
            of[answer.reviewer].append(answer)
    return [_reviewer(name, answers, tasks) for name, answers in sorted(of.items())]


def _reviewer(name: str, answers: list[Answer], tasks: Mapping[str, Task]) -> Reviewer:
    known = [(tasks[a.task_id].known, a.verdict) for a in answers if tasks[a.task_id].known]
    return Reviewer(
        name,
        answered=len(answers),
        seconds=int(median(each.seconds for each in answers)),
        known=len(known),
        right=sum(right == said for right, said in known),
    )
