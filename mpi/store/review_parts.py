"""What an attempt at a task has several of: decisions that it became, records that it names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Row, Table, delete, insert, select

from mpi.records import RecordKey
from mpi.store.review_rows import Answer
from mpi.store.review_schema import review_decision, review_record

Round = Literal["answer", "adjudication"]
"""Reviewers answer; where they differ, somebody else adjudicates."""

BATCH = 500

_Attempt = tuple[str, str, int]
"""Task, reviewer and number of an attempt, within a round."""


def with_parts(connection: Connection, round_: Round, answers: Sequence[Answer]) -> list[Answer]:
    """Attempts with their parts."""
    ids = sorted({each.task_id for each in answers})
    decisions = _parts(connection, review_decision, round_, ids)
    named = _parts(connection, review_record, round_, ids)
    return [
        each._replace(
            decisions=tuple(row.sequence for row in decisions[_of(each)]),
            records=tuple(RecordKey(row.source, row.source_id) for row in named[_of(each)]),
        )
        for each in answers
    ]


def keep_parts(connection: Connection, round_: Round, answer: Answer) -> None:
    """Keep the parts of an attempt in place of those that it had."""
    name = dict(zip(("task_id", "reviewer", "attempt"), _of(answer), strict=True)) | {
        "round": round_
    }
    parts: list[tuple[Table, list[dict[str, Any]]]] = [
        (review_decision, [{"sequence": each} for each in answer.decisions]),
        (review_record, [each._asdict() for each in answer.records]),
    ]
    for table, rows in parts:
        same = [table.c[column] == value for column, value in name.items()]
        connection.execute(delete(table).where(*same))
        if rows:
            connection.execute(insert(table), [name | row for row in rows])


def _of(answer: Answer) -> _Attempt:
    return answer.task_id, answer.reviewer, answer.attempt


def _parts(
    connection: Connection, table: Table, round_: Round, task_ids: Sequence[str]
) -> defaultdict[_Attempt, list[Row[Any]]]:
    """The rows of some tasks, by attempt, in the order of the key."""
    found: defaultdict[_Attempt, list[Row[Any]]] = defaultdict(list)
    for at in range(0, len(task_ids), BATCH):
        some = table.c.task_id.in_(task_ids[at : at + BATCH])
        asked = select(table).where(some, table.c.round == round_)
        for row in connection.execute(asked.order_by(*table.primary_key.columns)):
            found[row.task_id, row.reviewer, row.attempt].append(row)
    return found
