"""Which old persons and new clusters share records, and who keeps which id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from mpi.linking.components import label_groups
from mpi.linking.evidence import Flags, Labels

_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Overlaps:
    """How many records an old person and a new cluster share, where they share any."""

    person: Labels
    cluster: Labels
    count: Labels

    @classmethod
    def between(cls, person: Labels, cluster: Labels) -> Overlaps:
        """Count the records of every (person, cluster); -1 is nobody. Sorted by both."""
        both = (person >= 0) & (cluster >= 0)
        width = int(cluster.max(initial=0)) + 1
        cells, count = np.unique(person[both] * width + cluster[both], return_counts=True)
        return cls(cells // width, cells % width, count)

    def take(self, rows: Flags | Labels) -> Overlaps:
        """The overlaps at `rows`."""
        return Overlaps(self.person[rows], self.cluster[rows], self.count[rows])

    def one_to_one(self) -> Flags:
        """Whether neither side overlaps with anybody else: an unchanged, grown or shrunk person."""
        persons, clusters = np.bincount(self.person), np.bincount(self.cluster)
        return np.asarray((persons[self.person] == 1) & (clusters[self.cluster] == 1))

    def regions(self) -> Iterator[Overlaps]:
        """The overlaps that hang together, one connected region after the other."""
        persons = int(self.person.max(initial=-1)) + 1
        nodes = persons + int(self.cluster.max(initial=-1)) + 1
        region = label_groups(nodes, self.person, self.cluster + persons)[self.person]
        order = np.argsort(region, kind="stable")
        cuts = np.flatnonzero(np.diff(region[order])) + 1
        for rows in np.split(order, cuts) if order.size else ():
            yield self.take(rows)

    def by_person(self, wanted: Flags) -> dict[int, list[int]]:
        """The clusters that share records with each wanted person."""
        found: dict[int, list[int]] = defaultdict(list)
        rows = wanted[self.person]
        for person, cluster in zip(
            self.person[rows].tolist(), self.cluster[rows].tolist(), strict=True
        ):
            found[person].append(cluster)
        return found


class Claims(NamedTuple):
    """What else counts when persons compete: three lists over persons, the oldest id first.

    `founder` is the cluster where the record is that the person was minted for, or -1; `survivor`
    says that a decision named the id to be kept.
    """

    persons: list[int]
    founder: list[int]
    survivor: list[bool]


def match(overlaps: Overlaps, claims: Claims) -> list[tuple[int, int]]:
    """(person, cluster) for every id kept, each at most once.

    The matching of the largest total of, in this order: survivors named, records shared, age of
    the ids kept, founders kept.
    """
    clusters = np.unique(overlaps.cluster)
    shared = np.zeros((len(claims.persons), clusters.size))
    row = {person: at for at, person in enumerate(claims.persons)}
    rows = [row[person] for person in overlaps.person.tolist()]
    shared[rows, np.searchsorted(clusters, overlaps.cluster)] = overlaps.count
    pairs = zip(
        *linear_sum_assignment(_worth(shared, clusters, claims), maximize=True), strict=True
    )
    return [(claims.persons[p], int(clusters[c])) for p, c in pairs if shared[p, c]]


def _worth(shared: _Numbers, clusters: Labels, claims: Claims) -> _Numbers:
    """One whole number per cell in which a lesser claim never outweighs a greater one."""
    most = min(shared.shape)
    founder = np.asarray(claims.founder)[:, None] == clusters
    age = np.arange(len(shared), 0, -1)[:, None]
    lesser = age * (most + 1) + founder
    worth = shared * (most * (len(shared) + 1) * (most + 1) + 1) + lesser
    if any(claims.survivor):
        worth = worth + np.asarray(claims.survivor)[:, None] * (worth.max() * most + 1)
    return np.where(shared > 0, worth, 0)
