"""Anchors of the audit: where each of its chains stood at some moments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "audit_anchor",
        sa.Column("chain", text, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", text, nullable=False),
        sa.Column("at", text, nullable=False),
        sqlite_with_rowid=False,
    )
