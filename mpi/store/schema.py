"""The tables of the index: two slots of everything a link makes, and what outlives every link.

Readers use the slot that `index_state.live` names. A link fills the other slot, then flips the
pointer and writes history in one transaction; so what lies in the slot that is not live has no
meaning, and is emptied before it is filled again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

SLOTS = ("a", "b")
REVISIONS = ("0001",)
"""Every revision of the schema, oldest first; a test holds it against the migrations."""

metadata = MetaData()


def _clustered(name: str, *columns: Column[Any]) -> Table:
    """A table that lies in the order of its primary key, where the database can do that."""
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


def _key(name: str, kind: type[Text | BigInteger | Integer] = Integer) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _number(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Integer, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Text, nullable=nullable)


@dataclass(frozen=True, slots=True)
class Slot:
    """The tables of one slot, in the order in which they are filled."""

    record: Table
    payload: Table
    identifier: Table
    blocking_key: Table
    link: Table
    person: Table
    confidence: Table

    def tables(self) -> Iterator[tuple[str, Table]]:
        """Each table under its plain name."""
        for field in fields(self):
            yield field.name, getattr(self, field.name)

    def indexes(self) -> Iterator[Index]:
        """The secondary indexes, in a fixed order; dropped while the slot is filled."""
        for _, table in self.tables():
            yield from sorted(table.indexes, key=lambda index: str(index.name))


def _record(slot: str) -> Table:
    """The narrow part of a record, which look-ups read; its wide part is the payload."""
    table = Table(
        f"record_{slot}",
        metadata,
        _key("record_no"),
        _text("source"),
        _text("source_id"),
        _text("version"),
        _number("person_no"),
    )
    Index(f"record_{slot}_key", table.c.source, table.c.source_id, unique=True)
    Index(f"record_{slot}_person", table.c.person_no)
    return table


def _payload(slot: str) -> Table:
    return Table(
        f"payload_{slot}",
        metadata,
        _key("record_no"),
        Column("payload", LargeBinary, nullable=False),
    )


def _identifier(slot: str) -> Table:
    """Identifiers by value; the index holds all columns, so those of a record are one range."""
    table = _clustered(
        f"identifier_{slot}",
        _key("system", Text),
        _key("value", Text),
        _key("record_no"),
        _number("verified"),
    )
    c = table.c
    Index(f"identifier_{slot}_record", c.record_no, c.system, c.value, c.verified)
    return table


def _person(slot: str) -> Table:
    table = Table(
        f"person_{slot}",
        metadata,
        _key("person_no"),
        _text("person_id"),
        _number("golden_record_no"),
        _text("findings"),
        _number("record_count"),
        _number("all_pairs"),
    )
    Index(f"person_{slot}_id", table.c.person_id, unique=True)
    return table


def _link(slot: str) -> Table:
    return _clustered(
        f"link_{slot}",
        _key("record_l"),
        _key("record_r"),
        _number("weight"),
        _number("blocked"),
    )


def _confidence(slot: str) -> Table:
    return _clustered(
        f"confidence_{slot}",
        _key("person_no"),
        _key("record_l"),
        _key("record_r"),
        _number("direct", nullable=True),
        _number("bottleneck"),
        _number("confidence"),
    )


def _slot(slot: str) -> Slot:
    return Slot(
        record=_record(slot),
        payload=_payload(slot),
        identifier=_identifier(slot),
        blocking_key=_clustered(f"blocking_key_{slot}", _key("key", BigInteger), _key("record_no")),
        link=_link(slot),
        person=_person(slot),
        confidence=_confidence(slot),
    )


slots = {slot: _slot(slot) for slot in SLOTS}

index_state = Table(
    "index_state",
    metadata,
    _key("id"),
    _text("live"),
    _number("sequence"),
    Column("seed", BigInteger, nullable=False),
    _text("release_id", nullable=True),
    _number("provisional"),
    _text("counts"),
)
"""One row, of id 1: which slot is live, and the last event that it reflects."""

release = Table("release", metadata, _key("release_id", Text), _text("name"), _text("document"))

person_history = Table(
    "person_history",
    metadata,
    _key("person_id", Text),
    _number("first_sequence"),
    _number("retired_sequence", nullable=True),
    _text("how", nullable=True),
    _text("successors", nullable=True),
    _text("members", nullable=True),
)
"""Every person id ever minted; the last four columns are of its last retirement, if it stands."""

membership = _clustered(
    "membership",
    _key("source", Text),
    _key("source_id", Text),
    _key("from_sequence"),
    _text("person_id"),
    _number("to_sequence", nullable=True),
)
"""Which person each record belonged to from one event (inclusive) to another (exclusive)."""

log = Table("log", metadata, _key("sequence"), _text("kind"), _text("at"), _text("detail"))
