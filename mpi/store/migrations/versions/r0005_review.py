"""Clerical review: tasks, answers and adjudications lie in the index."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _key(name: str, kind: Any = text) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, text, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def upgrade() -> None:
    """Add the tables, empty."""
    op.create_table(
        "review_task",
        _key("task_id"),
        _text("kind"),
        _text("stream"),
        _text("state"),
        _number("priority"),
        _text("l_source"),
        _text("l_source_id"),
        _text("r_source", nullable=True),
        _text("r_source_id", nullable=True),
        _text("l_version"),
        _text("r_version", nullable=True),
        _text("why"),
        _text("sample", nullable=True),
        _text("stratum", nullable=True),
        sa.Column("inclusion_probability", sa.Float, nullable=True),
        _text("known", nullable=True),
        _text("verdict", nullable=True),
        _text("release_id", nullable=True),
        _number("sequence"),
    )
    op.create_index("review_task_open", "review_task", ["state", "stream", "priority", "task_id"])
    op.create_index("review_task_left", "review_task", ["l_source", "l_source_id"])
    op.create_index("review_task_right", "review_task", ["r_source", "r_source_id"])
    for name in ("review_answer", "adjudication"):
        _answers(name)


def _answers(name: str) -> None:
    op.create_table(
        name,
        _key("task_id"),
        _key("reviewer"),
        _key("attempt", sa.Integer),
        _text("begun"),
        _text("at", nullable=True),
        _text("verdict", nullable=True),
        _text("reasons"),
        _text("comment"),
        _number("seconds"),
        _number("saw_weight"),
        _number("sequence", nullable=True),
        _text("undone", nullable=True),
    )
    op.create_index(f"{name}_reviewer", name, ["reviewer", "at"])
