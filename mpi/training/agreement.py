"""How far reviewers agree with each other, beyond what chance would give.

Cohen's kappa is the usual figure. Where nearly all pairs are the same it is low however well
reviewers agree (the paradox of Feinstein and Cicchetti), so Gwet's AC1 stands beside it: it takes
for chance agreement only what reviewers would reach by guessing on pairs that are hard to rate.

Intervals come from resampling tasks, with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mpi.training.figures import LEVEL
from mpi.training.intervals import Interval

RESAMPLES = 2_000
Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two ratings of the same tasks agree: their share, and the two coefficients.

    A coefficient is None where it is not defined, which for kappa is where both raters always said
    the same one thing.
    """

    tasks: int
    raw: Interval
    kappa: Interval | None
    ac1: Interval | None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def agreement(ratings: Sequence[tuple[str, str]], *, seed: int = 1) -> Agreement | None:
    """How far two ratings agree; None without a task.

    Args: ratings, per task what one and what another reviewer said. Which of the two comes first
    does not matter: both orders count, each for half.
    """
    if not ratings:
        return None
    table = _table(ratings)
    draws = np.random.default_rng(seed).multinomial(
        len(ratings), table.ravel() / len(ratings), size=RESAMPLES
    )
    resampled = np.asarray(draws.reshape(-1, *table.shape), dtype=np.float64)
    figures = (_raw, cohen_kappa, gwet_ac1)
    raw, kappa, ac1 = (_interval(of, _symmetric(table), _symmetric(resampled)) for of in figures)
    assert raw is not None
    return Agreement(len(ratings), raw, kappa, ac1)


def _table(ratings: Sequence[tuple[str, str]]) -> Counts:
    """How often each pair of words was said, shape (words, words)."""
    words = sorted({word for pair in ratings for word in pair})
    table = np.zeros((len(words), len(words)))
    for one, other in ratings:
        table[words.index(one), words.index(other)] += 1
    return table


def _symmetric(table: Counts) -> Counts:
    return (table + np.swapaxes(table, -1, -2)) / 2.0


def _raw(table: Counts) -> Counts:
    """The share of tasks on which both said one thing, over the last two axes."""
    total = table.sum(axis=(-2, -1))
    return np.asarray(np.trace(table, axis1=-2, axis2=-1) / total)


def cohen_kappa(table: Counts) -> Counts:
    """Cohen's kappa of tables of counts, shape (..., words, words); not a number if not defined.

    >>> round(float(cohen_kappa(np.array([[20.0, 5.0], [10.0, 15.0]]))), 3)
    0.4
    """
    total = table.sum(axis=(-2, -1))
    shares = table / total[..., None, None]
    chance = (shares.sum(axis=-1) * shares.sum(axis=-2)).sum(axis=-1)
    return _beyond(_raw(table), chance)


def gwet_ac1(table: Counts) -> Counts:
    """Gwet's AC1 of tables of counts, shape (..., words, words); not a number if not defined.

    >>> round(float(gwet_ac1(np.array([[118.0, 5.0], [2.0, 0.0]]))), 3)
    0.941
    """
    words = table.shape[-1]
    if words < 2:
        return _beyond(_raw(table), np.zeros(table.shape[:-2]))
    total = table.sum(axis=(-2, -1))
    shares = table / total[..., None, None]
    mean = (shares.sum(axis=-1) + shares.sum(axis=-2)) / 2.0
    chance = (mean * (1.0 - mean)).sum(axis=-1) / (words - 1)
    return _beyond(_raw(table), chance)


def _beyond(raw: Counts, chance: Counts) -> Counts:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance < 1.0, (raw - chance) / (1.0 - chance), np.nan)


def _interval(figure: Any, table: Counts, resampled: Counts) -> Interval | None:
    estimate = float(figure(table))
    if np.isnan(estimate):
        return None
    found = figure(resampled)
    edge = (1.0 - LEVEL) / 2.0
    low, high = np.nanquantile(found, [edge, 1.0 - edge])
    return Interval(estimate, float(low), float(high))
