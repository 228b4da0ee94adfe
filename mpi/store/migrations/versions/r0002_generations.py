"""Numbered generations in place of two slots: no table is ever emptied under a reader."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

number, big, blob = sa.Integer, sa.BigInteger, sa.LargeBinary
text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Columns = dict[str, Any]
FIRST = 0
"""The generation that the slot in use becomes."""

TABLES: dict[str, tuple[Columns, Columns]] = {
    "record": (
        {"record_no": number},
        {"source": text, "source_id": text, "version": text, "person_no": number},
    ),
    "payload": ({"record_no": number}, {"payload": blob}),
    "identifier": ({"system": text, "value": text, "record_no": number}, {"verified": number}),
    "blocking_key": ({"key": big, "record_no": number}, {}),
    "link": ({"record_l": number, "record_r": number}, {"weight": number, "blocked": number}),
    "person": (
        {"person_no": number},
        {
            "person_id": text,
            "golden_record_no": number,
            "findings": text,
            "record_count": number,
            "all_pairs": number,
        },
    ),
    "confidence": (
        {"person_no": number, "record_l": number, "record_r": number},
        {"direct": number, "bottleneck": number, "confidence": number},
    ),
}
"""The tables of a slot and of a generation: name, columns of the key, other columns."""
INDEXES = (
    ("record", "key", ("source", "source_id"), True),
    ("record", "person", ("person_no",), False),
    ("identifier", "record", ("record_no", "system", "value", "verified"), False),
    ("person", "id", ("person_id",), True),
)


def upgrade() -> None:
    """Keep the slot in use as a generation, drop the other, and point at the one kept."""
    state = sa.table("index_state", *(sa.column(name) for name in ("live", *STATE)))
    row = op.get_bind().execute(sa.select(state)).mappings().one_or_none()
    _keep(row["live"] if row else "a")
    for name in TABLES:
        for slot in ("a", "b"):
            op.drop_table(f"{name}_{slot}")
    _pointer({name: row[name] for name in STATE} if row else None)


def _keep(slot: str) -> None:
    """Copy the tables of a slot, each in the order of its key, and index them."""
    for name, (key, rest) in TABLES.items():
        _table(f"{name}_{FIRST}", key, rest, nullable=("direct",))
        columns, order = ", ".join({**key, **rest}), ", ".join(key)
        old, new = f"{name}_{slot}", f"{name}_{FIRST}"
        op.execute(f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {old} ORDER BY {order}")
    for table, what, indexed, unique in INDEXES:
        at = f"{table}_{FIRST}"
        op.create_index(f"{at}_{what}", at, list(indexed), unique=unique)


STATE = ("id", "sequence", "seed", "release_id", "provisional", "counts")
"""The columns of the pointer that stay."""


def _pointer(row: dict[str, Any] | None) -> None:
    """The pointer, made again with a number where the name of the slot was."""
    op.drop_table("index_state")
    rest: Columns = {
        "generation": number,
        "sequence": number,
        "seed": big,
        "release_id": text,
        "provisional": number,
        "counts": text,
    }
    table = _table("index_state", {"id": number}, rest, nullable=("release_id",))
    if row is not None:
        op.bulk_insert(table, [{**row, "generation": FIRST}])


def _table(name: str, key: Columns, rest: Columns, *, nullable: tuple[str, ...] = ()) -> sa.Table:
    """A table in the order of its key, if the key has several columns."""
    keys = [sa.Column(n, kind, primary_key=True, autoincrement=False) for n, kind in key.items()]
    others = [sa.Column(n, kind, nullable=n in nullable) for n, kind in rest.items()]
    return op.create_table(name, *keys, *others, sqlite_with_rowid=len(keys) == 1)
