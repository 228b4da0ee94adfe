"""Whether one partition is better than another of the same records, beyond chance.

Most people fare alike under both, so the difference is known far better than either figure:
people are resampled, and each resample judges both partitions.
"""

from __future__ import annotations

import numpy as np

from mpi.errors import InvalidTruth
from mpi.training.figures import LEVEL
from mpi.training.intervals import Floats, Interval, figures_of, person_parts
from mpi.training.metrics import Overlap

FIGURES = ("precision", "recall", "f1", "bcubed_precision", "bcubed_recall", "bcubed_f1")


def differences(
    old: Overlap, new: Overlap, *, seed: int, resamples: int = 1000, level: float = LEVEL
) -> dict[str, Interval]:
    """For each of `FIGURES` the new one less the old one, with its interval.

    Both tables must be of the same records and truth, in one order. The same seed gives the same
    intervals. Raises InvalidTruth when they are not of the same records.
    """
    if old.records != new.records or not np.array_equal(old.person, new.person):
        raise InvalidTruth("The two partitions are not of the same records.")
    both = np.hstack((person_parts(old), person_parts(new)))
    parts, repeated = np.unique(both, axis=0, return_counts=True)
    persons = int(repeated.sum())
    if not persons:
        return {name: Interval(0.0, 0.0, 0.0) for name in FIGURES}
    drawn = np.random.default_rng(seed).multinomial(persons, repeated / persons, size=resamples)
    gained = _gained(np.vstack((repeated @ parts, drawn @ parts)))
    tail = (1 - level) / 2
    low, high = np.quantile(gained[1:], (tail, 1 - tail), axis=0)
    bounds = zip(FIGURES, gained[0].tolist(), low.tolist(), high.tolist(), strict=True)
    return {name: Interval(estimate, least, most) for name, estimate, least, most in bounds}


def _gained(sums: Floats) -> Floats:
    """Per row of sums, old ones beside new ones, what each figure gained.

    Rounded, so that equal partitions differ in nothing, in whatever order numbers were added up.
    """
    width = sums.shape[1] // 2
    gained = figures_of(sums[:, width:]) - figures_of(sums[:, :width])
    return np.asarray(np.round(gained, 12) + 0.0, dtype=np.float64)
