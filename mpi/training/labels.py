"""Labels: what reviewers said of pairs of records, or who is known to be whom, from a file.

A label file is Parquet or CSV, in one of two shapes. *Pairs*: `source_l, source_id_l, source_r,
source_id_r, label`, where a label is `same`, `different` or `unsure`, or empty where nobody has
looked yet. *Persons*: `source, source_id, person`; two records of one person are the same, and two
of different persons are different, though nobody lists those: whoever meets such a pair asks.

Either may say its `stream`, `evaluation` or `training`, in a column; pairs also the `stratum` and
the `inclusion_probability` with which a sample drew them, there or in the file beside it that
`sample_design` tells of, and the `reviewer`. The two streams are never mixed: a model is not judged
on what it was trained on, so what is read for one refuses the other. A file without the column is
for training.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mpi.errors import InvalidLabels
from mpi.training.contradictions import require_consistent, rows_in_words
from mpi.training.label_columns import KEY, LEFT, PROBABILITY, RIGHT, SAMPLE, joined
from mpi.training.labelled import (
    SAID,
    LabelledPairs,
    LabelledPersons,
    Labels,
    highest_probability_first,
)
from mpi.training.sample_design import with_design
from mpi.training.streams import Stream

PAIRS: tuple[str, ...] = (*LEFT, *RIGHT, "label")
PERSONS: tuple[str, ...] = (*KEY, "person")
LEAST_PROBABILITY = 1e-9
"""A pair drawn with less would stand for more pairs than there are."""

DESIGN = ("stream", "stratum", PROBABILITY)
"""What `mpi sample` says of a pair, and without which a precision cannot be estimated."""

_TEXT = pyarrow.csv.ConvertOptions(
    column_types={name: pa.string() for name in (*PAIRS, *PERSONS, *DESIGN, SAMPLE)},
    strings_can_be_null=True,
    null_values=[""],
)


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A label file whose words and numbers have been checked, before its records are looked up."""

    path: Path
    table: pa.Table

    @property
    def lists_persons(self) -> bool:
        """Whether it says who is whom, and not which pairs are the same."""
        return "person" in self.table.column_names

    def resolved(self, keys: pa.Table) -> Labels:
        """The labels by record number: the place of a record in `keys` (`source, source_id`).

        Raises InvalidLabels: records that are not there, contradictions.
        """
        known = joined(keys, KEY)
        if self.lists_persons:
            return self._persons(known)
        left, right = (self._numbers(known, side) for side in (LEFT, RIGHT))
        self._require_known((left < 0) | (right < 0), "pairs")
        found = self._pairs(np.minimum(left, right), np.maximum(left, right))
        require_consistent(len(known), found, self.path)
        return highest_probability_first(found)

    def _pairs(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> LabelledPairs:
        said = [SAID[word] for word in self.table.column("label").to_pylist()]
        return LabelledPairs(
            left,
            right,
            said=np.array(said, dtype=np.int8),
            probability=_probabilities(self.table),
            stratum=_texts(self.table, "stratum"),
            row=np.arange(1, len(left) + 1),
        )

    def _persons(self, known: pa.Array) -> LabelledPersons:
        record = self._numbers(known, KEY)
        self._require_known(record < 0, "rows")
        codes = self.table.column("person").combine_chunks().dictionary_encode().indices
        claimed = codes.to_numpy().astype(np.int64)
        person = np.full(len(known), -1, dtype=np.int64)
        person[record] = claimed
        torn = np.isin(record, record[person[record] != claimed])
        if torn.any():
            raise InvalidLabels(
                f"It puts {len(np.unique(record[torn])):,} records under two persons"
                f" ({rows_in_words(np.flatnonzero(torn) + 1)}).",
                file=self.path,
            )
        return LabelledPersons(person)

    def _numbers(self, known: pa.Array, columns: tuple[str, str]) -> NDArray[np.int64]:
        found = pc.index_in(joined(self.table, columns), known)
        return np.asarray(found.fill_null(-1).to_numpy(), dtype=np.int64)

    def _require_known(self, unknown: NDArray[np.bool_], what: str) -> None:
        if unknown.any():
            rows = np.flatnonzero(unknown) + 1
            raise InvalidLabels(
                f"{len(rows):,} {what} name a record that is not there ({rows_in_words(rows)}).",
                file=self.path,
            )


def read_labels(path: Path, stream: Stream) -> LabelFile:
    """Read and check a label file that is to be used for a stream.

    Raises InvalidLabels, with the file, the column and the row (counted from 1, the header apart),
    and never with a value.
    """
    table = _read(path)
    persons = "person" in table.column_names and "label" not in table.column_names
    table = table if persons else with_design(table, path)
    needed = PERSONS if persons else PAIRS
    if stream is Stream.EVALUATION:
        if persons:
            raise InvalidLabels("It lists persons: it is a truth, for --truth.", file=path)
        needed += DESIGN
    for column in needed:
        if column not in table.column_names:
            raise InvalidLabels("It lacks a column.", file=path, column=column)
    if not len(table):
        raise InvalidLabels("It holds no rows.", file=path)
    kept = [c for c in (*needed, *DESIGN) if c in table.column_names]
    table = _as_text(table.select(list(dict.fromkeys(kept))), path)
    _require_filled(table, [c for c in needed if c != "label"], path)
    _check_stream(table, stream, path)
    if not persons:
        table = _checked_words(table, path)
        _check_ends(table, path)
        _check_probabilities(table, path)
    return LabelFile(path, table)


def _read(path: Path) -> pa.Table:
    """The file; a CSV as text, with nothing taken for missing but what is empty."""
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path)
        return pyarrow.csv.read_csv(path, convert_options=_TEXT)
    except (OSError, pa.ArrowException) as error:
        raise InvalidLabels("It cannot be read as Parquet or CSV.", file=path) from error


