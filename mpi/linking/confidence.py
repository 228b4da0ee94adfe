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
from mpi.linking.sealing import among
from mpi.model.calibration import CLIP_BITS, Calibration
from mpi.model.thresholds import MILLI
from mpi.records import CONFIDENCE_PARTS

ALL_PAIRS = 64

DECIDED = round(CLIP_BITS[1] * MILLI)
"""The weight of a followed must-link, in milli-bits: the strongest that a calibration tells apart.
"""


@dataclass(frozen=True, slots=True)
class Confidences:
    """One row for each pair kept: record numbers with left < right, weights in milli-bits."""

    left: Integers
    right: Integers
    direct: Integers
    known: Flags
    bottleneck: Integers
    parts: Integers


def confidences(
    label: Labels, pairs: Pairs, calibration: Calibration, *, must: Integers | None = None
) -> Confidences:
    """The confidence of the pairs inside each cluster.

    Args: label, the cluster of every record; pairs, scored, each at most once; must, the must-links
    in force, shape (m, 2). A pair that was never scored has no direct weight (`known` is false) and
    counts with its bottleneck for both. One that a reviewer decided counts with `DECIDED`: he is
    believed as much as the calibration believes anything, and never more.
    """
    inside = pairs.take(pairs.within(label))
    scored = WeightedPairs(inside.left, inside.right, inside.weight)
    decided = _decided(label, must)
    chained = _with_decided(scored, decided)
    large = np.bincount(label, minlength=label.size)[label] > ALL_PAIRS
    few = ~large[chained.left]
    kept = _both(bottlenecks(label, chained.take(few)), spanning_tree(label, chained.take(~few)))
    direct, known = _direct(kept, scored, label.size)
    support = np.where(among(kept.left, kept.right, decided), DECIDED, direct)
    parts = np.rint(calibration.confidence(support, kept.weight) * CONFIDENCE_PARTS)
    return Confidences(kept.left, kept.right, direct, known, kept.weight, parts.astype(np.int64))


def _decided(label: Labels, must: Integers | None) -> Labels:
    """The must-links that were followed, smaller record first, each once."""
    if must is None or not must.size:
        return np.empty((0, 2), dtype=np.int64)
    followed = must[(label[must[:, 0]] == label[must[:, 1]]) & (must[:, 0] != must[:, 1])]
    return np.asarray(np.unique(np.sort(followed, axis=1), axis=0), dtype=np.int64)


def _with_decided(scored: WeightedPairs, decided: Labels) -> WeightedPairs:
    """The pairs, with those that were decided as strong as any."""
    if not decided.size:
        return scored
    others = scored.take(~among(scored.left, scored.right, decided))
    weight = np.full(len(decided), DECIDED)
    return _both(others, WeightedPairs(decided[:, 0], decided[:, 1], weight))


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
