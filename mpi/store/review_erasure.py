"""Erasing a record from clerical review."""

from __future__ import annotations

from sqlalchemy import Connection, and_, delete, select, update

from mpi.records import RecordKey
from mpi.store.review_schema import adjudication, review_answer, review_record, review_task
from mpi.store.reviews import DONE, WITHDRAWN

task = review_task.c


def forget(connection: Connection, key: RecordKey, pseudonym: str) -> None:
    """Erase a record from review: its key gives way to a pseudonym, and comments on it are gone."""
    ours: list[str] = []
    for source, source_id in ((task.l_source, task.l_source_id), (task.r_source, task.r_source_id)):
        held = and_(source == key.source, source_id == key.source_id)
        ours += connection.scalars(select(task.task_id).where(held)).all()
        connection.execute(update(review_task).where(held).values({source_id.name: pseudonym}))
    connection.execute(
        update(review_task)
        .where(task.task_id.in_(ours), task.state != DONE)
        .values(state=WITHDRAWN)
    )
    named = and_(review_record.c.source == key.source, review_record.c.source_id == key.source_id)
    connection.execute(delete(review_record).where(named))
    for table in (review_answer, adjudication):
        connection.execute(update(table).where(table.c.task_id.in_(ours)).values(comment=""))
