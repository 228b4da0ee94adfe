"""What clustering is decided on: scored pairs, decisions and verified values.

Records are numbered 0 to n-1 in the order of their keys (source, source_id), so "the smallest key"
is the smallest index. Match weights are integers in milli-bits: sums are exact, and batch and real
time cannot differ by a rounding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int64]


def _no_integers() -> Integers:
    return np.empty(0, dtype=np.int64)


def _no_record_pairs() -> Integers:
    return np.empty((0, 2), dtype=np.int64)


def _no_marks() -> Integers:
    return np.empty((0, 3), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Scored pairs of records, each at most once, as four arrays of one length.

    `weight` is raw, in milli-bits. `blocked` says that the two records share a blocking key: only
    such pairs connect records. The others were scored because both records are in one component,
    and feed the averages alone; were they to connect, the result would depend on history.
    """

    left: Integers
    right: Integers
    weight: Integers
    blocked: Flags

    def take(self, rows: Flags) -> Pairs:
        """The pairs where `rows` is true."""
        return Pairs(self.left[rows], self.right[rows], self.weight[rows], self.blocked[rows])

    def within(self, label: Integers) -> Flags:
        """Whether both records of a pair carry the same label."""
        return np.asarray(label[self.left] == label[self.right], dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What reviewers decided: `must` and `cannot` are arrays of record pairs, shape (m, 2).

    `version` orders the must-links; one that would join what a cannot-link keeps apart is skipped.
    `sealed` says which records are on which side of which seal, rows (seal, side, record); see
    `mpi.linking.sealing`, which makes cannot-links of them.
    """

    must: Integers = field(default_factory=_no_record_pairs)
    version: Integers = field(default_factory=_no_integers)
    cannot: Integers = field(default_factory=_no_record_pairs)
    sealed: Integers = field(default_factory=_no_marks)

    def among(self, records: Labels) -> Decisions:
        """Those between some records, ascending, which are numbered anew as they stand."""
        inside = np.isin(self.must, records).all(axis=1)
        cannot = self.cannot[np.isin(self.cannot, records).all(axis=1)]
        sealed = self.sealed[np.isin(self.sealed[:, 2], records)].copy()
        sealed[:, 2] = np.searchsorted(records, sealed[:, 2])
        return Decisions(
            np.searchsorted(records, self.must[inside]),
            self.version[inside],
            np.searchsorted(records, cannot),
            sealed,
        )

    def numbered(self, records: Labels) -> Decisions:
        """The inverse of `among`: the numbers that places in `records` stand for."""
        sealed = self.sealed.copy()
        sealed[:, 2] = records[sealed[:, 2]]
        return Decisions(records[self.must], self.version, records[self.cannot], sealed)

    def must_in_order(self) -> Integers:
        """The must-links in (version, key) order, each as (smaller, larger) index."""
        ends = np.sort(self.must, axis=1)
        return np.asarray(ends[np.lexsort((ends[:, 1], ends[:, 0], self.version))])


@dataclass(frozen=True, slots=True)
class Values:
    """Values that records hold in some identifier systems, one row per record and value.

    `system` and `value` are codes chosen by the caller, after supersessions.
    """

    record: Integers = field(default_factory=_no_integers)
    system: Integers = field(default_factory=_no_integers)
    value: Integers = field(default_factory=_no_integers)

    def by_group(self, label: Integers) -> Labels:
        """Distinct (label of the record, system, value), sorted; shape (m, 3)."""
        table, _ = self._sorted(label)
        return np.asarray(table[_changes(table)])

    def disputed(self, label: Integers) -> Labels:
        """(label, system) for every value beyond the first of a system in a group; shape (m, 2)."""
        held = self.by_group(label)[:, :2]
        return np.asarray(held[~_changes(held)])

    def _sorted(self, label: Integers) -> tuple[Labels, Labels]:
        """(label of the record, system, value) sorted, shape (m, 3), and the rows' order."""
        group = label[self.record]
        order = np.lexsort((self.value, self.system, group))
        columns = (group, self.system, self.value)
        return np.stack([c[order] for c in columns], axis=1).astype(np.int64), order


@dataclass(frozen=True, slots=True)
class VerifiedValues(Values):
    """Verified identifier values of HARD_UNIQUE and CONFLICT systems.

    `hard[system]` says whether different values veto a merge (HARD_UNIQUE) or ask for a higher
    mean (CONFLICT).
    """

    hard: Flags = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    def take(self, rows: Flags) -> VerifiedValues:
        """The values where `rows` is true."""
        return VerifiedValues(self.record[rows], self.system[rows], self.value[rows], self.hard)

    def ranks(self, label: Integers) -> Labels:
        """Per row, which of the distinct values of its system in its group it is, from 0."""
        table, order = self._sorted(label)
        count = np.cumsum(_changes(table))
        first = np.maximum.accumulate(np.where(_changes(table[:, :2]), count, 0))
        rank = np.empty(order.size, dtype=np.int64)
        rank[order] = count - first
        return rank


def _changes(rows: Labels) -> Flags:
    """Per row of a sorted table, whether it differs from the one before."""
    new = np.ones(len(rows), dtype=np.bool_)
    new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return new
