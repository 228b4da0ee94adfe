"""How results look: tables for people, JSON for programs, both on stdout."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console

WIDE = 200
"""Columns of a table that goes to a file or a pipe, where cutting a value would lose it."""

ROOMY = 120
"""Columns from which on a table may also say what is not asked for."""


class Summary(Protocol):
    """What a long command ends with."""

    def rows(self) -> Sequence[tuple[str, object]]:
        """Label and value, in reading order."""
        ...

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        ...


def show_summary(summary: Summary, *, title: str, as_json: bool) -> None:
    """Print the summary of a command."""
    if as_json:
        show_json(summary.as_dict())
    else:
        show_table(title, ("", ""), summary.rows())


def show_json(value: object) -> None:
    """Print a value as indented JSON."""
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
    sys.stdout.write(orjson.dumps(value, option=options, default=str).decode())


def show_line(text: str = "") -> None:
    """Print a line of text as it is."""
    sys.stdout.write(text + "\n")


def show_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    folding: Collection[str] = (),
) -> None:
    """Print a table; numbers are formatted and set to the right. Unnamed columns have no header.

    Where the width is too small, the columns of `folding` give way if it names any, else all do.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD,
        show_header=any(columns),
        pad_edge=False,
    )
    values = [list(row) for row in rows]
    for at, column in enumerate(columns):
        number = bool(values) and all(isinstance(row[at], int | float) for row in values)
        table.add_column(
            column,
            justify="right" if number else "left",
            overflow="fold",
            no_wrap=bool(folding) and column not in folding,
        )
    for row in values:
        table.add_row(*(Text(_cell(value)) for value in row))
    console = stdout()
    if title:
        console.print(Text(title, style="bold"))
    console.print(table)


def _cell(value: object) -> str:
    """A value as text: whole numbers with thousands separators, others with four decimals."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4f}"
    return str(value)


def counted(count: int, thing: str) -> str:
    """A number of things, in words.

    >>> counted(1, "record"), counted(2000, "record")
    ('1 record', '2,000 records')
    """
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def is_narrow() -> bool:
    """Whether results go to a terminal with little room beside the values themselves."""
    return stdout().width < ROOMY


def show_warnings(warnings: Iterable[str]) -> None:
    """Say on stderr what may be wrong with a result that follows."""
    for warning in warnings:
        sys.stderr.write(f"warning: {warning}\n")


def stdout() -> Console:
    """Where results go."""
    return _console(stderr=False)


def stderr() -> Console:
    """Where progress and errors go."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDE
    return console
