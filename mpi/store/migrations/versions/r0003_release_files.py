"""The files of the release that made an index lie in the index: what is matched needs no folder."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table; the next link fills it."""
    op.create_table(
        "release_file",
        sa.Column("release_id", text, primary_key=True, autoincrement=False),
        sa.Column("name", text, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
