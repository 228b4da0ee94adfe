"""One region of an index settled anew: the records that an event may concern.

The same functions as for a whole index, on a dozen records at a time, with exactly the same answer:
links, clusters, findings, golden records and confidence are functions of the records, the decisions
and the release alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mpi.linking.compared import Held
from mpi.linking.confidence import Confidences, confidences
from mpi.linking.evidence import Decisions, Labels, Pairs
from mpi.linking.findings import Findings, with_records
from mpi.linking.possible import PossibleLinks
from mpi.linking.settling import Matter, settle
from mpi.linking.survivorship import golden_of
from mpi.linking.values import restricted_of, soft_of, verified_of
from mpi.model.parameters import Release

__all__ = ["Held", "Region", "Resolved", "resolve"]


@dataclass(frozen=True, slots=True)
class Region:
    """Records, numbered from 0 in the order of their keys, that no other record is connected with.

    `pairs` has every blocked pair of at least the low threshold, and of the completed pairs those
    whose weight is known already; each with left < right. `decisions` are those in force.
    """

    held: Sequence[Held]
    pairs: Pairs
    decisions: Decisions


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an index holds of a region.

    `pairs` are its links, completed ones where they are needed and nowhere else, sorted. `label`
    is, per record, the smallest record of its cluster; `golden` has the golden record of each
    cluster, in order of the labels; `findings` are by label.
    """

    pairs: Pairs
    label: Labels
    golden: Labels
    findings: Findings
    possible: PossibleLinks
    confidences: Confidences


def resolve(region: Region, release: Release, weigh: Callable[[int, int], int]) -> Resolved:
    """Settle a region.

    Args: weigh, gives the match weight in milli-bits of two records, left < right; asked only for
    pairs whose weight `region.pairs` does not have.
    """
    pairs = region.pairs
    matter = Matter(
        len(region.held),
        pairs.take(pairs.blocked),
        verified_of(region.held),
        region.decisions,
    )
    settled = settle(matter, release.thresholds, _Weighing(pairs.take(~pairs.blocked), weigh))
    clustering = settled.clustering
    label = clustering.label
    soft, restricted = soft_of(region.held), restricted_of(region.held)
    return Resolved(
        settled.pairs,
        label,
        golden_of(region.held, label),
        with_records(clustering.findings, label, soft=soft, restricted=restricted),
        clustering.possible,
        confidences(label, settled.pairs, release.calibration, must=settled.decisions.must),
    )


class _Weighing:
    """Weighs pairs one by one, where they have not been weighed before."""

    def __init__(self, known: Pairs, weigh: Callable[[int, int], int]) -> None:
        ends = zip(known.left.tolist(), known.right.tolist(), strict=True)
        self._known = dict(zip(ends, known.weight.tolist(), strict=True))
        self._weigh = weigh

    def __call__(self, left: Labels, right: Labels) -> Pairs:
        weights = [
            self._known[ends] if ends in self._known else self._weigh(*ends)
            for ends in zip(left.tolist(), right.tolist(), strict=True)
        ]
        return Pairs(
            left, right, np.array(weights, dtype=np.int64), np.zeros(left.size, dtype=np.bool_)
        )
