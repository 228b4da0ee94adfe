"""Whether a stated confidence is kept, judged by the labels of a sample.

As `reliability` does with a truth, but each label counts for as many pairs as it stands for, and
the bands are wider, since a sample has few pairs in each.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from mpi.linking.evidence import Flags
from mpi.training.design import Floats, Judged
from mpi.training.labelled import DIFFERENT, SAME
from mpi.training.reliability import LEVEL, Band, Reliability

EDGES = (0.0, 0.5, 0.9, 0.99, 0.999, 1.0)
"""Where bands of confidence begin and end; the first is in the band, the last only of the last."""

_FINEST = 5e-7
"""Half of what confidence is kept in; nobody is blamed for a certainty that is rounding."""


def sampled_reliability(confidence: Floats, labels: Judged) -> Reliability:
    """Judge confidences of pairs in one person; what is not decided is left out.

    The limits of a band reckon with as many pairs as unequal weights leave it worth (Kish).
    """
    decided = (labels.said == SAME) | (labels.said == DIFFERENT)
    if not decided.any():
        return Reliability(0, None, None, None, None, ())
    stated, same = confidence[decided], labels.said[decided] == SAME
    weight = 1.0 / labels.probability[decided]
    number = np.clip(np.searchsorted(EDGES, stated, side="right") - 1, 0, len(EDGES) - 2)
    bands = [
        (_band(at, stated[rows], same[rows], weight[rows]), float(weight[rows].sum()))
        for at in np.unique(number).tolist()
        for rows in (number == at,)
    ]
    constant = np.full(len(same), np.average(same, weights=weight))
    gap = sum(worth * abs(band.mean - band.observed) for band, worth in bands)
    return Reliability(
        pairs=len(same),
        log_loss=_log_loss(stated, same, weight),
        log_loss_raw=None,
        log_loss_constant=_log_loss(constant, same, weight),
        ece=gap / float(weight.sum()),
        bands=tuple(band for band, _ in bands),
    )


def _band(at: int, stated: Floats, same: Flags, weight: Floats) -> Band:
    mean = float(np.average(stated, weights=weight))
    trials = max(round(float(weight.sum() ** 2 / (weight**2).sum())), 1)
    tail = (1 - LEVEL) / 2
    low, high = binom.ppf((tail, 1 - tail), trials, mean) / trials
    return Band(
        low=EDGES[at],
        high=EDGES[at + 1],
        pairs=len(same),
        mean=mean,
        observed=float(np.average(same, weights=weight)),
        limits=(float(low), float(high)),
    )


def _log_loss(stated: Floats, same: Flags, weight: Floats) -> float:
    bounded = np.clip(stated, _FINEST, 1 - _FINEST)
    return float(np.average(-np.log(np.where(same, bounded, 1 - bounded)), weights=weight))
