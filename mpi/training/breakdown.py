"""Where a partition is right and wrong: by pair of source systems, and among related people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy import sparse
from scipy.stats import binomtest

from mpi.training.figures import LEVEL
from mpi.training.metrics import Ints, Overlap, Pairs, codes
from mpi.training.small_groups import withheld

NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class SourcePair:
    """Pair counts between two source systems, or within one when both are the same.

    `people` have records that make a true pair of them. `small`: of so few that nothing is said, or
    withheld so that such a one cannot be told from the totals (`small_groups`).
    """

    left: str
    right: str
    pairs: Pairs
    people: int
    small: bool

    def as_dict(self) -> dict[str, Any]:
        """Names, counts, precision and recall, or null where nothing is said: ready for JSON."""
        counts = _counts(self.pairs)
        said = dict.fromkeys(counts) if self.small else counts
        return {"left": self.left, "right": self.right, **said, "small": self.small}


@dataclass(frozen=True, slots=True)
class RelatedMerges:
    """How many pairs of related people, such as twins, ended in one cluster."""

    pairs: int
    merged: int

    @property
    def rate(self) -> float:
        """Share of the pairs of related people that were merged; 0 when there are none."""
        return self.merged / self.pairs if self.pairs else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95% bounds on the rate by the exact binomial (Clopper and Pearson); 0 to 1 for none.

        It takes pairs for independent, which those that share a person are not quite.
        """
        if not self.pairs:
            return 0.0, 1.0
        found = binomtest(self.merged, self.pairs).proportion_ci(LEVEL, method="exact")
        return float(found.low), float(found.high)

    def as_dict(self) -> dict[str, Any]:
        """Counts, rate and its interval: ready for JSON."""
        low, high = self.interval
        return {**asdict(self), "rate": self.rate, "low": low, "high": high}


def by_source_pair(table: Overlap, source: Any) -> list[SourcePair]:
    """Pair counts for each unordered pair of source systems that has any, by name.

    `source`: one name per record.
    """
    names, code = groups_of(source)
    together = _between(table.cell, code)
    in_cluster = _between(table.cluster, code) - together
    in_person = _between(table.person, code) - together
    left, right = np.nonzero(np.triu(together + in_cluster + in_person))
    counts = np.column_stack([each[left, right] for each in (together, in_cluster, in_person)])
    people = _people_between(table.person, code)[left, right]
    parts = (left.tolist(), right.tolist(), counts.tolist(), people.tolist(), withheld(people))
    return [
        SourcePair(names[one], names[other], Pairs(tp=tp, fp=fp, fn=fn), count, bool(small))
        for one, other, (tp, fp, fn), count, small in zip(*parts, strict=True)
    ]


def related_merges(table: Overlap, family: Any, related: Any = None) -> RelatedMerges:
    """Merges among people of one `family` who are flagged as `related`: twins of one household.

    Both have one entry per record and are properties of its person; `family` is any label, null
    for none, and without `related` everybody counts. A pair of people is merged when some cluster
    holds records of both.
    """
    family_code = codes(family)
    use = family_code >= 0
    if related is not None:
        use &= np.asarray(pa.array(related, from_pandas=True).fill_null(False), dtype=bool)
    frame = pd.DataFrame(
        {
            "family": family_code[use],
            "person": table.person[use],
            "cluster": table.cluster[use],
        }
    ).drop_duplicates()
    sizes = frame.drop_duplicates(["family", "person"]).groupby("family").size().to_numpy()
    return RelatedMerges(pairs=int((sizes * (sizes - 1) // 2).sum()), merged=_merged(frame))


def commonest(person: Ints, label: Any) -> pa.Array:
    """For each record the label that most records of its person carry; null if none carries one.

    `label` has one text per record, null for none. Of equally common ones the first by alphabet.
    """
    frame = pd.DataFrame({"person": person, "label": pa.array(label, from_pandas=True)})
    counted = frame.groupby(["person", "label"], as_index=False).size()
    best = counted.sort_values(["size", "label"], ascending=[False, True]).drop_duplicates("person")
    found = frame[["person"]].merge(best, on="person", how="left")["label"]
    return pa.array(found, pa.string(), from_pandas=True)


def _merged(frame: pd.DataFrame) -> int:
    """Distinct pairs of persons that share a family and a cluster."""
    shared = frame[frame.duplicated(["family", "cluster"], keep=False)]
    both = shared.merge(shared, on=["family", "cluster"])
    both = both[both["person_x"] < both["person_y"]]
    return len(both.drop_duplicates(["person_x", "person_y"]))


def _between(unit: Ints, code: Ints) -> npt.NDArray[np.int64]:
    """Pairs of records in one unit, by the codes of the two; symmetric, each pair once."""
    ones = np.ones(len(unit), dtype=np.int64)
    table = sparse.csr_matrix((ones, (unit, code)))
    square = (table.T @ table).toarray()
    diagonal = np.diag_indices_from(square)
    square[diagonal] = (square[diagonal] - np.bincount(code)) // 2
    return np.asarray(square, dtype=np.int64)


def _people_between(person: Ints, code: Ints) -> npt.NDArray[np.int64]:
    """How many people have two records, of the sources with these two codes; symmetric."""
    table = sparse.csr_matrix((np.ones(len(person), dtype=np.int64), (person, code)))
    held = (table > 0).astype(np.int64)
    square = (held.T @ held).toarray()
    np.fill_diagonal(square, np.asarray((table > 1).sum(axis=0)).ravel())
    return np.asarray(square, dtype=np.int64)


def groups_of(column: Any) -> tuple[list[str], Ints]:
    """The groups of a column, null as `NOT_STATED`: sorted names, and the code of each entry."""
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
