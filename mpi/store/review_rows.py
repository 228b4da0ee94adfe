"""What the store hands back about clerical review: rows as kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row

from mpi.records import RecordKey
from mpi.store.review_schema import review_answer, review_task

_TASK = tuple(review_task.columns.keys())
_ANSWER = tuple(review_answer.columns.keys())


class Task(NamedTuple):
    """One question to reviewers; see `review_schema.review_task`. `right` is None for a person."""

    task_id: str
    kind: str
    stream: str
    state: str
    priority: int
    left: RecordKey
    right: RecordKey | None
    l_version: str
    r_version: str | None
    why: str
    sample: str | None = None
    stratum: str | None = None
    inclusion_probability: float | None = None
    known: str | None = None
    verdict: str | None = None
    release_id: str | None = None
    sequence: int = 0


class Answer(NamedTuple):
    """One attempt of a reviewer at a task; times are ISO 8601, `at` is None while it is open.

    `decisions` are the sequences of those that it became, and `records` those that it says are of
    one individual, where the task is not about two.
    """

    task_id: str
    reviewer: str
    attempt: int
    begun: str
    at: str | None = None
    verdict: str | None = None
    reasons: tuple[str, ...] = ()
    comment: str = ""
    seconds: int = 0
    saw_weight: bool = False
    undone: str | None = None
    decisions: tuple[int, ...] = ()
    records: tuple[RecordKey, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether it was given and not undone."""
        return self.at is not None and self.undone is None


def task_of(row: Row[Any]) -> Task:
    """A task from a row of the table."""
    values = dict(zip(_TASK, row, strict=True))
    left = RecordKey(values.pop("l_source"), values.pop("l_source_id"))
    source, source_id = values.pop("r_source"), values.pop("r_source_id")
    return Task(left=left, right=None if source is None else RecordKey(source, source_id), **values)


def columns_of_task(task: Task) -> dict[str, Any]:
    """A task as a row of the table."""
    values = task._asdict()
    values["l_source"], values["l_source_id"] = values.pop("left")
    values["r_source"], values["r_source_id"] = values.pop("right") or (None, None)
    return values


def answer_of(row: Row[Any]) -> Answer:
    """An attempt from a row of its table; its parts lie in others (`review_parts`)."""
    values = dict(zip(_ANSWER, row, strict=True))
    values["reasons"] = tuple(orjson.loads(values["reasons"]))
    values["saw_weight"] = bool(values["saw_weight"])
    return Answer(**values)


def columns_of(answer: Answer) -> dict[str, Any]:
    """An attempt as a row of its table."""
    values = {name: value for name, value in answer._asdict().items() if name in _ANSWER}
    values["reasons"] = orjson.dumps(answer.reasons).decode()
    values["saw_weight"] = int(answer.saw_weight)
    return values
