"""Making tables in migrations, and making them anew with other columns."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

Columns = dict[str, Any]
"""Types of columns by name."""


def table_of(
    name: str,
    key: Columns,
    rest: Columns,
    *,
    nullable: tuple[str, ...] = (),
    clustered: bool | None = None,
) -> sa.Table:
    """A table in the order of its key, if the key has several columns or it is said."""
    keys = [sa.Column(n, kind, primary_key=True, autoincrement=False) for n, kind in key.items()]
    others = [sa.Column(n, kind, nullable=n in nullable) for n, kind in rest.items()]
    lies = len(keys) > 1 if clustered is None else clustered
    return op.create_table(name, *keys, *others, sqlite_with_rowid=not lies)


def remake(
    name: str,
    key: Columns,
    rest: Columns,
    values: dict[str, str],
    *,
    nullable: tuple[str, ...] = (),
) -> None:
    """A table made anew, with values that are made of the old one's; without its indexes.

    A column that may not be null can be added to a table in no other way on every database
    without leaving a default.
    """
    table_of(f"new_{name}", key, rest, nullable=nullable)
    op.execute(
        f"INSERT INTO new_{name} ({', '.join(values)})"
        f" SELECT {', '.join(values.values())} FROM {name} ORDER BY {', '.join(key)}"
    )
    op.drop_table(name)
    op.rename_table(f"new_{name}", name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX new_{name}_pkey RENAME TO {name}_pkey")
