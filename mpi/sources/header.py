"""The columns a file has against those its source names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mpi.errors import MissingColumn, UnreadableFeed
from mpi.sources.description import SourceSystem

ROW = "#row"
"""The column that numbers the rows of a feed from 1, the header of a CSV apart."""


def require_columns(present: Sequence[str], source: SourceSystem, path: Path) -> None:
    """Nothing, when every column of the source is there once.

    Raises:
        MissingColumn, UnreadableFeed: name the file and the column.
    """
    for name in source.columns:
        if name not in present:
            raise MissingColumn(_hint(present, source), file=str(path), column=name)
        if present.count(name) > 1:
            raise UnreadableFeed("The column is there twice.", file=str(path), column=name)


def _hint(present: Sequence[str], source: SourceSystem) -> str:
    if len(present) > 1:
        return ""
    return f"The header has one column only: is {source.delimiter!r} the right delimiter?"
