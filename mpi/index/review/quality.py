"""How far review has come, and how far its reviewers can be trusted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from mpi.index.review.rules import Kind, Stream
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
        tasks = reviews.answered()
        answers = _standing(reviews, tasks)
        drawn = reviews.samples(Stream.EVALUATION)
        counts = reviews.counts()
    pairs = [task for task in tasks if task.kind != Kind.SEARCH]
    last = [task for task in pairs if task.sample in drawn[:1]]
    return Quality(
        counts=counts,
        agreement=_agreement(pairs, answers, "stream", (Stream.EVALUATION, Stream.OPERATIONAL)),
        strata=_agreement(last, answers, "stratum", sorted({str(task.stratum) for task in last})),
        reviewers=_reviewers(tasks, answers),
    )


Answers = Mapping[str, list[Answer]]
"""The answers that stand, by task."""


def _standing(reviews: Reviews, tasks: Iterable[Task]) -> Answers:
    found: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in reviews.attempts([task.task_id for task in tasks], "answer"):
        if answer.stands:
            found[answer.task_id].append(answer)
    return found


def _agreement(
    tasks: Sequence[Task], answers: Answers, by: str, groups: Iterable[str]
) -> dict[str, Agreement]:
    """Agreement in each group of tasks, by their stream or stratum; groups without any left out."""
    found = {
        str(group): agreement(
            list(_ratings((task for task in tasks if getattr(task, by) == group), answers))
        )
        for group in groups
    }
    return {group: each for group, each in found.items() if each is not None}


def _ratings(tasks: Iterable[Task], answers: Answers) -> Iterable[tuple[str, str]]:
    """What the first two reviewers of a task said, for tasks that have two."""
    for task in tasks:
        said = [str(each.verdict) for each in answers.get(task.task_id, [])]
        if len(said) > 1:
            yield said[0], said[1]


def _reviewers(tasks: Iterable[Task], answers: Answers) -> list[Reviewer]:
    by_id = {task.task_id: task for task in tasks}
    of: defaultdict[str, list[Answer]] = defaultdict(list)
    for given in answers.values():
        for answer in given:
            of[answer.reviewer].append(answer)
    return [_reviewer(name, given, by_id) for name, given in sorted(of.items())]


def _reviewer(name: str, answers: list[Answer], tasks: Mapping[str, Task]) -> Reviewer:
    known = [(tasks[a.task_id].known, a.verdict) for a in answers if tasks[a.task_id].known]
    return Reviewer(
        name,
        answered=len(answers),
        seconds=int(median(each.seconds for each in answers)),
        known=len(known),
        right=sum(right == said for right, said in known),
    )
