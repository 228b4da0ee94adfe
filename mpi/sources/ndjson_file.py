"""An NDJSON feed as a table of text: one JSON object on each line.

Writers leave empty fields out, so a column that no line has is an empty column; only the key has
to be there. A value of the wrong shape (an object where the source has a text) is left out and
reported: as JSON text it would be compared like a name.
"""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
import pyarrow as pa

from mpi.errors import MissingColumn, UnreadableFeed, WrongEncoding
from mpi.sources.description import SourceSystem
from mpi.sources.header import ROW
from mpi.sources.rejects import Reject, Rejects

MAX_MISSHAPEN_SHARE = 0.5
"""Share of the rows that may have an object or list in a column before the feed is refused."""

_CHUNK_ROWS = 1 << 15
_LARGEST_EXACT = 1 << 53
_BOM = b"\xef\xbb\xbf"

Line = tuple[int, dict[str, Any]]
"""The number of a row and its JSON object."""


def read_ndjson(path: Path, source: SourceSystem, rejects: Rejects) -> pa.Table:
    """The named columns and `ROW`; a line that is no JSON object with a usable key is rejected.

    Raises:
        MissingColumn: no line has the key. UnreadableFeed: most lines have an object or list where
        the source has a text. WrongEncoding. All name the file.
    """
    schema = pa.schema([*((name, pa.string()) for name in source.columns), (ROW, pa.int64())])
    cells = _Cells(path, source, rejects)
    batches = []
    with opened(path) as file:
        lines = objects(file, path, rejects)
        while chunk := list(islice(lines, _CHUNK_ROWS)):
            rows = cells.with_usable_key(chunk)
            columns = [cells.of_column(name, rows) for name in source.columns]
            batches.append(pa.record_batch([*columns, [n for n, _ in rows]], schema=schema))
    if batches and not cells.key_seen:
        raise MissingColumn(file=str(path), column=source.key)
    table = pa.Table.from_batches(batches, schema)
    for name, count in cells.misshapen.items():
        if count > MAX_MISSHAPEN_SHARE * table.num_rows:
            raise UnreadableFeed("It holds objects or lists.", file=str(path), column=name)
    return table


class _Cells:
    """Turns JSON values into cells, and notes those of the wrong shape."""

    def __init__(self, path: Path, source: SourceSystem, rejects: Rejects) -> None:
        self.key_seen = False
        self.misshapen: Counter[str] = Counter()
        self._path, self._key, self._rejects = str(path), source.key, rejects
        self._separators = {c.column: c.separator for c in source.list_columns}

    def with_usable_key(self, lines: list[Line]) -> list[Line]:
        """The lines whose key is a text or number; one that has none is left to the reader."""
        self.key_seen = self.key_seen or any(self._key in value for _, value in lines)
        kept = []
        for line in lines:
            key = line[1].get(self._key)
            if isinstance(key, str) or not (reason := _key_problem(key)):
                kept.append(line)
            else:
                self._rejects.add(Reject(self._path, line[0], "", self._key, reason))
        return kept

    def of_column(self, name: str, lines: list[Line]) -> list[str]:
        """The cells of a column; a list is joined as the source's text feeds would have it."""
        values = [value.get(name) for _, value in lines]
        separator = self._separators.get(name, "")
        if any(isinstance(value, list | dict) for value in values):
            kept = zip(lines, values, strict=True)
            values = [self._flat(line, name, value, separator) for line, value in kept]
        return [value if isinstance(value, str) else _text(value) for value in values]

    def _flat(self, line: Line, name: str, value: Any, separator: str) -> Any:
        """The value without lists and objects; what is lost by that is reported, once a value."""
        entries = value if isinstance(value, list) and separator else [value]
        fit = [entry for entry in entries if not isinstance(entry, list | dict)]
        if len(fit) < len(entries):
            self.misshapen[name] += 1
            number, row = line
            reason = "not a list of texts or numbers" if separator else "no text or number"
            key = _text(row.get(self._key))
            self._rejects.add(Reject(self._path, number, key, name, reason))
        if entries is not value:
            return fit[0] if fit else None
        return separator.join(_text(entry).replace(separator, " ") for entry in fit)


def _key_problem(key: Any) -> str:
    """Why a value cannot be a key; a number too large to be read exactly would become another's."""
    if isinstance(key, bool | list | dict):
        return "key is no text or number"
    if isinstance(key, float) and abs(key) >= _LARGEST_EXACT:
        return "key is too large a number"
    return ""


def opened(path: Path) -> BinaryIO:
    """A file to read, unpacked if its name says that it is gzipped."""
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def objects(lines: Iterable[bytes], path: Path, rejects: Rejects) -> Iterator[Line]:
    """The JSON objects of the filled lines, numbered from 1; a line that is none is rejected.

    Raises WrongEncoding, naming the file and the row.
    """
    filled = (line for line in lines if line.strip())
    for number, line in enumerate(filled, start=1):
        try:
            value = orjson.loads(line.removeprefix(_BOM) if number == 1 else line)
        except orjson.JSONDecodeError:
            _require_utf8(line, path, number)
            rejects.add(Reject(str(path), number, "", "", "not JSON"))
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            rejects.add(Reject(str(path), number, "", "", "not a JSON object"))


def _require_utf8(line: bytes, path: Path, row: int) -> None:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WrongEncoding(file=str(path), row=row) from error


def _text(value: Any) -> str:
    """A text, number, true or false as a cell."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT:
        # how some writers put a whole number where other rows have none
        value = int(value)
    return "" if value is None else orjson.dumps(value).decode()
