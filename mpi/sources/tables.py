"""Files to tables of text: CSV, Parquet and NDJSON, also of FHIR Patients; text may be gzipped."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mpi.errors import EmptyFeed, FeedNotFound, UnreadableFeed, WrongEncoding
from mpi.sources.csv_file import read_csv
from mpi.sources.description import SourceSystem
from mpi.sources.header import ROW
from mpi.sources.ndjson_file import read_ndjson
from mpi.sources.parquet_file import read_parquet
from mpi.sources.patients import PATIENTS, PatientSource, read_patients
from mpi.sources.rejects import Rejects

FORMATS = (*PATIENTS, ".csv", ".csv.gz", ".parquet", ".ndjson", ".ndjson.gz")
"""What a feed's name may end in; the longer endings come before those they end in."""

NULL_WORDS = ("NULL", "null", "\\N", "(null)", "<null>")
"""What extracts write for nothing. A cell that is exactly one of these is empty; somebody whose
name is Null is read, unless their source writes it in capitals."""

_ROW_OF_ERROR = re.compile(r"Row #(\d+)")


def file_format(path: Path) -> str | None:
    """The format a file name ends in, one of `FORMATS`; None for another file.

    >>> file_format(Path("nomis.csv.gz")), file_format(Path("nomis.xlsx"))
    ('.csv.gz', None)
    """
    return next((f for f in FORMATS if path.name.endswith(f) and path.name != f), None)


def read_text_table(path: Path, source: SourceSystem, rejects: Rejects) -> pa.Table:
    """The columns that the source names, as trimmed text without nulls, and `ROW`.

    Raises:
        FeedNotFound, EmptyFeed, MissingColumn, WrongEncoding, UnreadableFeed: all name the file.
    """
    if not path.is_file():
        raise FeedNotFound(file=str(path))
    if path.stat().st_size == 0:
        raise EmptyFeed(file=str(path))
    before = len(rejects)
    try:
        table = _read(path, source, rejects)
    except (pa.ArrowInvalid, OSError, EOFError) as error:
        # Arrow's message may quote a person's row, so it must not travel as the cause either.
        raise _unreadable(error, path) from None
    if table.num_rows == 0:
        detail = "Every row was rejected." if len(rejects) > before else ""
        raise EmptyFeed(detail, file=str(path))
    columns = {name: _trimmed(table.column(name)) for name in source.columns}
    return pa.table({**columns, ROW: table.column(ROW)})


def _read(path: Path, source: SourceSystem, rejects: Rejects) -> pa.Table:
    match file_format(path):
        case ".parquet":
            return read_parquet(path, source)
        case ".patients.ndjson" | ".patients.ndjson.gz" if isinstance(source, PatientSource):
            return read_patients(path, source, rejects)
        case ".ndjson" | ".ndjson.gz":
            return read_ndjson(path, source, rejects)
        case ".csv" | ".csv.gz":
            return read_csv(path, source, rejects)
    raise UnreadableFeed(f"The format is none of {' '.join(FORMATS)}.", file=str(path))


def _unreadable(error: Exception, path: Path) -> UnreadableFeed | EmptyFeed:
    """The cause in our words."""
    text = str(error)
    if "Empty CSV file" in text:
        return EmptyFeed(file=str(path))
    if "UTF8" in text.replace("-", ""):
        row = _ROW_OF_ERROR.search(text)
        return WrongEncoding(file=str(path), row=int(row[1]) - 1 if row else None)
    return UnreadableFeed("The file is damaged or is not what its name says.", file=str(path))


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text without outer space, null words and NUL characters, which stores refuse."""
    text = pc.utf8_trim_whitespace(pc.replace_substring(pc.fill_null(column, ""), "\0", ""))
    return pc.if_else(pc.is_in(text, pa.array(NULL_WORDS)), "", text)