def _as_text(table: pa.Table, path: Path) -> pa.Table:
    """Every column as text, except probabilities that are numbers already."""
    for at, name in enumerate(table.column_names):
        column = table.column(name)
        if name == PROBABILITY and pa.types.is_floating(column.type):
            continue
        try:
            table = table.set_column(at, name, column.cast(pa.string()))
        except pa.ArrowException as error:
            raise InvalidLabels("Its values are not text.", file=path, column=name) from error
    return table


def _require_filled(table: pa.Table, columns: Iterable[str], path: Path) -> None:
    for name in columns:
        empty = table.column(name).is_null().to_numpy()
        if name != PROBABILITY:
            empty |= pc.equal(table.column(name), "").fill_null(True).to_numpy()
        if empty.any():
            raise InvalidLabels("A value is missing.", file=path, column=name, row=_first(empty))


def _check_stream(table: pa.Table, stream: Stream, path: Path) -> None:
    """Refuse rows of the other stream, and of a stream that there is not."""
    if "stream" not in table.column_names:
        if {"stratum", PROBABILITY} & set(table.column_names):
            raise InvalidLabels(
                "It was drawn as a sample and does not say for which stream.",
                file=path,
                column="stream",
            )
        return
    words = pc.fill_null(_word(table.column("stream")), str(Stream.TRAINING))
    unknown = ~pc.is_in(words, pa.array([str(s) for s in Stream])).to_numpy()
    if unknown.any():
        raise InvalidLabels(
            f"A stream is {' or '.join(Stream)}.", file=path, column="stream", row=_first(unknown)
        )
    other = pc.not_equal(words, str(stream)).to_numpy()
    if other.any():
        raise InvalidLabels(
            f"{int(other.sum()):,} of its rows are not of the {stream} stream; what a model was"
            " trained on must never judge it.",
            file=path,
            column="stream",
            row=_first(other),
        )


def _checked_words(table: pa.Table, path: Path) -> pa.Table:
    """The table with its labels in lower case, and null where there is none."""
    words = _word(table.column("label"))
    words = pc.if_else(pc.equal(words, ""), None, words)
    known = [word for word in SAID if word]
    strange = ~pc.is_in(words, pa.array([*known, None], pa.string())).to_numpy()
    if strange.any():
        raise InvalidLabels(
            f"A label is one of {', '.join(known)}.", file=path, column="label", row=_first(strange)
        )
    return table.set_column(table.column_names.index("label"), "label", words)


def _word(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_lower(pc.utf8_trim_whitespace(column))


def _check_ends(table: pa.Table, path: Path) -> None:
    itself = pc.equal(joined(table, LEFT), joined(table, RIGHT)).to_numpy(zero_copy_only=False)
    if itself.any():
        raise InvalidLabels("A pair is of a record with itself.", file=path, row=_first(itself))


def _check_probabilities(table: pa.Table, path: Path) -> None:
    if PROBABILITY not in table.column_names or not _sampled(table):
        return
    found = _probabilities(table)
    wrong = ~((found >= LEAST_PROBABILITY) & (found <= 1))
    if wrong.any():
        raise InvalidLabels(
            f"A probability is a number from {LEAST_PROBABILITY:g} to 1.",
            file=path,
            column=PROBABILITY,
            row=_first(wrong),
        )


def _sampled(table: pa.Table) -> bool:
    column = table.column(PROBABILITY)
    return bool(column.null_count < len(column))


def _probabilities(table: pa.Table) -> NDArray[np.float64]:
    """The inclusion probabilities, 1 where the file has none; what is no number is not a number."""
    if PROBABILITY not in table.column_names or not _sampled(table):
        return np.ones(len(table))
    column = table.column(PROBABILITY).to_pandas()
    return np.asarray(pd.to_numeric(column, errors="coerce"), dtype=np.float64)


def _texts(table: pa.Table, column: str) -> NDArray[np.object_]:
    if column not in table.column_names:
        return np.full(len(table), "", dtype=object)
    return np.array(table.column(column).fill_null("").to_pylist(), dtype=object)


def _first(wrong: NDArray[np.bool_]) -> int:
    """The number of the first wrong row, counted from 1."""
    return int(np.argmax(wrong)) + 1
