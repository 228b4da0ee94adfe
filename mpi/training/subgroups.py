"""Who bears the errors: rates by subgroup with intervals, and which differ by more than luck.

Totals hide whom a model fails. A pair counts half in the group of each of its records, so a missed
pair counts once in its person's group, and a false one is shared by the groups of the two people
it confuses; the groups of a column add up to the totals. A person is resampled as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

from mpi.training.breakdown import groups_of
from mpi.training.chances import Counts, chances
from mpi.training.intervals import Floats, Interval, ratio_intervals
from mpi.training.metrics import Ints, Overlap
from mpi.training.small_groups import withheld

FALSE_DISCOVERIES = 0.05
"""Of the differences marked as significant, the share that may be luck."""

Flags = npt.NDArray[np.bool_]

FIGURES = ("missed_match", "false_match", "unlinked", "calibration_gap")


@dataclass(frozen=True, slots=True)
class Subgroup:
    """How the records of one group fare.

    `figures`: `missed_match` is the share of their true pairs that were missed, `false_match` the
    share of their pairs put together that are wrong, `unlinked` the share of records with a
    partner in the truth but none in their cluster, `calibration_gap` the mean confidence of their
    pairs less the share of these that is right (above 0: over-confident); each with a 95%
    interval, or None where there is nothing to be right or wrong about. `significant`: one of them
    differs from the whole. `small`: of so few people that nothing is said, not even how many
    records, or withheld so that such a group cannot be told from the totals (`small_groups`).
    """

    group: str
    records: int | None
    figures: Mapping[str, Interval | None]
    significant: bool
    small: bool

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "group": self.group,
            "records": self.records,
            **{name: _rate(self.figures[name]) for name in FIGURES},
            "significant": self.significant,
            "small": self.small,
        }


def subgroups(
    table: Overlap,
    columns: Mapping[str, Any],
    gap: tuple[Floats, Floats],
    *,
    seed: int = 1,
) -> dict[str, list[Subgroup]]:
    """The groups of each column by name, null as "not stated".

    Args: columns, one value per record; gap, from `reliability.gaps`. Which differences are
    significant is settled over all groups and figures together (Benjamini and Hochberg, 1995).
    """
    counts = counts_by_record(table, gap)
    parted = {name: _Parted.by(column, table.person, counts) for name, column in columns.items()}
    chances = {name: each.chances(seed) for name, each in parted.items()}
    flags = _significant(chances)
    return {name: each.described(flags[name], seed) for name, each in parted.items()}


def counts_by_record(table: Overlap, gap: tuple[Floats, Floats]) -> Counts:
    """What each record contributes to each of `FIGURES`; a pair is half with each of its two."""
    cell = table.cell_size[table.cell]
    cluster = table.cluster_size[table.cluster]
    person = table.person_size[table.person]
    partnered = person > 1
    wrong = ((person - cell) / 2, (cluster - cell) / 2, partnered & (cell == 1), gap[0])
    of = ((person - 1) / 2, (cluster - 1) / 2, partnered, gap[1])
    return Counts(*(np.column_stack(each).astype(np.float64) for each in (wrong, of)))


@dataclass(frozen=True, slots=True)
class _Parted:
    """Everybody's records parted by the groups of a column: one part per person and group."""

    names: list[str]
    records: Ints
    group: Ints
    counts: Counts

    @classmethod
    def by(cls, column: Any, person: Ints, counts: Counts) -> _Parted:
        names, code = groups_of(column)
        units, unit = np.unique(person * len(names) + code, return_inverse=True)
        records = np.bincount(code, minlength=len(names))
        return cls(names, records, units % len(names), counts.summed(unit))

    @property
    def small(self) -> Flags:
        return withheld(np.bincount(self.group, minlength=len(self.names)))

    def chances(self, seed: int) -> Floats:
        """How likely each figure of each group is to be as far from the whole by luck.

        Shape (groups, figures); NaN where there is nothing to compare.
        """
        found = chances(self.counts, self.group, len(self.names), seed=seed)
        found[self.small] = np.nan
        return found

    def described(self, significant: Flags, seed: int) -> list[Subgroup]:
        return [
            self._group(at, significant=bool(significant[at]), seed=seed)
            for at in range(len(self.names))
        ]

    def _group(self, at: int, *, significant: bool, seed: int) -> Subgroup:
        small = bool(self.small[at])
        mine = self.counts.take(self.group == at)
        found = [None] * len(FIGURES) if small else ratio_intervals(mine.wrong, mine.of, seed=seed)
        return Subgroup(
            group=self.names[at],
            records=None if small else int(self.records[at]),
            figures=dict(zip(FIGURES, found, strict=True)),
            significant=significant,
            small=small,
        )


def _significant(chances: Mapping[str, Floats]) -> dict[str, Flags]:
    """Per column and group, whether a figure differs from the whole, over all of them together."""
    every = np.concatenate([found.ravel() for found in chances.values()] or [np.empty(0)])
    tested = ~np.isnan(every)
    flag = np.zeros(len(every), dtype=np.bool_)
    flag[tested] = false_discovery_control(every[tested]) <= FALSE_DISCOVERIES
    ends = np.cumsum([found.size for found in chances.values()])
    parts = np.split(flag, ends[:-1]) if len(ends) else []
    return {
        name: np.asarray(part.reshape(found.shape).any(axis=1))
        for (name, found), part in zip(chances.items(), parts, strict=True)
    }


def _rate(found: Interval | None) -> dict[str, float] | None:
    if found is None:
        return None
    return {"rate": found.estimate, "low": found.low, "high": found.high}
