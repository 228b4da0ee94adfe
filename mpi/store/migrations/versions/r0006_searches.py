"""Clerical review: an answer may become several decisions, and may name the records it is about."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ANSWERS = {"review_answer": "answer", "adjudication": "adjudication"}


def _key(name: str, kind: Any = text) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _attempt() -> list[sa.Column[Any]]:
    return [_key("task_id"), _key("round"), _key("reviewer"), _key("attempt", sa.Integer)]


def upgrade() -> None:
    """Move what an answer became into a table of its own, and add one for records."""
    op.create_table("review_decision", *_attempt(), _key("sequence", sa.Integer))
    op.create_table("review_record", *_attempt(), _key("source"), _key("source_id"))
    op.create_index("review_record_key", "review_record", ["source", "source_id"])
    for table, round_ in ANSWERS.items():
        op.execute(
            "INSERT INTO review_decision (task_id, round, reviewer, attempt, sequence)"
            f" SELECT task_id, '{round_}', reviewer, attempt, sequence FROM {table}"
            " WHERE sequence IS NOT NULL"
        )
        op.drop_column(table, "sequence")
