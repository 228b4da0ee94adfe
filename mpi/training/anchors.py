"""A provisional calibration without labels: verified identifiers stand in for reviewers.

Two records with one verified NHS number are the same person; with two different ones they are
usually not. Linking again with that identifier hidden shows how often a weight is right. Two
things would make it flatter or slander itself: fitting on agreements only, so disagreements are
fitted too; and taking every disagreement for two people, though demographic services hold
duplicates. Of those most give themselves away: where any two records that carry the two numbers
are of one person beyond doubt, the numbers are two registrations of that person, and every other
pair of records that carries them is a match like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mpi.linking.evidence import Flags
from mpi.model.calibration import Calibration
from mpi.training.rising import bits_of, rising_logistic

_OVERWHELMING_BITS = 15.0
_LEAST_OF_A_KIND = 30
_HIGHEST_CAP = 0.9999
_UNSEEN = 0.5

UNFITTED = Calibration(
    intercept=0.0,
    direct=0.2,
    bottleneck=0.4,
    cap=0.99,
    provisional=True,
    examples=0,
    basis="no anchors: slopes of .2 and .4 a bit, capped, because raw weights are over-confident",
)
"""What a release states when its feeds hold too few verified identifiers to fit anything.

Splink's weight is worth about .62 of its face value in log-odds (measured on public data with
synthetic errors); a bit is ln 2 = .69 log-odds, so the two slopes add up to about .6 of that plus
a margin for evidence that the direct weight and the weakest link share.
"""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Pairs of records in one person, linked without the identifier that says if they belong.

    `direct` and `bottleneck` in milli-bits; `left` and `right` the codes of the verified values of
    the two records.
    """

    direct: NDArray[np.integer[Any]]
    bottleneck: NDArray[np.integer[Any]]
    left: NDArray[np.integer[Any]]
    right: NDArray[np.integer[Any]]

    @property
    def agree(self) -> Flags:
        """Which pairs carry one value."""
        return np.asarray(self.left == self.right)


def fit(anchors: Anchors) -> Calibration | None:
    """The provisional calibration; None where there are too few pairs of either kind.

    One half of a pair, spread over all of them, is added as of two people (Jeffreys): that nothing
    was seen wrong among the pairs that look best is no proof that nothing is.
    """
    n, agreeing = len(anchors.left), int(anchors.agree.sum())
    if min(agreeing, n - agreeing) < _LEAST_OF_A_KIND:
        return None
    bits = bits_of(anchors.direct, anchors.bottleneck)
    same, duplicates = _same(anchors, bits[:, 0])
    intercept, slopes = rising_logistic(
        np.vstack([bits, bits]),
        np.concatenate([same, np.zeros(n, dtype=np.bool_)]),
        np.repeat([1.0, _UNSEEN / n], n),
    )
    return Calibration(
        intercept=intercept,
        direct=float(slopes[0]),
        bottleneck=float(slopes[1]),
        cap=min(_HIGHEST_CAP, 1.0 - 3.0 / n),
        provisional=True,
        examples=n,
        basis="verified NHS numbers as anchors, of which"
        f" {duplicates:,} people are taken to have two",
    )


def _same(anchors: Anchors, direct: NDArray[np.float64]) -> tuple[Flags, int]:
    """Which pairs are taken to be of one person, and of how many pairs of values that is the case.

    Those that agree, and those whose two values overwhelming evidence has shown to be of one
    person, be it that of another pair. A duplicate that nothing shows counts as two people, so the
    confidence of weak evidence errs on the low side.
    """
    low, high = np.minimum(anchors.left, anchors.right), np.maximum(anchors.left, anchors.right)
    _, values = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    best = np.full(int(values.max()) + 1, -np.inf)
    np.maximum.at(best, values, direct)
    shown = ~anchors.agree & (best[values] >= _OVERWHELMING_BITS)
    return anchors.agree | shown, len(np.unique(values[shown]))
