"""A provisional calibration without labels: verified identifiers stand in for reviewers.

Two records with one verified NHS number are the same person; with two different ones they are
usually not. Linking again with that identifier hidden shows how often a weight is right. Two
things would make it flatter or slander itself: fitting on agreements only, so disagreements are
fitted too; and taking every disagreement for two people, though demographic services hold
duplicates. The share of those is estimated where the evidence is overwhelming and allowed for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from mpi.model.calibration import CLIP_BITS, Calibration

_OVERWHELMING_BITS = 15.0
_ROUNDS = 20
_LEAST_OF_A_KIND = 30
_HIGHEST_CAP = 0.9999

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

    `direct` and `bottleneck` in milli-bits; `agree` whether the verified values agree.
    """

    direct: NDArray[np.integer[Any]]
    bottleneck: NDArray[np.integer[Any]]
    agree: NDArray[np.bool_]


def fit(anchors: Anchors) -> Calibration:
    """The provisional calibration; `UNFITTED` where there are too few pairs of either kind."""
    agreeing = int(anchors.agree.sum())
    if min(agreeing, len(anchors.agree) - agreeing) < _LEAST_OF_A_KIND:
        return UNFITTED
    low, high = CLIP_BITS
    features = np.column_stack(
        [np.clip(w / 1000.0, low, high) for w in (anchors.direct, anchors.bottleneck)]
    )
    duplicates = _duplicates_in_the_register(features, anchors.agree)
    model = _fit_allowing_for(duplicates, features, anchors.agree)
    slopes = np.maximum(model.coef_[0], 0.0)
    n = len(anchors.agree)
    return Calibration(
        intercept=float(model.intercept_[0]),
        direct=float(slopes[0]),
        bottleneck=float(slopes[1]),
        cap=min(_HIGHEST_CAP, 1.0 - 3.0 / n),
        provisional=True,
        examples=n,
        basis=f"verified NHS numbers as anchors, {duplicates:.4f} of them taken as duplicates",
    )


def _duplicates_in_the_register(features: NDArray[np.float64], agree: NDArray[np.bool_]) -> float:
    """How often two records of certainly one person hold different verified values."""
    certain = features[:, 0] >= _OVERWHELMING_BITS
    if certain.sum() < _LEAST_OF_A_KIND:
        return 0.0
    return float(1.0 - agree[certain].mean())


def _fit_allowing_for(
    duplicates: float, features: NDArray[np.float64], agree: NDArray[np.bool_]
) -> LogisticRegression:
    """Fit by turns: the curve, and for each disagreement how likely it is a register duplicate."""
    differ = np.flatnonzero(~agree)
    both = np.vstack([features, features[differ]])
    outcome = np.concatenate([agree, np.ones(len(differ), bool)])
    share = np.full(len(differ), duplicates)
    model = LogisticRegression(C=1e6, max_iter=1000)
    for _ in range(_ROUNDS):
        weight = np.ones(len(agree))
        weight[differ] = 1.0 - share
        model.fit(both, outcome, sample_weight=np.concatenate([weight, share]))
        p = model.predict_proba(features[differ])[:, 1]
        share = p * duplicates / (p * duplicates + (1.0 - p))
    return model
