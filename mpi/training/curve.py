"""Precision against recall: the same links clustered again at other thresholds.

Only `average` is varied, the threshold that decides what a mean is worth: persons found at one
value are parts of those found at any lower one, so recall can only fall as it rises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mpi.linking.clusters import Decisions, Pairs, VerifiedValues, cluster
from mpi.linking.evidence import Labels
from mpi.model.thresholds import MILLI, Thresholds
from mpi.training.metrics import Pairs as PairCounts

STEPS = (-6, -4, -2, -1, 0, 1, 2, 4, 6)
"""How far from the shipped threshold the others are, in bits."""


@dataclass(frozen=True, slots=True)
class Point:
    """Pairwise precision and recall with `average` at some milli-bits; one point is as shipped."""

    average: int
    precision: float
    recall: float
    shipped: bool

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self)


def averages(shipped: Thresholds, steps: Sequence[int] = STEPS) -> list[int]:
    """The thresholds tried, ascending; none above `conflict`, which is never the lower of two."""
    tried = (shipped.average + step * MILLI for step in steps)
    return sorted({min(average, shipped.conflict) for average in tried})


def curve(
    n: int,
    pairs: Pairs,
    identifiers: VerifiedValues,
    *,
    shipped: Thresholds,
    judged: Callable[[Labels], PairCounts],
) -> Iterator[Point]:
    """Cluster the scored pairs of n records at each of `averages` and judge each partition."""
    for average in averages(shipped):
        found = cluster(
            n,
            pairs,
            identifiers=identifiers,
            decisions=Decisions(),
            thresholds=replace(shipped, average=average),
        )
        counts = judged(found.label)
        yield Point(average, counts.precision, counts.recall, shipped=average == shipped.average)
