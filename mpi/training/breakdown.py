"""Where a partition is right and wrong: by pair of source systems, by subgroup, among twins.

Totals hide who bears the errors. A breakdown always adds up to the totals of `metrics.pairs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy import sparse

from mpi.training.metrics import Ints, Overlap, Pairs, codes

NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class SourcePair:
    """Pair counts between two source systems, or within one when both are the same."""

    left: str
    right: str
    pairs: Pairs

    def as_dict(self) -> dict[str, Any]:
        """Names, counts, precision and recall: ready for JSON."""
        return {"left": self.left, "right": self.right, **_counts(self.pairs)}

    def row(self) -> tuple[str, int, int, int, float, float]:
        """Pair of sources, tp, fp, fn, precision, recall."""
        found = self.pairs
        name = f"{self.left} - {self.right}"
        whole = int(found.tp), int(found.fp), int(found.fn)
        return (name, *whole, found.precision, found.recall)


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Accuracy for the records of one group.

    A pair counts half in the group of each of its records: a true pair then counts once in its
    person's group, and a false pair is shared by the groups of the two persons it confuses.
    `unlinked_rate` as in `metrics.Accuracy`. Reports suppress groups of few `persons`.
    """

    group: str
    records: int
    persons: int
    pairs: Pairs
    unlinked_rate: float

    def as_dict(self) -> dict[str, Any]:
        """Sizes, counts, precision, recall and unlinked rate: ready for JSON."""
        sizes = {"group": self.group, "records": self.records, "persons": self.persons}
        return sizes | _counts(self.pairs) | {"unlinked_rate": self.unlinked_rate}

    def row(self) -> tuple[str, int, int, float, float, float]:
        """Group, persons, records, precision, recall, unlinked rate."""
        rates = self.pairs.precision, self.pairs.recall, self.unlinked_rate
        return (self.group, self.persons, self.records, *rates)


@dataclass(frozen=True, slots=True)
class RelatedMerges:
    """How many pairs of related persons, such as twins, ended in one cluster."""

    merged: int
    pairs: int

    @property
    def rate(self) -> float:
        """Share of the pairs of related persons that were merged; 0 when there are none."""
        return self.merged / self.pairs if self.pairs else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Counts and rate: ready for JSON."""
        return {**asdict(self), "rate": self.rate}


def by_source_pair(table: Overlap, source: Any) -> list[SourcePair]:
    """Pair counts for each unordered pair of source systems that has any, by name.

    `source`: one name per record.
    """
    names, code = _groups(source)
    together = _between(table.cell, code)
    in_cluster = _between(table.cluster, code) - together
    in_person = _between(table.person, code) - together
    return [
        SourcePair(names[left], names[right], Pairs(tp=int(tp), fp=int(fp), fn=int(fn)))
        for left in range(len(names))
        for right in range(left, len(names))
        if any(
            (
                tp := together[left, right],
                fp := in_cluster[left, right],
                fn := in_person[left, right],
            )
        )
    ]


def by_group(table: Overlap, column: Any) -> list[Subgroup]:
    """Accuracy for each value of a column (one value per record; null is "not stated"), by name."""
    names, code = _groups(column)
    counts = _per_record(table)
    partnered = table.person_size[table.person] > 1
    alone = partnered & (table.cell_size[table.cell] == 1)
    totals = [_total(code, weights) for weights in (*counts, alone, partnered)]
    records = np.bincount(code, minlength=len(names))
    persons = _distinct_persons(table, code, len(names))
    return [
        Subgroup(
            group=name,
            records=int(records[at]),
            persons=int(persons[at]),
            pairs=Pairs(tp=totals[0][at], fp=totals[1][at], fn=totals[2][at]),
            unlinked_rate=float(totals[3][at] / max(1.0, totals[4][at])),
        )
        for at, name in enumerate(names)
    ]


def related_merges(table: Overlap, family: Any, related: Any) -> RelatedMerges:
    """Merges among persons who are flagged and share a `family`: twins of one household, say.

    `family` (any label, null for none) and `related` (boolean) have one entry per record and are
    properties of its person. A pair of persons is merged when some cluster holds records of both.
    """
    flagged = np.asarray(pa.array(related, from_pandas=True).fill_null(False), dtype=bool)
    family_code = codes(family)
    use = flagged & (family_code >= 0)
    frame = pd.DataFrame(
        {
            "family": family_code[use],
            "person": table.person[use],
            "cluster": table.cluster[use],
        }
    ).drop_duplicates()
    sizes = frame.drop_duplicates(["family", "person"]).groupby("family").size().to_numpy()
    return RelatedMerges(merged=_merged(frame), pairs=int((sizes * (sizes - 1) // 2).sum()))


def _merged(frame: pd.DataFrame) -> int:
    """Distinct pairs of persons that share a family and a cluster."""
    shared = frame[frame.duplicated(["family", "cluster"], keep=False)]
    both = shared.merge(shared, on=["family", "cluster"])
    both = both[both["person_x"] < both["person_y"]]
    return len(both.drop_duplicates(["person_x", "person_y"]))


def _per_record(table: Overlap) -> Iterator[npt.NDArray[np.float64]]:
    """Half the tp, fp and fn pairs that each record is part of."""
    cell = table.cell_size[table.cell]
    yield (cell - 1) / 2
    yield (table.cluster_size[table.cluster] - cell) / 2
    yield (table.person_size[table.person] - cell) / 2


def _total(code: Ints, weights: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.bincount(code, weights=weights).astype(np.float64)


def _distinct_persons(table: Overlap, code: Ints, groups: int) -> npt.NDArray[np.int64]:
    combined = pd.unique(table.person * groups + code)
    return np.bincount(combined % groups, minlength=groups)


def _between(unit: Ints, code: Ints) -> npt.NDArray[np.int64]:
    """Pairs of records in one unit, by the codes of the two; symmetric, each pair once."""
    ones = np.ones(len(unit), dtype=np.int64)
    table = sparse.csr_matrix((ones, (unit, code)))
    square = (table.T @ table).toarray()
    diagonal = np.diag_indices_from(square)
    square[diagonal] = (square[diagonal] - np.bincount(code)) // 2
    return np.asarray(square, dtype=np.int64)


def _groups(column: Any) -> tuple[list[str], Ints]:
    """Sorted names of the groups, and the code of each record's group."""
    arrow = isinstance(column, pa.Array | pa.ChunkedArray)
    array = column if arrow else pa.array(column, from_pandas=True)
    text = array.cast(pa.string()).fill_null(NOT_STATED)
    seen = text.unique().to_pylist()
    names = sorted(seen)
    place = {name: at for at, name in enumerate(names)}
    reorder = np.array([place[name] for name in seen], dtype=np.int64)
    return names, reorder[codes(text)]


def _counts(found: Pairs) -> dict[str, float]:
    rates = {"precision": found.precision, "recall": found.recall}
    return {**asdict(found), **rates}
