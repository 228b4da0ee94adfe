"""Whether a stated confidence is kept: confidences of pairs inside persons against the truth.

Pairs of one person stand or fall together: one stranger among ten records makes nine wrong pairs.
So the limits within which chance alone would keep a band reckon with fewer pairs than there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from mpi.model.thresholds import MILLI
from mpi.training.figures import LEVEL
from mpi.training.intervals import Floats
from mpi.training.metrics import Ints

EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0)
"""Where bands of confidence begin and end; the first is in the band, the last only of the last."""

_FINEST = 5e-7
"""Half of what confidence is kept in; nobody is blamed for a certainty that is rounding."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Pairs of records in one person, with what is said of them and what is so.

    `left` and `right` are positions of records, `confidence` is as published, `weight` the match
    weight in milli-bits (of a pair that was never weighed, its bottleneck), `same` the truth,
    `person` the person of the index that both are in. Arrays of one length.
    """

    left: Ints
    right: Ints
    confidence: Floats
    weight: Ints
    same: npt.NDArray[np.bool_]
    person: Ints


@dataclass(frozen=True, slots=True)
class Band:
    """The pairs whose confidence is from `low` up to `high`.

    `mean` is their mean confidence, `observed` the share that is right, `limits` where 95% of
    observations would lie if the mean were true.
    """

    low: float
    high: float
    pairs: int
    mean: float
    observed: float
    limits: tuple[float, float]

    @property
    def inside(self) -> bool:
        """Whether what is observed is within the limits of chance."""
        return self.limits[0] <= self.observed <= self.limits[1]

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self) | {"limits": list(self.limits), "inside": self.inside}


@dataclass(frozen=True, slots=True)
class Reliability:
    """How good the published confidence is.

    The log-losses (natural logarithm, per pair; lower is better) are that of the confidence, of
    the probability that Splink's weight implies, and of the best constant, which knows how many
    pairs are right; `ece` is the expected calibration error over `bands`, of which only those
    with pairs are listed. None where there are no pairs.
    """

    pairs: int
    log_loss: float | None
    log_loss_raw: float | None
    log_loss_constant: float | None
    ece: float | None
    bands: tuple[Band, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self) | {"bands": [band.as_dict() for band in self.bands]}


def reliability(claims: Claims) -> Reliability:
    """Judge all confidences together and by band."""
    pairs = len(claims.same)
    if not pairs:
        return Reliability(0, None, None, None, None, ())
    bands = tuple(_bands(claims))
    return Reliability(
        pairs=pairs,
        log_loss=log_loss(claims.confidence, claims.same),
        log_loss_raw=_log_loss_of_weights(claims.weight, claims.same),
        log_loss_constant=log_loss(np.full(pairs, claims.same.mean()), claims.same),
        ece=sum(band.pairs * abs(band.mean - band.observed) for band in bands) / pairs,
        bands=bands,
    )


def gaps(claims: Claims, records: int) -> tuple[Floats, Floats]:
    """Per record: confidence beyond what is so, and pairs, of its pairs; half to each record."""
    beyond = (claims.confidence - claims.same) / 2
    half = np.full(len(beyond), 0.5)
    return _to_records(claims, beyond, records), _to_records(claims, half, records)


def _to_records(claims: Claims, values: Floats, records: int) -> Floats:
    ends = np.concatenate((claims.left, claims.right))
    return np.bincount(ends, weights=np.tile(values, 2), minlength=records).astype(np.float64)


def log_loss(stated: Floats, same: npt.NDArray[np.bool_], weight: Floats | None = None) -> float:
    """Of stated probabilities, natural logarithm; a pair counts for its weight, if it has one."""
    bounded = np.clip(stated, _FINEST, 1 - _FINEST)
    return float(np.average(-np.log(np.where(same, bounded, 1 - bounded)), weights=weight))


def _log_loss_of_weights(weight: Ints, same: npt.NDArray[np.bool_]) -> float:
    """Of the probabilities that the weights imply; from the odds, since some round to one."""
    odds = weight / MILLI * np.log(2)
    return float(np.logaddexp(0.0, np.where(same, -odds, odds)).mean())


def _bands(claims: Claims) -> list[Band]:
    number = band_numbers(claims.confidence, EDGES)
    return [_band(at, claims, number == at) for at in np.unique(number).tolist()]


def band_numbers(stated: Floats, edges: Sequence[float]) -> Ints:
    """For each confidence the band it is in, counted from 0."""
    found = np.searchsorted(edges, stated, side="right") - 1
    return np.asarray(np.clip(found, 0, len(edges) - 2), dtype=np.int64)


def _band(at: int, claims: Claims, rows: npt.NDArray[np.bool_]) -> Band:
    same, mean = claims.same[rows], float(claims.confidence[rows].mean())
    return Band(
        low=EDGES[at],
        high=EDGES[at + 1],
        pairs=len(same),
        mean=mean,
        observed=float(same.mean()),
        limits=limits_of_chance(effective_pairs(same, claims.person[rows]), mean),
    )


def limits_of_chance(trials: int, mean: float) -> tuple[float, float]:
    """Between which shares so many independent pairs lie, if `mean` is true of each."""
    tail = (1 - LEVEL) / 2
    low, high = binom.ppf((tail, 1 - tail), trials, mean) / trials
    return float(low), float(high)


def effective_pairs(same: npt.NDArray[np.bool_], person: Ints) -> int:
    """How many independent pairs would tell as much about a share as these of few persons do.

    The number of pairs over the design effect: how much larger the variance is with persons for
    units than with pairs (Korn and Graubard, 1998). Where all pairs are alike no variance tells,
    and each person counts once.
    """
    unit = np.unique(person, return_inverse=True)[1]
    alone = float(same.var()) * len(same)
    if not alone:
        return int(unit.max()) + 1
    together = float((np.bincount(unit, weights=same - same.mean()) ** 2).sum())
    return max(round(len(same) / max(together / alone, 1.0)), 1)
