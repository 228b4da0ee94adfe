"""The tables of the index: generations of everything a link makes, and what outlives every link.

Readers use the generation that `index_state.generation` names. A link makes the next one beside it,
then moves the pointer and writes history in one transaction; so what lies in any other generation
has no meaning, and is dropped by the next link. A number is never used for two things that readers
could see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

REVISIONS = ("0001", "0002", "0003")
"""Every revision of the schema, numbered, oldest first; a test holds it against the migrations."""

metadata = MetaData()
"""What outlives every link; each generation has its own."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes, which is the order of SQLite and of Arrow."""


def _clustered(name: str, metadata: MetaData, *columns: Column[Any]) -> Table:
    """A table that lies in the order of its primary key, where the database can do that."""
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


def _key(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]] = Integer) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _number(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Integer, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, TEXT, nullable=nullable)


@dataclass(frozen=True, slots=True)
class Generation:
    """The tables of one generation, in the order in which they are filled."""

    number: int

    record: Table
    payload: Table
    identifier: Table
    blocking_key: Table
    link: Table
    person: Table
    confidence: Table

    def tables(self) -> Iterator[tuple[str, Table]]:
        """Each table under its plain name."""
        for name in TABLES:
            yield name, getattr(self, name)


TABLES = tuple(field.name for field in fields(Generation) if field.name != "number")


@lru_cache(maxsize=16)
def generation(number: int) -> Generation:
    """The tables of a generation by its number."""
    within = MetaData()
    return Generation(
        number,
        record=_record(number, within),
        payload=_payload(number, within),
        identifier=_identifier(number, within),
        blocking_key=_blocking_key(number, within),
        link=_link(number, within),
        person=_person(number, within),
        confidence=_confidence(number, within),
    )


def generation_of(table: str) -> int | None:
    """The number of the generation that a table belongs to by its name; None for all others.

    >>> generation_of("blocking_key_7")
    7
    >>> generation_of("index_state") is None
    True
    """
    plain, _, number = table.rpartition("_")
    return int(number) if plain in TABLES and number.isdecimal() else None


def _record(number: int, within: MetaData) -> Table:
    """The narrow part of a record, which look-ups read; its wide part is the payload."""
    table = Table(
        f"record_{number}",
        within,
        _key("record_no"),
        _text("source"),
        _text("source_id"),
        _text("version"),
        _number("person_no"),
    )
    Index(f"record_{number}_key", table.c.source, table.c.source_id, unique=True)
    Index(f"record_{number}_person", table.c.person_no)
    return table


def _payload(number: int, within: MetaData) -> Table:
    return Table(
        f"payload_{number}",
        within,
        _key("record_no"),
        Column("payload", LargeBinary, nullable=False),
    )


def _identifier(number: int, within: MetaData) -> Table:
    """Identifiers by value; the index holds all columns, so those of a record are one range."""
    table = _clustered(
        f"identifier_{number}",
        within,
        _key("system", TEXT),
        _key("value", TEXT),
        _key("record_no"),
        _number("verified"),
    )
    c = table.c
    Index(f"identifier_{number}_record", c.record_no, c.system, c.value, c.verified)
    return table


def _blocking_key(number: int, within: MetaData) -> Table:
    return _clustered(f"blocking_key_{number}", within, _key("key", BigInteger), _key("record_no"))


def _person(number: int, within: MetaData) -> Table:
    table = Table(
        f"person_{number}",
        within,
        _key("person_no"),
        _text("person_id"),
        _number("golden_record_no"),
        _text("findings"),
        _number("record_count"),
        _number("all_pairs"),
    )
    Index(f"person_{number}_id", table.c.person_id, unique=True)
    return table


def _link(number: int, within: MetaData) -> Table:
    return _clustered(
        f"link_{number}",
        within,
        _key("record_l"),
        _key("record_r"),
        _number("weight"),
        _number("blocked"),
    )


def _confidence(number: int, within: MetaData) -> Table:
    return _clustered(
        f"confidence_{number}",
        within,
        _key("person_no"),
        _key("record_l"),
        _key("record_r"),
        _number("direct", nullable=True),
        _number("bottleneck"),
        _number("confidence"),
    )


index_state = Table(
    "index_state",
    metadata,
    _key("id"),
    _number("generation"),
    _number("sequence"),
    Column("seed", BigInteger, nullable=False),
    _text("release_id", nullable=True),
    _number("provisional"),
    _text("counts"),
)
"""One row, of id 1: which generation is live, and the last event that it reflects."""

release = Table("release", metadata, _key("release_id", TEXT), _text("name"), _text("document"))

release_file = Table(
    "release_file",
    metadata,
    _key("release_id", TEXT),
    _key("name", TEXT),
    Column("content", LargeBinary, nullable=False),
)
"""The files of each release that made an index, so that it can be matched against anywhere."""

person_history = Table(
    "person_history",
    metadata,
    _key("person_id", TEXT),
    _number("first_sequence"),
    _number("retired_sequence", nullable=True),
    _text("how", nullable=True),
    _text("successors", nullable=True),
    _text("members", nullable=True),
)
"""Every person id ever minted; the last four columns are of its last retirement, if it stands."""

membership = _clustered(
    "membership",
    metadata,
    _key("source", TEXT),
    _key("source_id", TEXT),
    _key("from_sequence"),
    _text("person_id"),
    _number("to_sequence", nullable=True),
)
"""Which person each record belonged to from one event (inclusive) to another (exclusive)."""

log = Table("log", metadata, _key("sequence"), _text("kind"), _text("at"), _text("detail"))
