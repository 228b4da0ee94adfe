"""Whether a group differs from the whole by more than luck: as likely as people drawn by lot?

What goes wrong is rare and comes in lumps: one person with twenty records missed weighs more than
a hundred with one. A test that takes pairs as independent, or sums as normal, would see differences
everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import pearson3

from mpi.training.intervals import Floats
from mpi.training.metrics import Ints

_SKEWED = 0.7
_DRAWS = 5000
_LUMPS = 1000
_SHARE_OF_LUMPS = 40


@dataclass(frozen=True, slots=True)
class Counts:
    """For each record (or person) and figure what went wrong, out of what: arrays (n, figures)."""

    wrong: Floats
    of: Floats

    def summed(self, code: Ints) -> Counts:
        """Added up by code; shape (codes, figures)."""
        return Counts(_summed(self.wrong, code), _summed(self.of, code))

    def take(self, rows: npt.NDArray[Any]) -> Counts:
        """Some rows."""
        return Counts(self.wrong[rows], self.of[rows])


def chances(counts: Counts, group: Ints, groups: int, *, seed: int = 1) -> Floats:
    """Two-sided chances that people drawn at random differ as much from the whole as a group does.

    Args: counts, a row for each person; group, the code of each. Of n people drawn from all, what
    goes wrong beyond the share that it is of the whole has a known mean (nothing), variance and
    skewness, and a Pearson type III curve of these moments gives the chance. Where errors are so
    few for n people that this says little, people are drawn many times over instead. Shape
    (groups, figures), NaN for a group of nobody, of everybody, or without the figure.
    """
    size = np.bincount(group, minlength=groups)
    excess = _excess(counts)
    beyond = _summed(excess, group, groups)
    deviation, skew = _moments(excess, size[:, None].astype(np.float64))
    known = (deviation > 0) & (_summed(counts.of, group, groups) > 0)
    found = np.full(beyond.shape, np.nan)
    smooth = known & (np.abs(skew) <= _SKEWED)
    curve, place = pearson3(skew[smooth]), beyond[smooth] / deviation[smooth]
    found[smooth] = 2 * np.minimum(curve.cdf(place), curve.sf(place))
    rng = np.random.default_rng(seed)
    for at, figure in np.argwhere(known & ~smooth).tolist():
        # what is beyond in a group is lacking among the others: the fewer of the two are drawn
        fewer = min(int(size[at]), len(group) - int(size[at]))
        seen = beyond[at, figure] if fewer == size[at] else -beyond[at, figure]
        found[at, figure] = _share_beyond(_drawn(excess[:, figure], fewer, rng), seen)
    return np.asarray(np.minimum(found, 1.0))


def _excess(counts: Counts) -> Floats:
    """What went wrong beyond what would have, were everybody alike."""
    whole = counts.of.sum(axis=0)
    share = np.divide(counts.wrong.sum(axis=0), whole, out=np.zeros_like(whole), where=whole > 0)
    return np.asarray(counts.wrong - share * counts.of)


def _moments(excess: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Standard deviation and skewness of the sum over `size` people drawn without replacement."""
    people = len(excess)
    drawn = size * (people - size) / max(people - 1, 1)
    deviation = np.sqrt(drawn * (excess**2).mean(axis=0))
    third = drawn * (people - 2 * size) / max(people - 2, 1) * (excess**3).mean(axis=0)
    cubed = deviation**3
    return deviation, np.divide(third, cubed, out=np.zeros_like(cubed), where=cubed > 0)


def _drawn(excess: Floats, size: int, rng: np.random.Generator) -> Floats:
    """Sums over `size` people drawn by lot, many times.

    The people who matter most are drawn one by one, how many of them there are being luck too; the
    others are so many and so alike that their sum is taken as normal.
    """
    people = len(excess)
    lumps = min(max(people // _SHARE_OF_LUMPS, _LUMPS), people)
    order = np.argpartition(np.abs(excess), people - lumps)
    largest, others = excess[order[people - lumps :]], excess[order[: people - lumps]]
    held = rng.binomial(lumps, size / people, _DRAWS)
    drawn = largest[rng.integers(0, lumps, int(held.sum()))]
    sums = np.bincount(np.repeat(np.arange(_DRAWS), held), weights=drawn, minlength=_DRAWS)
    if len(others):
        rest = np.maximum(size - held, 0)
        sums += rest * others.mean() + np.sqrt(rest) * others.std() * rng.standard_normal(_DRAWS)
    return np.asarray(sums, dtype=np.float64)


def _share_beyond(drawn: Floats, seen: float) -> float:
    """How often as much or more is drawn as was seen, on the rarer side, and twice that."""
    slack = 1e-9 * float(np.abs(drawn).max())
    rarer = min(int((drawn >= seen - slack).sum()), int((drawn <= seen + slack).sum()))
    return 2 * (rarer + 1) / (len(drawn) + 1)


def _summed(values: Floats, code: Ints, codes: int = 0) -> Floats:
    """The columns of `values` added up by code."""
    return np.column_stack(
        [np.bincount(code, weights=column, minlength=codes) for column in values.T]
    )
