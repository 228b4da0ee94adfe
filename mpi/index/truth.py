"""Who is who, from a file: what an index is judged by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mpi.errors import InvalidTruth
from mpi.training.breakdown import RelatedMerges, related_merges
from mpi.training.metrics import Overlap

KEY = ["source", "source_id"]

SEED = 1
"""Of the resamples behind intervals: the same records and truth, the same figures."""

RELATED = ("household", "twin", "siblings")
"""Columns that tell related people, where a truth has them."""
_FLAG = "twin"

MOST_GROUPS = 100
"""A column of more values than this is no subgroup: a key or a date, say."""


def read_truth(path: Path, by: Sequence[str] = ()) -> pd.DataFrame:
    """A Parquet or CSV file with `source`, `source_id`, `person` and the columns named in `by`.

    Of its other columns those of `RELATED` are kept. Raises InvalidTruth when it cannot be read,
    lacks a column, names a record twice or without its key or person, when `twin` is no flag, or a
    column of `by` has more than `MOST_GROUPS` values or none that make groups.
    """
    table = _table(path, {*KEY, "person", *RELATED, *by})
    for column in (*KEY, "person", *by):
        if column not in table.column_names:
            # not what it has: without a header that would be somebody's record
            raise InvalidTruth("It lacks a column.", file=path, column=column)
    table = _with_flags(table, path)
    frame = table.to_pandas()
    for column in (*KEY, "person"):
        _require_filled(frame[column], path)
    frame[KEY] = frame[KEY].astype(str)
    if frame.duplicated(KEY).any():
        raise InvalidTruth("It names a record twice.", file=path)
    for column in by:
        _require_groups(table[column], column, path)
    return frame


def places(known: pd.DataFrame, keys: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the records of a truth are among the records with these keys, and the other way round.

    Both are row numbers, -1 for a record that the other side lacks.
    """
    numbered = keys.select(KEY).to_pandas().assign(place=range(len(keys)))
    both = known[KEY].merge(numbered, on=KEY, how="left", validate="one_to_one")
    place = both["place"].fillna(-1).to_numpy(np.int64)
    row = np.full(len(keys), -1, dtype=np.int64)
    row[place[place >= 0]] = np.flatnonzero(place >= 0)
    return place, row


def related_in(table: Overlap, known: pd.DataFrame) -> Iterator[tuple[str, RelatedMerges]]:
    """Merges of related people, as far as the columns of a truth tell of them."""
    if {"twin", "household"} <= set(known.columns):
        yield "twins", related_merges(table, known["household"], known["twin"])
    if "siblings" in known.columns:
        yield "siblings", related_merges(table, known["siblings"])


def _with_flags(table: pa.Table, path: Path) -> pa.Table:
    """The table with its flag as a boolean; Parquet may hold 0 and 1, and CSV nothing at all."""
    if _FLAG not in table.column_names:
        return table
    try:
        flags = table[_FLAG].cast(pa.bool_())
    except pa.ArrowException as error:
        raise InvalidTruth("It should hold true or false.", file=path, column=_FLAG) from error
    return table.set_column(table.column_names.index(_FLAG), _FLAG, flags)


def _require_groups(values: pa.ChunkedArray, column: str, path: Path) -> None:
    """Refuse what makes no groups to report by."""
    if pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        raise InvalidTruth("It holds no plain values.", file=path, column=column)
    if len(values.unique()) > MOST_GROUPS:
        raise InvalidTruth(
            f"It has more than {MOST_GROUPS} values, too many groups to report by.",
            file=path,
            column=column,
        )


def _require_filled(column: pd.Series, path: Path) -> None:
    empty = (column.isna() | (column.astype(str).str.strip() == "")).to_numpy()
    if empty.any():
        row = int(empty.argmax()) + 1
        raise InvalidTruth("A row lacks a value.", file=path, column=column.name, row=row)


def _table(path: Path, wanted: Set[str]) -> pa.Table:
    """The columns of the file that are wanted, as far as it has them."""
    try:
        if path.suffix == ".parquet":
            names = pq.read_schema(path).names
            return pq.read_table(path, columns=[name for name in names if name in wanted])
        convert = pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() for name in KEY},
            strings_can_be_null=True,
            null_values=[""],
        )
        table = pyarrow.csv.read_csv(path, convert_options=convert)
        return table.select([name for name in table.column_names if name in wanted])
    except (OSError, pa.ArrowException) as error:
        raise InvalidTruth("It cannot be read as Parquet or CSV.", file=path) from error
