"""How tables and columns of the index are written down, the same for every table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text in the order of its bytes, which is the order of SQLite and of Arrow."""


def clustered(name: str, within: MetaData, *columns: Column[Any]) -> Table:
    """A table that lies in the order of its primary key, where the database can do that."""
    return Table(name, within, *columns, sqlite_with_rowid=False)


def key(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]] = Integer) -> Column[Any]:
    """A column of the primary key."""
    return Column(name, kind, primary_key=True, autoincrement=False)


def number(name: str, *, nullable: bool = False) -> Column[Any]:
    """A whole number of 32 bits."""
    return Column(name, Integer, nullable=nullable)


def big(name: str) -> Column[Any]:
    """A whole number of 64 bits."""
    return Column(name, BigInteger, nullable=False)


def text(name: str, *, nullable: bool = False) -> Column[Any]:
    """Text."""
    return Column(name, TEXT, nullable=nullable)


def blob(name: str, *, nullable: bool = False) -> Column[Any]:
    """Bytes."""
    return Column(name, LargeBinary, nullable=nullable)
