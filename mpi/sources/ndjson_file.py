"""An NDJSON feed as a table of text: one JSON object on each line."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
import pyarrow as pa

from mpi.errors import WrongEncoding
from mpi.sources.description import SourceSystem
from mpi.sources.header import ROW, require_columns
from mpi.sources.rejects import Reject, Rejects

_CHUNK_ROWS = 1 << 15
_BOM = b"\xef\xbb\xbf"


def read_ndjson(path: Path, source: SourceSystem, rejects: Rejects) -> pa.Table:
    """The named columns and `ROW`; a line that is no JSON object is rejected.

    Writers leave out empty keys, so a column is missing only when no line has it.

    Raises:
        MissingColumn, WrongEncoding: name the file.
    """
    schema = pa.schema([*((name, pa.string()) for name in source.columns), (ROW, pa.int64())])
    separators = {c.column: c.separator for c in source.list_columns}
    seen: dict[str, None] = {}
    batches = []
    with _open(path) as file:
        rows = _objects(file, path, rejects)
        while chunk := list(islice(rows, _CHUNK_ROWS)):
            seen.update(dict.fromkeys(key for _, value in chunk for key in value))
            columns = [
                [_text(value.get(name), separators.get(name, "")) for _, value in chunk]
                for name in source.columns
            ]
            batches.append(pa.record_batch([*columns, [n for n, _ in chunk]], schema=schema))
    if batches:
        require_columns(list(seen), source, path)
    return pa.Table.from_batches(batches, schema)


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _objects(
    lines: Iterable[bytes], path: Path, rejects: Rejects
) -> Iterator[tuple[int, dict[str, Any]]]:
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


def _text(value: Any, separator: str) -> str:
    """A JSON value as a cell: a list joined as the source's text feeds would have it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and separator:
        return separator.join(_text(entry, "").replace(separator, " ") for entry in value)
    return orjson.dumps(value).decode()
