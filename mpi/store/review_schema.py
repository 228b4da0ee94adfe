"""The tables of clerical review: what is to be looked at, and what reviewers said of it.

They outlive every link. Records are named by their keys, so that erasing one can find it; nothing
of a record's values is kept here but its version, which says whether it has changed since.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Float, Index, MetaData, Table

from mpi.store.columns import TEXT, key, number, text
from mpi.store.schema import metadata

__all__ = [
    "adjudication",
    "metadata",
    "review_answer",
    "review_decision",
    "review_record",
    "review_task",
]

review_task = Table(
    "review_task",
    metadata,
    key("task_id", TEXT),
    text("kind"),
    text("stream"),
    text("state"),
    number("priority"),
    text("l_source"),
    text("l_source_id"),
    text("r_source", nullable=True),
    text("r_source_id", nullable=True),
    text("l_version"),
    text("r_version", nullable=True),
    text("why"),
    text("sample", nullable=True),
    text("stratum", nullable=True),
    Column("inclusion_probability", Float, nullable=True),
    text("known", nullable=True),
    text("verdict", nullable=True),
    text("release_id", nullable=True),
    number("sequence"),
)
"""What reviewers are asked: of a `pair` of records, of the `person` of the left record, or to
`search` for all records of the individual of the left one.

`sequence` is the event that the index reflected when the task was made, `known` the right answer
of a task that checks reviewers, `verdict` what came out of it.
"""
Index(
    "review_task_open",
    review_task.c.state,
    review_task.c.stream,
    review_task.c.priority,
    review_task.c.task_id,
)
Index("review_task_left", review_task.c.l_source, review_task.c.l_source_id)
Index("review_task_right", review_task.c.r_source, review_task.c.r_source_id)


def _answers(name: str, within: MetaData) -> Table:
    """One row per attempt of a reviewer at a task: begun first, then perhaps answered, undone."""
    table = Table(
        name,
        within,
        key("task_id", TEXT),
        key("reviewer", TEXT),
        key("attempt"),
        text("begun"),
        text("at", nullable=True),
        text("verdict", nullable=True),
        text("reasons"),
        text("comment"),
        number("seconds"),
        number("saw_weight"),
        text("undone", nullable=True),
    )
    Index(f"{name}_reviewer", table.c.reviewer, table.c.at)
    return table


review_answer = _answers("review_answer", metadata)
"""What reviewers answered."""

adjudication = _answers("adjudication", metadata)
"""What was said where reviewers disagreed or could not tell; the columns of `review_answer`."""


def _attempt() -> list[Column[Any]]:
    """The attempt that a row is of; `round` is `answer` or `adjudication`."""
    return [key("task_id", TEXT), key("round", TEXT), key("reviewer", TEXT), key("attempt")]


review_decision = Table("review_decision", metadata, *_attempt(), key("sequence"))
"""The decisions of the index that an answer became, by their sequences."""

review_record = Table(
    "review_record", metadata, *_attempt(), key("source", TEXT), key("source_id", TEXT)
)
"""The records that an answer says are of one individual, where a task is not about two."""
Index("review_record_key", review_record.c.source, review_record.c.source_id)
