"""How sure an accuracy is: intervals from resampling whole persons.

Records of one person stand or fall together, so resampling records or pairs would make the
intervals far too narrow. Each person carries its own part of every count; a resample is then a
weighted sum, and persons with equal parts are drawn together, which makes it fast.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mpi.training.figures import LEVEL
from mpi.training.metrics import Accuracy, Overlap, accuracy

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds between which it would fall in the given share of resamples."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals for the figures that decide about a release."""

    level: float
    precision: Interval
    recall: Interval
    f1: Interval
    bcubed_precision: Interval
    bcubed_recall: Interval
    bcubed_f1: Interval

    def as_dict(self) -> dict[str, Any]:
        """Level and intervals: ready for JSON."""
        return asdict(self)

    def rows(self) -> list[tuple[str, float, float, float]]:
        """Label, estimate, low, high."""
        return [
            (label, found.estimate, found.low, found.high)
            for label, found in (
                ("pairwise precision", self.precision),
                ("pairwise recall", self.recall),
                ("pairwise F1", self.f1),
                ("B-cubed precision", self.bcubed_precision),
                ("B-cubed recall", self.bcubed_recall),
                ("B-cubed F1", self.bcubed_f1),
            )
        ]


def bootstrap(
    table: Overlap, *, seed: int, resamples: int = 1000, level: float = LEVEL
) -> Intervals:
    """Percentile intervals over resampled persons; the same seed gives the same intervals.

    A false pair is shared half and half by the two persons it confuses. Where nothing went wrong
    the lower bound is the exact binomial one, as in `ratio_intervals`.
    """
    parts, repeated = np.unique(person_parts(table), axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    persons = int(repeated.sum())
    if not persons:
        return _intervals(accuracy(table), np.ones((1, 6)), np.zeros(6), level)
    drawn = rng.multinomial(persons, repeated / persons, size=resamples)
    return _intervals(accuracy(table), figures_of(drawn @ parts), _trials(parts, repeated), level)


def ratio_intervals(
    above: Floats, below: Floats, *, seed: int, resamples: int = 1000, level: float = LEVEL
) -> list[Interval | None]:
    """Intervals for sums of `above` over sums of `below`, by resampling their rows.

    Args: above and below, one row for each person and one column for each figure. A figure of
    which nothing is known (its `below` adds up to nothing) has no interval. Where nothing went
    wrong at all, or everything, no resample shows anything else; the bound is then the exact
    binomial one with the persons as trials ("the rule of three").
    """
    drawn = _ratios_drawn(above, below, np.random.default_rng(seed), resamples)
    tail = (1 - level) / 2
    return [
        _ratio_interval(above[:, at], below[:, at], drawn[:, at], tail)
        for at in range(above.shape[1])
    ]


_DRAWN_AT_ONCE = 50_000
"""Few enough for the processor's cache, many enough to hide what a call costs."""


def _ratios_drawn(above: Floats, below: Floats, rng: np.random.Generator, resamples: int) -> Floats:
    """The ratios of each resample, one row each; NaN where one has nothing below."""
    persons, figures = above.shape
    both = np.hstack((above, below))
    sums = np.zeros((resamples, 2 * figures))
    step = max(_DRAWN_AT_ONCE // max(persons, 1), 1)
    for start in range(0, resamples if persons else 0, step):
        some = min(step, resamples - start)
        drawn = rng.integers(0, persons, (some, persons), dtype=np.int32)
        drawn += np.arange(some, dtype=np.int32)[:, None] * persons
        times = np.bincount(drawn.ravel(), minlength=some * persons).reshape(some, persons)
        sums[start : start + some] = times.astype(np.float64) @ both
    whole = sums[:, figures:]
    return np.divide(sums[:, :figures], whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _ratio_interval(above: Floats, below: Floats, drawn: Floats, tail: float) -> Interval | None:
    whole = float(below.sum())
    if not whole:
        return None
    low, high = (float(bound) for bound in np.nanquantile(drawn, (tail, 1 - tail)))
    surprise = float(_surprise(tail, np.array((below > 0).sum())))
    if not above.any():
        high = 1 - surprise
    elif (above == below).all():
        low = surprise
    return Interval(float(above.sum()) / whole, low, high)


def _surprise(tail: float, trials: Floats) -> Floats:
    """The share of which so many trials are all right once in 1 / `tail` times; 1 for none."""
    return np.asarray(tail ** (1 / np.maximum(trials, 1.0)), dtype=np.float64)


def person_parts(table: Overlap) -> Floats:
    """Per person: tp, fp, fn, records, and the sums of B-cubed precision and recall."""
    size = table.cell_size.astype(np.float64)
    cluster = table.cluster_size[table.cell_cluster]
    person = table.person_size[table.cell_person]
    of_cell = (
        size * (size - 1) / 2,
        size * (cluster - size) / 2,
        size * (person - size) / 2,
        size,
        size * size / cluster,
        size * size / person,
    )
    columns = [np.bincount(table.cell_person, weights=part) for part in of_cell]
    # Rounding makes equal parts equal whatever the order in which their cells were added up.
    return np.asarray(np.round(np.column_stack(columns), 9), dtype=np.float64)


def figures_of(sums: Floats) -> Floats:
    """The six figures of each resample, one row each, in the order of `Intervals`."""
    tp, fp, fn, records, in_cluster, in_person = sums.T
    close, complete = _ratio(in_cluster, records), _ratio(in_person, records)
    return np.column_stack(
        (
            _ratio(tp, tp + fp),
            _ratio(tp, tp + fn),
            _ratio(2 * tp, 2 * tp + fp + fn),
            close,
            complete,
            _ratio(2 * close * complete, close + complete),
        )
    )


def _trials(parts: Floats, repeated: npt.NDArray[np.int64]) -> Floats:
    """How many persons have something that could go wrong, by figure."""
    tp, fp, fn, records, _, _ = parts.T
    each = (tp + fp, tp + fn, 2 * tp + fp + fn, records, records, records)
    return np.array([repeated[some > 0].sum() for some in each], dtype=np.float64)


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)


def _intervals(found: Accuracy, figures: Floats, trials: Floats, level: float) -> Intervals:
    estimates = (
        found.pairs.precision,
        found.pairs.recall,
        found.pairs.f1,
        found.bcubed.precision,
        found.bcubed.recall,
        found.bcubed.f1,
    )
    tail = (1 - level) / 2
    low, high = np.quantile(figures, (tail, 1 - tail), axis=0)
    # of what is 1 no resample shows anything else
    flawless = (np.array(estimates) == 1.0) & (trials > 0)
    low = np.where(flawless, _surprise(tail, trials), low)
    bounds = (
        Interval(float(at), float(least), float(most))
        for at, least, most in zip(estimates, low, high, strict=True)
    )
    return Intervals(level, *bounds)
