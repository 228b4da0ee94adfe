"""What searches for all records of some individuals say about recall.

A record is drawn at random, and reviewers search for every record of its individual. So individuals
are drawn with probability proportional to how many records they have, and weighing each by the
inverse makes the estimate one of all pairs (Binette et al., How to Evaluate Entity Resolution
Systems, 2022). Unlike a sample of scored pairs it also covers what blocking never brought together.

*Interval.* The exact binomial limits of a share, with the number of trials that would be as sure as
this sample is (Korn and Graubard 1998). Where nothing was found missing that is the number of
individuals, as if they had equal numbers of pairs (Kish): the rule of three.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from mpi.training.figures import LEVEL
from mpi.training.intervals import Interval

Floats = NDArray[np.float64]


def together_of(pieces: NDArray[np.int64]) -> tuple[float, float]:
    """Pairs held together, and all pairs, for each record of an individual.

    Args: pieces, how many of its records each person has.

    >>> together_of(np.array([4, 1]))
    (2.4, 4.0)
    """
    records = float(pieces.sum())
    return float((pieces * (pieces - 1)).sum()) / records, records - 1.0


def search_recall(together: Floats, whole: Floats, share: float) -> Interval | None:
    """The share of all right pairs that are of one person, by the individuals searched for.

    Args: together and whole, as of `together_of`, one of each for every record drawn; share, of all
    records that were drawn. None where no individual has two records.
    """
    total = float(whole.sum())
    if not total:
        return None
    estimate = min(float(together.sum()) / total, 1.0)
    trials = _trials(together, whole, estimate, share)
    right, wrong = estimate * trials, (1.0 - estimate) * trials
    tail = (1.0 - LEVEL) / 2.0
    low = float(beta.ppf(tail, right, wrong + 1.0)) if right else 0.0
    high = float(beta.ppf(1.0 - tail, right + 1.0, wrong)) if wrong else 1.0
    return Interval(estimate, low, high)


def _trials(together: Floats, whole: Floats, estimate: float, share: float) -> float:
    """How many independent trials would be as sure of the estimate."""
    drawn, total = len(whole), float(whole.sum())
    lacking = together < whole
    if not lacking.any() or not estimate:
        return total**2 / float(whole @ whole)
    off = (together - estimate * whole) ** 2
    # those who lack something are few, so one more like them is counted
    squares = float(off.sum() + off[lacking].mean())
    variance = (1.0 - share) * squares / (drawn * max(drawn - 1, 1) * (total / drawn) ** 2)
    return estimate * (1.0 - estimate) / variance if variance else total
