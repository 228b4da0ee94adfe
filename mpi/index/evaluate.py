"""Use case: compare the persons of an index with a known truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from mpi.errors import InvalidTruth
from mpi.store.store import open_store
from mpi.training.breakdown import (
    RelatedMerges,
    SourcePair,
    Subgroup,
    by_group,
    by_source_pair,
    related_merges,
)
from mpi.training.intervals import Intervals, bootstrap
from mpi.training.metrics import Accuracy, accuracy, overlap

KEY = ["source", "source_id"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """End-to-end accuracy of an index: a pair lost by blocking is a miss like any other."""

    accuracy: Accuracy
    intervals: Intervals
    source_pairs: Sequence[SourcePair]
    groups: dict[str, Sequence[Subgroup]]
    twins: RelatedMerges | None

    def rows(self) -> list[tuple[str, object]]:
        """For a table."""
        found: list[tuple[str, object]] = list(self.accuracy.rows())
        found += [
            (f"{name}, 95% interval", f"{low:.4f} to {high:.4f}")
            for name, _, low, high in self.intervals.rows()
        ]
        if self.twins is not None:
            found.append(("Twin pairs wrongly merged", f"{self.twins.rate:.4f}"))
        for column, groups in self.groups.items():
            found += [
                (
                    f"{column} = {group.group}: recall, precision",
                    f"{group.pairs.recall:.4f}, {group.pairs.precision:.4f}",
                )
                for group in groups
            ]
        return found

    def as_dict(self) -> dict[str, object]:
        """For a program."""
        return {
            "accuracy": self.accuracy.as_dict(),
            "intervals": self.intervals.as_dict(),
            "source_pairs": [pair.as_dict() for pair in self.source_pairs],
            "groups": {name: [g.as_dict() for g in groups] for name, groups in self.groups.items()},
            "twins": self.twins.as_dict() if self.twins else None,
        }


def evaluate(index_url: str, truth: Path, *, by: Sequence[str] = ()) -> Evaluation:
    """Compare the persons of an index with a truth file.

    The truth has `source`, `source_id` and `person`, and any columns named in `by`. Records of the
    truth that the index lacks count as persons of their own, so a record that was lost is missed
    pairs; records without truth are left out. Raises InvalidTruth and what opening an index raises.
    """
    known = _read(truth, by)
    store = open_store(index_url)
    try:
        with store.reading() as view:
            members = view.previous_membership().select([*KEY, "person_id"]).to_pandas()
    finally:
        store.close()
    joined = known.merge(members, on=KEY, how="left", validate="one_to_one")
    if joined["person_id"].notna().sum() == 0:
        raise InvalidTruth("None of its records is in the index.", file=truth)
    table = overlap(joined["person_id"], joined["person"])
    found = accuracy(table)
    twins = None
    if {"twin", "household"} <= set(joined.columns):
        twins = related_merges(table, joined["household"], joined["twin"])
    return Evaluation(
        accuracy=found,
        intervals=bootstrap(table, seed=1),
        source_pairs=by_source_pair(table, joined["source"]),
        groups={column: by_group(table, joined[column]) for column in by},
        twins=twins,
    )


def _read(truth: Path, by: Sequence[str]) -> pd.DataFrame:
    table = _table(truth)
    for column in (*KEY, "person", *by):
        if column not in table.column_names:
            # not what it has: without a header that would be somebody's record
            raise InvalidTruth("It lacks a column.", file=truth, column=column)
    frame = table.to_pandas()
    frame[KEY] = frame[KEY].astype(str)
    if frame.duplicated(KEY).any():
        raise InvalidTruth("It names a record twice.", file=truth)
    return frame


def _table(truth: Path) -> pa.Table:
    try:
        if truth.suffix == ".parquet":
            return pq.read_table(truth)
        strings = pyarrow.csv.ConvertOptions(column_types={name: pa.string() for name in KEY})
        return pyarrow.csv.read_csv(truth, convert_options=strings)
    except (OSError, pa.ArrowException) as error:
        raise InvalidTruth("It cannot be read as Parquet or CSV.", file=truth) from error
