"""How sure the index is of each two records of a person, and which record speaks for the person.

Confidence is a calibrated curve on two weights: that of the pair itself and its bottleneck. Pairs
are kept for persons of up to `ALL_PAIRS` records; larger persons keep their spanning tree, along
which a reader finds the bottleneck of any pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mpi.linking.bottleneck import WeightedPairs, bottlenecks, spanning_tree
from mpi.linking.evidence import Flags, Integers, Labels, Pairs
from mpi.model.calibration import Calibration
from mpi.records import CONFIDENCE_PARTS

ALL_PAIRS = 64


@dataclass(frozen=True, slots=True)
class Confidences:
    """One row for each pair kept: record numbers with left < right, weights in milli-bits."""

    left: Integers
    right: Integers
    direct: Integers
    known: Flags
    bottleneck: Integers
    parts: Integers


def confidences(label: Labels, pairs: Pairs, calibration: Calibration) -> Confidences:
    """The confidence of the pairs inside each cluster.

    Args: label, the cluster of every record; pairs, scored, each at most once. A pair that was
    never scored has no direct weight (`known` is false) and counts with its bottleneck for both.
    """
    inside = pairs.take(pairs.within(label))
    scored = WeightedPairs(inside.left, inside.right, inside.weight)
    large = np.bincount(label, minlength=label.size)[label] > ALL_PAIRS
    small = scored.take(~large[inside.left])
    kept = _both(bottlenecks(label, small), spanning_tree(label, scored.take(large[inside.left])))
    direct, known = _direct(kept, scored, label.size)
    parts = np.rint(calibration.confidence(direct, kept.weight) * CONFIDENCE_PARTS).astype(np.int64)
    return Confidences(kept.left, kept.right, direct, known, kept.weight, parts)


def _both(first: WeightedPairs, second: WeightedPairs) -> WeightedPairs:
    columns = ("left", "right", "weight")
    parts = ((getattr(first, name), getattr(second, name)) for name in columns)
    return WeightedPairs(*(np.concatenate(pair).astype(np.int64) for pair in parts))


def _direct(kept: WeightedPairs, scored: WeightedPairs, n: int) -> tuple[Integers, Flags]:
    """The weight each kept pair was scored with, or its bottleneck where it was not."""
    code = scored.left.astype(np.int64) * n + scored.right
    order = np.argsort(code, kind="stable")
    code = code[order]
    wanted = kept.left * n + kept.right
    at = np.minimum(np.searchsorted(code, wanted), max(len(code) - 1, 0))
    found = code[at] == wanted if len(code) else np.zeros(len(wanted), dtype=np.bool_)
    known = np.asarray(found)
    direct = kept.weight.copy()
    direct[known] = scored.weight[order][at[known]]
    return direct, known
