"""Drawing pairs for reviewers, and what the labels of such a sample say about all pairs.

Pairs are drawn at random inside *strata*, groups in which a model thinks them about equally likely
to be right; strata where it is unsure, and large ones, get more of the sample (Neyman). Each pair
carries the probability with which it was drawn, so each label counts for as many pairs as it stands
for (Horvitz and Thompson), whatever the model thought.

*Intervals.* In each stratum the exact binomial limits of a share, in their mid-P form (as exact
tests, but what was observed counts half), drawn in by the part of the stratum that was judged. Of n
without an error they say that 3/n may be wrong, the rule of three. Over the strata the squares of
the distances between limit and estimate add up (MOVER: Zou and Donner 2008), so that a stratum
without errors is not taken for one without doubt, as the usual variance would.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binom

from mpi.training.figures import LEVEL
from mpi.training.intervals import Interval
from mpi.training.labelled import DIFFERENT, SAME, UNSURE

LEAST_OF_STRATUM = 10
"""Pairs drawn from every stratum that has them, however sure the model is."""

SUREST = 0.998
"""For dividing the sample no stratum is taken for surer than this: the model may be wrong there."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Judged:
    """The labels of a sample: what was said, how probably each pair was drawn, from which stratum.

    Arrays of one length; `said` has the codes of `labelled`.
    """

    said: NDArray[np.int8]
    probability: Floats
    stratum: NDArray[np.object_]

    def take(self, rows: NDArray[np.bool_]) -> Judged:
        """The labels at `rows`."""
        return Judged(self.said[rows], self.probability[rows], self.stratum[rows])


@dataclass(frozen=True, slots=True)
class SampledStratum:
    """One stratum of a labelled sample, or the part of it that some question is about.

    `pairs` is how many it has in all, as its probabilities say; `drawn` how many of them are in
    the sample, of which `same` and `different` were decided and about `unsure` nobody could tell.
    """

    name: str
    pairs: float
    drawn: int
    same: int
    different: int
    unsure: int

    @property
    def judged(self) -> int:
        """How many were decided."""
        return self.same + self.different

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self)


def strata_of(labels: Judged, rows: NDArray[np.bool_]) -> list[SampledStratum]:
    """The strata of the labels at `rows`, by name."""
    kept = labels.take(rows)
    names, at = np.unique(kept.stratum.astype(str), return_inverse=True)

    def count(code: int) -> list[int]:
        found: list[int] = np.bincount(at[kept.said == code], minlength=len(names)).tolist()
        return found

    pairs = np.bincount(at, weights=1.0 / kept.probability, minlength=len(names)).tolist()
    drawn = np.bincount(at, minlength=len(names)).tolist()
    columns = (pairs, drawn, count(SAME), count(DIFFERENT), count(UNSURE))
    return [
        SampledStratum(str(name), *values) for name, *values in zip(names, *columns, strict=True)
    ]


def spread(confidence: Floats) -> float:
    """How unlike the pairs of a stratum are expected to be: sqrt(p(1 - p)) of their confidence."""
    p = float(np.clip(confidence.mean(), 1.0 - SUREST, SUREST))
    return float(np.sqrt(p * (1.0 - p)))


def allocate(there: Ints, weight: Floats, size: int, *, least: int = LEAST_OF_STRATUM) -> Ints:
    """How many pairs to draw from each stratum: about in proportion to its weight.

    With the number of its pairs times their `spread` for a weight, the estimate over all is as
    tight as can be. The solution is the exact one in whole numbers (Wright 2012): one more pair
    goes to the stratum with the largest weight / sqrt(n (n + 1)), as long as it has one left.

    Args: there, how many pairs of each stratum can be drawn; weight, of each; size, how many to
    draw in all; least, from every stratum that has them, or an equal part of `size` if less.

    Returns the numbers, summing up to `size` or, if there are fewer, to all pairs.
    """
    drawn = np.minimum(there, min(least, size // max(len(there), 1)))
    ahead = [(-_gain(weight[at], n), at) for at, n in enumerate(drawn) if n < there[at]]
    heapq.heapify(ahead)
    for _ in range(size - int(drawn.sum())):
        if not ahead:
            break
        at = heapq.heappop(ahead)[1]
        drawn[at] += 1
        if drawn[at] < there[at]:
            heapq.heappush(ahead, (-_gain(weight[at], drawn[at]), at))
    return np.asarray(drawn, dtype=np.int64)


def _gain(weight: float, drawn: int) -> float:
    return float(weight / np.sqrt(drawn * (drawn + 1.0))) if drawn else np.inf


def merged_when_small(pairs: Ints, least: int) -> Ints:
    """Join neighbouring strata until each has `least` pairs; returns the new number of each.

    >>> merged_when_small(np.array([3, 90, 60, 20, 10]), 50)
    array([0, 0, 1, 1, 1])
    """
    number, held = 0, 0
    found = np.zeros(len(pairs), dtype=np.int64)
    for at, count in enumerate(pairs):
        if held >= least:
            number, held = number + 1, 0
        found[at] = number
        held += int(count)
    if number and held < least:
        found[found == number] = number - 1
    return found


def share_of_same(strata: Sequence[SampledStratum]) -> Interval | None:
    """The share of all pairs of some strata that are the same; None if none was judged.

    A stratum without a decided pair says nothing and is left out; what is unsure or not yet judged
    is taken to be like the rest of its stratum.
    """
    told = [stratum for stratum in strata if stratum.judged]
    if not told:
        return None
    part = np.array([s.pairs for s in told]) / sum(s.pairs for s in told)
    limits = np.array([_limits(s) for s in told])
    at = np.array([s.same / s.judged for s in told])
    estimate = float(part @ at)
    down = np.sqrt((part**2) @ (at - limits[:, 0]) ** 2)
    up = np.sqrt((part**2) @ (limits[:, 1] - at) ** 2)
    return Interval(estimate, max(0.0, estimate - float(down)), min(1.0, estimate + float(up)))


def _limits(stratum: SampledStratum) -> tuple[float, float]:
    """The limits of the share of a stratum that is the same.

    Drawn in by the square root of the part that was not judged: of a stratum judged as a whole
    everything is known.
    """
    n, at = stratum.judged, stratum.same / stratum.judged
    unseen = float(np.sqrt(max(0.0, 1.0 - n / max(stratum.pairs, n))))
    low = 1.0 - _most(stratum.different, n)
    return at - unseen * (at - low), at + unseen * (_most(stratum.same, n) - at)


@cache
def _most(count: int, n: int) -> float:
    """The largest share of which `count` or fewer of n is not a surprise, by mid-P; one side."""
    if count == n:
        return 1.0

    def surprise(p: float) -> float:
        return float(binom.cdf(count, n, p) - binom.pmf(count, n, p) / 2.0) - (1.0 - LEVEL) / 2.0

    return float(brentq(surprise, count / n, 1.0))


def number_of_same(strata: Sequence[SampledStratum]) -> Interval | None:
    """How many pairs of some strata are the same; see `share_of_same`."""
    share = share_of_same(strata)
    if share is None:
        return None
    total = sum(s.pairs for s in strata if s.judged)
    return Interval(share.estimate * total, share.low * total, share.high * total)
