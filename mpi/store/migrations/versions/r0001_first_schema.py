"""The first schema: two slots, the pointer, the log and history."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

number, big, blob = sa.Integer, sa.BigInteger, sa.LargeBinary
text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Columns = dict[str, Any]


def upgrade() -> None:
    """Make every table."""
    for slot in ("a", "b"):
        _records(slot)
        _evidence(slot)
        _persons(slot)
    _pointer_and_log()
    _history()


def _table(name: str, key: Columns, rest: Columns, *, nullable: tuple[str, ...] = ()) -> None:
    """A table in the order of its key, if the key has several columns."""
    keys = [sa.Column(n, kind, primary_key=True, autoincrement=False) for n, kind in key.items()]
    others = [sa.Column(n, kind, nullable=n in nullable) for n, kind in rest.items()]
    op.create_table(name, *keys, *others, sqlite_with_rowid=len(keys) == 1)


def _records(slot: str) -> None:
    record = f"record_{slot}"
    columns: Columns = {"source": text, "source_id": text, "version": text, "person_no": number}
    _table(record, {"record_no": number}, columns)
    op.create_index(f"{record}_key", record, ["source", "source_id"], unique=True)
    op.create_index(f"{record}_person", record, ["person_no"])
    _table(f"payload_{slot}", {"record_no": number}, {"payload": blob})
    identifier = f"identifier_{slot}"
    key: Columns = {"system": text, "value": text, "record_no": number}
    _table(identifier, key, {"verified": number})
    by_record = ["record_no", "system", "value", "verified"]
    op.create_index(f"{identifier}_record", identifier, by_record)


def _evidence(slot: str) -> None:
    _table(f"blocking_key_{slot}", {"key": big, "record_no": number}, {})
    pair: Columns = {"record_l": number, "record_r": number}
    _table(f"link_{slot}", pair, {"weight": number, "blocked": number})
    measures: Columns = {"direct": number, "bottleneck": number, "confidence": number}
    key: Columns = {"person_no": number, **pair}
    _table(f"confidence_{slot}", key, measures, nullable=("direct",))


def _persons(slot: str) -> None:
    person = f"person_{slot}"
    columns: Columns = {
        "person_id": text,
        "golden_record_no": number,
        "findings": text,
        "record_count": number,
        "all_pairs": number,
    }
    _table(person, {"person_no": number}, columns)
    op.create_index(f"{person}_id", person, ["person_id"], unique=True)


def _pointer_and_log() -> None:
    state: Columns = {
        "live": text,
        "sequence": number,
        "seed": big,
        "release_id": text,
        "provisional": number,
        "counts": text,
    }
    _table("index_state", {"id": number}, state, nullable=("release_id",))
    _table("release", {"release_id": text}, {"name": text, "document": text})
    _table("log", {"sequence": number}, {"kind": text, "at": text, "detail": text})


def _history() -> None:
    retirement: Columns = {
        "retired_sequence": number,
        "how": text,
        "successors": text,
        "members": text,
    }
    columns: Columns = {"first_sequence": number, **retirement}
    _table("person_history", {"person_id": text}, columns, nullable=tuple(retirement))
    key: Columns = {"source": text, "source_id": text, "from_sequence": number}
    stay: Columns = {"person_id": text, "to_sequence": number}
    _table("membership", key, stay, nullable=("to_sequence",))
