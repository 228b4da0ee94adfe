"""A CSV feed as a table of text. Rows with too few or too many values are rejected, not guessed."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa
from pyarrow import csv as arrow_csv

from mpi.errors import UnreadableFeed, WrongEncoding
from mpi.sources.description import SourceSystem
from mpi.sources.header import ROW, require_columns
from mpi.sources.rejects import Reject, Rejects

_BLOCK_BYTES = 8 << 20
_MAX_HEADER_BYTES = 1 << 20


def read_csv(path: Path, source: SourceSystem, rejects: Rejects) -> pa.Table:
    """The named columns and `ROW`; blank lines are no rows.

    Raises:
        EmptyFeed, MissingColumn, WrongEncoding, UnreadableFeed: name the file.
    """
    _require_utf8(path)
    require_columns(_header(path, source.delimiter), source, path)
    ragged = _RaggedRows()
    table = arrow_csv.read_csv(
        str(path),
        # One thread: only then does Arrow tell the number of a row it cannot split.
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES),
        parse_options=arrow_csv.ParseOptions(
            delimiter=source.delimiter, newlines_in_values=True, invalid_row_handler=ragged.skip
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(source.columns, pa.string()),
            include_columns=list(source.columns),
            strings_can_be_null=False,
        ),
    )
    if ragged.open_quote is not None or _ends_in_open_quote(table, path):
        raise UnreadableFeed(
            "A quoted value is never closed.", file=str(path), row=ragged.open_quote
        )
    for row, lines in ragged.rows.items():
        rejects.add(Reject(str(path), row, "", "", _wrong_length(lines)))
    return table.append_column(ROW, pa.chunked_array([ragged.numbers(table.num_rows)]))


class _RaggedRows:
    """Remembers the rows that Arrow could not split into the columns of the header.

    `rows` gives the number of lines of each: a stray quote makes one row of many.
    """

    def __init__(self) -> None:
        self.rows: dict[int, int] = {}
        self.open_quote: int | None = None

    def skip(self, row: arrow_csv.InvalidRow) -> str:
        """Arrow's callback; its numbers count the header."""
        number = row.number - 1
        if "\n" in row.text and row.text.count('"') % 2:
            self.open_quote = self.open_quote or number
        self.rows[number] = len(row.text.strip().splitlines())
        return "skip"

    def numbers(self, count: int) -> pa.Array:
        """The row numbers of the `count` rows that were kept."""
        everything = range(1, count + len(self.rows) + 1)
        return pa.array((n for n in everything if n not in self.rows), pa.int64(), size=count)


def _wrong_length(lines: int) -> str:
    reason = "wrong number of values"
    return reason if lines < 2 else f"{reason}, in {lines} lines that a quote makes one row"


def _ends_in_open_quote(table: pa.Table, path: Path) -> bool:
    """Whether the last row has swallowed the rest of the file.

    A quote inside an unquoted value is legal, so an odd count alone proves nothing.
    """
    if table.num_rows == 0:
        return False
    last = table.slice(table.num_rows - 1).to_pylist()[0]
    return any("\n" in value for value in last.values()) and _count_quotes(path) % 2 == 1


def _count_quotes(path: Path) -> int:
    return sum(block.count(b'"') for block in _blocks(path))


def _blocks(path: Path) -> Iterator[bytes]:
    with pa.input_stream(str(path)) as stream:
        while block := stream.read(_BLOCK_BYTES):
            yield block


def _require_utf8(path: Path) -> None:
    """Look before Arrow does: it cannot hand over a ragged row that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    for block in chain(_blocks(path), [b""]):
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line += error.object.count(b"\n", 0, error.start)
            raise WrongEncoding(file=str(path), line=line) from error
        line += block.count(b"\n")


def _header(path: Path, delimiter: str) -> list[str]:
    """The names of the columns; the first row may hold quoted line breaks."""
    with pa.input_stream(str(path)) as stream:
        start = stream.read(_MAX_HEADER_BYTES)
    if b"\0" in start.partition(b"\n")[0]:
        raise WrongEncoding("It looks like UTF-16.", file=str(path))
    lines = start.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "ignore").splitlines(keepends=True)
    try:
        rows = csv.reader(lines, delimiter=delimiter)
        return next((row for row in rows if row), [])
    except csv.Error as error:
        raise UnreadableFeed("The header is not CSV.", file=str(path)) from error
