"""How much a statistic depends on where links become persons: nested partitions, and its range.

The same scored pairs are clustered with several values of the threshold `average`. Persons found at
one value are parts of those found at any lower one, so whatever an analyst counts can be counted on
each partition, and the range said beside the figure (Harron et al., International Journal of
Epidemiology, 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa

from mpi.identifiers import attribute_name
from mpi.index.kept import Kept
from mpi.index.ruled import decisions_of
from mpi.index.shown import paragraph, table
from mpi.index.study.neighbourhood import thresholds_of
from mpi.linking.clusters import Decisions, cluster
from mpi.linking.sealing import IDENTIFIER, enforce
from mpi.model.thresholds import MILLI
from mpi.store.exports import CROSS_REFERENCES
from mpi.store.view import View
from mpi.training.curve import averages

STEPS = (-4, -2, 0, 2, 4)
"""How far the thresholds are from the one in use, in bits."""

KEY = ["source", "source_id"]

Statistic = Callable[[pd.DataFrame], float]
"""Takes one row per record with the columns `source`, `source_id` and `person`; gives a number."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """A statistic over the partitions.

    `values` has `average` (the threshold, in bits), `persons`, `value` and `in_use`.
    """

    values: pd.DataFrame

    @property
    def low(self) -> float:
        """The least that the statistic comes to."""
        return float(self.values["value"].min())

    @property
    def high(self) -> float:
        """The most that it comes to."""
        return float(self.values["value"].max())

    @property
    def in_use(self) -> float:
        """What it comes to at the threshold in use."""
        return float(self.values.loc[self.values["in_use"], "value"].iloc[0])

    def __str__(self) -> str:
        """The figure with its range."""
        return f"{self.in_use:,.4g} ({self.low:,.4g} to {self.high:,.4g} over the thresholds)"

    def _repr_html_(self) -> str:
        """For a notebook."""
        rows = [
            (f"{average:+.1f}{' (in use)' if used else ''}", persons, f"{value:,.4g}")
            for average, persons, value, used in self.values.itertuples(index=False)
        ]
        return table(rows, ("threshold, bits", "persons", "statistic")) + paragraph(str(self))


@dataclass(frozen=True, slots=True)
class Partitions:
    """The records grouped at several thresholds, each partition inside the one before.

    `frame` has one row per record: `source`, `source_id`, the `person_id` of the index, and `t1`,
    `t2`, …: whose it is at each threshold, as a number that has no meaning beyond its column.
    `averages` are the thresholds in bits, ascending; `at` is the place of the one in use.
    """

    frame: pd.DataFrame
    averages: tuple[float, ...]
    at: int

    @property
    def columns(self) -> list[str]:
        """The columns that are partitions."""
        return [f"t{number + 1}" for number in range(len(self.averages))]

    def sensitivity(self, statistic: Statistic, about: pd.DataFrame | None = None) -> Sensitivity:
        """The statistic on every partition.

        Args: about, what else it needs of the records: `source`, `source_id` and other columns;
        records that it lacks have nothing there.
        """
        frame = self.frame if about is None else self.frame.merge(about, on=KEY, how="left")
        rows = [
            (average, int(frame[column].nunique()), float(statistic(_as_person(frame, column))))
            for average, column in zip(self.averages, self.columns, strict=True)
        ]
        values = pd.DataFrame(rows, columns=["average", "persons", "value"])
        return Sensitivity(values.assign(in_use=[n == self.at for n in range(len(rows))]))

    def _repr_html_(self) -> str:
        """For a notebook."""
        rows = [
            (column, f"{average:+.1f}", int(self.frame[column].nunique()), number == self.at)
            for number, (column, average) in enumerate(
                zip(self.columns, self.averages, strict=True)
            )
        ]
        return table(rows, ("column", "threshold, bits", "persons", "in use"))


def partitions(view: View, steps: Sequence[int] = STEPS) -> Partitions:
    """The records of an index grouped with other values of the threshold `average`.

    Args: steps, from the threshold in use, in bits; 0 is always among them.
    """
    kept = Kept.of(view)
    shipped = thresholds_of(view.state)
    tried = averages(shipped, sorted({0, *steps}))
    keys = kept.records.select(KEY)
    membership = pa.Table.from_batches(view.export_records()).select([*KEY, "person_id"])
    frame = keys.to_pandas().merge(membership.to_pandas(), on=KEY, how="left")
    everything = kept.pairs
    blocked = everything.take(everything.blocked)
    sealed = enforce(_decisions(view, keys), blocked, shipped.join)
    pairs = sealed.open(everything)
    for number, average in enumerate(tried):
        found = cluster(
            len(keys),
            pairs,
            identifiers=kept.verified_values,
            decisions=sealed.decisions,
            thresholds=replace(shipped, average=average),
        )
        frame[f"t{number + 1}"] = found.label
    bits = tuple(average / MILLI for average in tried)
    return Partitions(frame, bits, tried.index(shipped.average))


def _decisions(view: View, keys: pa.Table) -> Decisions:
    """What was decided and sealed, by the positions of the records with these keys."""
    rulings = view.rulings()
    systems = {side.first for side in rulings.seal_sides if side.kind == IDENTIFIER}
    if not systems:
        return decisions_of(rulings, keys)
    held = pa.Table.from_batches(view.export_cross_references(), CROSS_REFERENCES).to_pandas()
    frame = keys.to_pandas()
    for system in sorted(systems):
        values = held[held["system"] == system].groupby(KEY)["value"].agg(list)
        listed = frame.join(values, on=KEY)["value"]
        column = [each if isinstance(each, list) else [] for each in listed]
        keys = keys.append_column(attribute_name(system), pa.array(column, pa.list_(pa.string())))
    return decisions_of(rulings, keys)


def _as_person(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    others = [name for name in frame.columns if name not in ("person_id", "person")]
    kept = [name for name in others if not (name[:1] == "t" and name[1:].isdecimal())]
    return frame[kept].assign(person=frame[column])
