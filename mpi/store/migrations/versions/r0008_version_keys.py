"""Keys of versions in the form that orders decimals, long numbers and all forms of ISO 8601.

Where the version is kept, its key is made of it. Where only the key is, an old key of such a
version is the version itself, and is read as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from mpi.sources.versions import OF_MESSAGE, is_time, version_key

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BATCH = 10_000
_OF_NUMBER = re.compile(r"[01][0-9]{20}(\.[0-9]+)?")
"""The key of a number, which must not be taken for a number of its own."""


def upgrade() -> None:
    """Make the keys anew of the records held, the messages kept, and the records gone."""
    live = op.get_bind().scalar(sa.text("SELECT generation FROM index_state"))
    if live is not None:
        _make_anew(f"record_{live}", ("record_no",), "version")
    _make_anew("inbox", ("sequence",), "version")
    _make_anew("tombstone", ("source", "source_id"), "version_key")


def _make_anew(name: str, of: tuple[str, ...], version: str) -> None:
    """The keys in a table, by its primary key; `version` is the column that tells the most."""
    table = sa.table(name, *map(sa.column, {*of, version, "version_key"}))
    statement = (
        sa.update(table)
        .where(*(table.c[column] == sa.bindparam(f"of_{column}") for column in of))
        .values(version_key=sa.bindparam("made"))
    )
    for rows in _batches(table, of, version):
        changed = [
            {**{f"of_{column}": row[column] for column in of}, "made": made}
            for row in rows
            if (made := _key(row["version"], row["version_key"])) != row["version_key"]
        ]
        if changed:
            op.get_bind().execute(statement, changed)


def _batches(
    table: sa.TableClause, of: tuple[str, ...], version: str
) -> Iterator[list[dict[str, Any]]]:
    keys = [table.c[column] for column in of]
    told = table.c[version] if version != "version_key" else sa.literal("")
    asked = sa.select(*keys, told.label("version"), table.c.version_key).order_by(*keys)
    after: list[Any] = []
    while True:
        more = asked.where(sa.tuple_(*keys) > sa.tuple_(*after)) if after else asked
        rows = [dict(row) for row in op.get_bind().execute(more.limit(BATCH)).mappings()]
        if not rows:
            return
        yield rows
        after = [rows[-1][column] for column in of]


def _key(version: str, was: str) -> str:
    """The key of a version, or, if that is not kept, what its key was in this form.

    >>> _key("12.5", "12.5") == _key("", "12.5") == version_key("12.5")
    True
    >>> _key("", "100000000000000000042"), _key("", "20260101T083000#00")
    ('100000000000000000042', '2026-01-01T08:30:00#00')
    """
    if version:
        return version_key(version)
    if _OF_NUMBER.fullmatch(was):
        return was
    own, mark, rest = was.partition(OF_MESSAGE)
    made = version_key(own)
    return f"{made}{mark}{rest}" if not mark or is_time(made) else was
