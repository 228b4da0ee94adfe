"""Who belonged to whom before a link, and the ids that the persons found now are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mpi.linking.churn import Churn, churn
from mpi.linking.persons import (
    Assignment,
    Membership,
    Occasion,
    Past,
    Retired,
    Retirement,
    assign,
)
from mpi.store.exports import PREVIOUS_MEMBERSHIP, RETIRED_PERSONS
from mpi.store.rulings import Rulings
from mpi.store.view import View

_BETWEEN = "\x1f"
"""Joins source and key into one text; neither can hold it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the index held before, as of the event `sequence`.

    The person of every record, the ids no longer in use, and what was ruled about records.
    `last_at` is the time of that event.
    """

    members: pa.Table = field(default_factory=PREVIOUS_MEMBERSHIP.empty_table)
    retired: pa.Table = field(default_factory=RETIRED_PERSONS.empty_table)
    rulings: Rulings = field(default_factory=Rulings)
    sequence: int = 0
    last_at: str = ""

    @classmethod
    def of(cls, view: View) -> Known:
        """Read it from an index."""
        return cls(
            view.previous_membership(),
            view.retired_persons(),
            view.rulings(),
            view.sequence,
            view.state.last_at,
        )

    def versions_by_source(self) -> dict[str, dict[str, str]]:
        """The keys of the records of each source system, with those of their versions."""
        names = ("source_id", "version_key")
        grouped = self.members.group_by("source").aggregate([(name, "list") for name in names])
        sources = grouped.column("source").to_pylist()
        lists = (grouped.column(f"{name}_list").to_pylist() for name in names)
        return {
            source: dict(zip(keys, versions, strict=True))
            for source, keys, versions in zip(sources, *lists, strict=True)
        }


def assign_ids(
    known: Known, rows: pa.Table, label: NDArray[np.int64], occasion: Occasion
) -> tuple[Assignment, Churn]:
    """Ids for the clusters of `rows`, and how much changed.

    In the assignment the first `len(rows)` records are the rows in order; records that are gone
    follow, for they decide which id is kept.
    """
    universe = _Universe.over(rows, known)
    old = universe.membership(known)
    labels = np.full(universe.size, -1, dtype=np.int64)
    labels[: len(rows)] = label
    past = Past(tuple(universe.retirements(known)))
    found = assign(old, labels, occasion=occasion, past=past)
    return found, churn(old, found.membership)


@dataclass(frozen=True, slots=True)
class _Universe:
    """A number for every record in play: those active now, then those that once were."""

    keys: pa.Array

    @classmethod
    def over(cls, rows: pa.Table, known: Known) -> _Universe:
        now = _joined(rows.column("source"), rows.column("source_id"))
        members = known.retired.column("members").combine_chunks().flatten()
        retired = _joined(members.field("source"), members.field("source_id"))
        before = pa.concat_arrays([_joined(*known.members.columns[:2]), retired])
        # looking nothing up among millions of keys costs as much as looking up
        gone = pc.unique(before.filter(pc.invert(pc.is_in(before, now)))) if len(before) else before
        return cls(pa.concat_arrays([now, gone.sort()]))

    @property
    def size(self) -> int:
        return len(self.keys)

    def numbers(self, keys: pa.Array) -> NDArray[np.int64]:
        if not len(keys):
            return np.empty(0, dtype=np.int64)
        return np.asarray(pc.index_in(keys, self.keys)).astype(np.int64)

    def membership(self, known: Known) -> Membership:
        person_ids = known.members.column("person_id").combine_chunks()
        ids = pc.unique(person_ids).sort()
        person = np.full(self.size, -1, dtype=np.int64)
        person[self.numbers(_joined(*known.members.columns[:2]))] = np.asarray(
            pc.index_in(person_ids, ids)
        )
        return Membership(tuple(ids.to_pylist()), person, np.full(len(ids), -1, dtype=np.int64))

    def retirements(self, known: Known) -> Iterable[Retirement]:
        column = known.retired.column("members").combine_chunks()
        members = column.flatten()
        number = self.numbers(_joined(members.field("source"), members.field("source_id")))
        ends = np.cumsum(np.asarray(pc.list_value_length(column)))
        rows = known.retired.select(["person_id", "how", "retired_sequence"]).to_pylist()
        for row, of_row in zip(rows, np.split(number, ends)[:-1], strict=True):
            yield Retirement(
                row["person_id"],
                Retired(row["how"]),
                frozenset(of_row.tolist()),
                row["retired_sequence"],
            )


def _joined(source: pa.Array, source_id: pa.Array) -> pa.Array:
    joined = pc.binary_join_element_wise(source, source_id, _BETWEEN)
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined
