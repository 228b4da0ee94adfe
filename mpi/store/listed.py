"""Conditions on any number of values, given as one parameter: a JSON list.

A statement whose text does not depend on how many values it is given is compiled and planned once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import BigInteger, ColumnElement, Integer, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType, TypeEngine


class Among(ColumnElement[bool]):
    """That a column, or two columns together, have one of the values of a list.

    `name` is the parameter: `listed` of values, or of pairs of them.
    """

    inherit_cache = False
    type: TypeEngine[Any] = NullType()

    def __init__(self, name: str, *columns: ColumnElement[Any]) -> None:
        """Args: one column of numbers or text, or two of text."""
        self.columns, self.name = columns, name


def listed(values: Iterable[object]) -> str:
    """Values, or pairs of values, as a parameter of a statement."""
    return orjson.dumps(list(values), default=tuple).decode()


def _parts(element: Among, compiler: SQLCompiler, kw: dict[str, Any]) -> tuple[str, str]:
    columns = ", ".join(compiler.process(each, **kw) for each in element.columns)
    given = compiler.process(bindparam(element.name, type_=NullType()), **kw)
    return columns, given


@compiles(Among, "sqlite")
def _in_sqlite(element: Among, compiler: SQLCompiler, **kw: Any) -> str:
    columns, given = _parts(element, compiler, kw)
    if len(element.columns) == 1:
        return f"{columns} IN (SELECT value FROM json_each({given}))"
    return f"({columns}) IN (SELECT value ->> 0, value ->> 1 FROM json_each({given}))"


@compiles(Among, "postgresql")
def _in_postgresql(element: Among, compiler: SQLCompiler, **kw: Any) -> str:
    columns, given = _parts(element, compiler, kw)
    if len(element.columns) > 1:
        pairs = f"SELECT e ->> 0, e ->> 1 FROM jsonb_array_elements({given}::jsonb) AS e"
        return f"({columns}) IN ({pairs})"
    texts = f"jsonb_array_elements_text({given}::jsonb)"
    cast = f"::{_number(element.columns[0])}" if _number(element.columns[0]) else ""
    return f"{columns} = ANY(ARRAY(SELECT {texts}{cast}))"


def _number(column: ColumnElement[Any]) -> str:
    if isinstance(column.type, BigInteger):
        return "int8"
    return "int4" if isinstance(column.type, Integer) else ""
