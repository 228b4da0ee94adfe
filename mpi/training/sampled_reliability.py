"""Whether a stated confidence is kept, judged by the labels of a sample.

As `reliability` does with a truth, but each label counts for as many pairs as it stands for, and
the bands are wider, since a sample has few pairs in each.
"""

from __future__ import annotations

import numpy as np

from mpi.linking.evidence import Flags
from mpi.training.design import Floats, Judged
from mpi.training.labelled import DIFFERENT, SAME
from mpi.training.reliability import (
    Band,
    Reliability,
    band_numbers,
    limits_of_chance,
    log_loss,
)

EDGES = (0.0, 0.5, 0.9, 0.99, 0.999, 1.0)
"""Where bands of confidence begin and end; the first is in the band, the last only of the last."""


def sampled_reliability(confidence: Floats, labels: Judged) -> Reliability:
    """Judge confidences of pairs in one person; what is not decided is left out.

    The limits of a band reckon with as many pairs as unequal weights leave it worth (Kish).
    """
    decided = (labels.said == SAME) | (labels.said == DIFFERENT)
    if not decided.any():
        return Reliability(0, None, None, None, None, ())
    stated, same = confidence[decided], labels.said[decided] == SAME
    weight = 1.0 / labels.probability[decided]
    number = band_numbers(stated, EDGES)
    bands = [
        (_band(at, stated[rows], same[rows], weight[rows]), float(weight[rows].sum()))
        for at in np.unique(number).tolist()
        for rows in (number == at,)
    ]
    constant = np.full(len(same), np.average(same, weights=weight))
    gap = sum(worth * abs(band.mean - band.observed) for band, worth in bands)
    return Reliability(
        pairs=len(same),
        log_loss=log_loss(stated, same, weight),
        log_loss_raw=None,
        log_loss_constant=log_loss(constant, same, weight),
        ece=gap / float(weight.sum()),
        bands=tuple(band for band, _ in bands),
    )


def _band(at: int, stated: Floats, same: Flags, weight: Floats) -> Band:
    mean = float(np.average(stated, weights=weight))
    trials = max(round(float(weight.sum() ** 2 / (weight**2).sum())), 1)
    return Band(
        low=EDGES[at],
        high=EDGES[at + 1],
        pairs=len(same),
        mean=mean,
        observed=float(np.average(same, weights=weight)),
        limits=limits_of_chance(trials, mean),
    )
