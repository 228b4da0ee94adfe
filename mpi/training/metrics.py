"""How right a partition of records into persons is, end to end, against the truth.

Two labels per record, the cluster it was put in and the person it truly belongs to, say all
there is to know. Everything here comes from their cross-tabulation: no pair is ever listed, so
a million records take about a second. A true pair that blocking lost counts as missed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mpi.errors import InvalidTruth

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Records cross-tabulated by cluster and person.

    `cluster`, `person`, `cell` are codes, one per record. A cell is a combination of cluster and
    person that occurs; `cell_cluster`, `cell_person`, `cell_size` have one entry per cell.
    """

    cluster: Ints
    person: Ints
    cell: Ints
    cell_cluster: Ints
    cell_person: Ints
    cell_size: Ints
    cluster_size: Ints
    person_size: Ints

    @property
    def records(self) -> int:
        """Number of records."""
        return len(self.cluster)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of records put together rightly (tp), wrongly (fp), or missed (fn).

    Numbers are whole, except in a subgroup, where a pair counts half for each of its records.
    """

    tp: float
    fp: float
    fn: float

    @property
    def precision(self) -> float:
        """Share of the pairs put together that belong together; 1 when there are none."""
        return share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Share of the pairs that belong together that were put together; 1 when there are none."""
        return share(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return share(2 * self.tp, 2 * self.tp + self.fp + self.fn)


@dataclass(frozen=True, slots=True)
class BCubed:
    """B-cubed: of a record's cluster, the share that is its person, and the other way round.

    Each record counts the same, so large persons do not dominate as they do among pairs
    (Bagga and Baldwin, 1998).
    """

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return share(2 * self.precision * self.recall, self.precision + self.recall)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The quality of one partition.

    `merged_clusters` hold more than one person, `split_persons` lie in more than one cluster,
    `exact_persons` are exactly one cluster. `largest_merge` is the most persons found in one
    cluster. `unlinked_rate` is the share of records that have a partner in the truth but share
    their cluster with none of them.
    """

    records: int
    persons: int
    clusters: int
    pairs: Pairs
    bcubed: BCubed
    exact_persons: int
    merged_clusters: int
    split_persons: int
    largest_merge: int
    unlinked_rate: float

    def as_dict(self) -> dict[str, Any]:
        """Everything, flat where it matters to a reader: ready for JSON."""
        return asdict(self) | {
            "pairs": {**asdict(self.pairs), **_three(self.pairs)},
            "bcubed": _three(self.bcubed),
        }

    def rows(self) -> list[tuple[str, int | float]]:
        """Label and number, in reading order, for a table."""
        return [
            ("records", self.records),
            ("persons in truth", self.persons),
            ("persons found", self.clusters),
            ("persons exactly right", self.exact_persons),
            *((f"pairwise {name}", value) for name, value in _three(self.pairs).items()),
            *((f"B-cubed {name}", value) for name, value in _three(self.bcubed).items()),
            ("false pairs", int(self.pairs.fp)),
            ("missed pairs", int(self.pairs.fn)),
            ("clusters of several persons", self.merged_clusters),
            ("persons split", self.split_persons),
            ("most persons in one cluster", self.largest_merge),
            ("unlinked rate", self.unlinked_rate),
        ]


@dataclass(frozen=True, slots=True)
class WrongMerge:
    """One cluster of several people: its records, and how many people they are of."""

    records: int
    people: int

    def as_dict(self) -> dict[str, int]:
        """Both counts: ready for JSON."""
        return asdict(self)


def overlap(predicted: Any, true: Any) -> Overlap:
    """Cross-tabulate two aligned label arrays (numpy, pandas, Arrow or list; any type).

    A null predicted label is a record that reached no cluster and stands alone. Raises
    InvalidTruth when a true label is null or the lengths differ.
    """
    cluster, person = codes(predicted), codes(true)
    if len(cluster) != len(person):
        raise InvalidTruth("Predicted and true labels differ in number.")
    if len(person) and person.min() < 0:
        raise InvalidTruth("A record has no person.", row=int(np.argmin(person)))
    cluster = _alone_where_null(cluster)
    width = int(person.max()) + 1 if len(person) else 1
    keys, cell, size = np.unique(cluster * width + person, return_inverse=True, return_counts=True)
    return Overlap(
        cluster=cluster,
        person=person,
        cell=cell.astype(np.int64),
        cell_cluster=keys // width,
        cell_person=keys % width,
        cell_size=size.astype(np.int64),
        cluster_size=np.bincount(cluster),
        person_size=np.bincount(person),
    )


def evaluate(predicted: Any, true: Any) -> Accuracy:
    """Accuracy of a partition, from two aligned label arrays; raises InvalidTruth as `overlap`."""
    return accuracy(overlap(predicted, true))


def accuracy(table: Overlap) -> Accuracy:
    """Accuracy of a partition that is already cross-tabulated."""
    persons_in = np.bincount(table.cell_cluster, minlength=len(table.cluster_size))
    clusters_of = np.bincount(table.cell_person, minlength=len(table.person_size))
    exact = (persons_in[table.cell_cluster] == 1) & (clusters_of[table.cell_person] == 1)
    partnered = table.person_size[table.cell_person] > 1
    unlinked = int((partnered & (table.cell_size == 1)).sum())
    return Accuracy(
        records=table.records,
        persons=len(table.person_size),
        clusters=len(table.cluster_size),
        pairs=pairs(table),
        bcubed=bcubed(table),
        exact_persons=int(exact.sum()),
        merged_clusters=int((persons_in > 1).sum()),
        split_persons=int((clusters_of > 1).sum()),
        largest_merge=int(persons_in.max(initial=0)),
        unlinked_rate=unlinked / max(1, int(table.cell_size[partnered].sum())),
    )


def largest_wrong_merge(table: Overlap) -> WrongMerge:
    """The cluster of the most people, of equals the most records; zeros if none holds two."""
    people = np.bincount(table.cell_cluster, minlength=len(table.cluster_size))
    wrong = np.flatnonzero(people > 1)
    if not len(wrong):
        return WrongMerge(records=0, people=0)
    worst = max(wrong, key=lambda at: (people[at], table.cluster_size[at]))
    return WrongMerge(records=int(table.cluster_size[worst]), people=int(people[worst]))


def pairs(table: Overlap) -> Pairs:
    """Exact pair counts, from the sizes of cells, clusters and persons."""
    tp = _choose_two(table.cell_size)
    return Pairs(
        tp=tp, fp=_choose_two(table.cluster_size) - tp, fn=_choose_two(table.person_size) - tp
    )


def bcubed(table: Overlap) -> BCubed:
    """B-cubed precision and recall; 1 for no records."""
    size = table.cell_size.astype(np.float64)
    in_cluster = size * size / table.cluster_size[table.cell_cluster]
    in_person = size * size / table.person_size[table.cell_person]
    return BCubed(
        precision=share(float(in_cluster.sum()), table.records),
        recall=share(float(in_person.sum()), table.records),
    )


def codes(labels: Any) -> Ints:
    """Labels as dense codes from 0 in order of appearance, -1 for null."""
    arrow = isinstance(labels, pa.Array | pa.ChunkedArray)
    array = labels if arrow else pa.array(labels, from_pandas=True)
    if pa.types.is_dictionary(array.type):
        # A dictionary may hold values that no record uses; encode afresh so that codes are dense.
        array = array.cast(array.type.value_type)
    encoded = array.dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.asarray(codes, dtype=np.int64)


def _alone_where_null(codes: Ints) -> Ints:
    null = codes < 0
    fresh = np.cumsum(null) - 1 + (codes.max(initial=-1) + 1)
    return np.where(null, fresh, codes)


def _choose_two(sizes: Ints) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _three(quality: Pairs | BCubed) -> dict[str, float]:
    return {"precision": quality.precision, "recall": quality.recall, "F1": quality.f1}
