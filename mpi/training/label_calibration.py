"""Calibrate a release on reviewed labels: the confidence that need not be called provisional.

The confidence of two records of one person is a probability *given that they are in one person*,
so it is fitted on labelled pairs that the release itself puts together, each counting for as many
pairs as it was drawn to stand for. None of them has taught the release its weights: `halves` of the
labels keeps them apart, individual by individual.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import chi2

from mpi.linking.batch import link_rows
from mpi.linking.confidence import confidences
from mpi.linking.engines.duckdb import Limits
from mpi.linking.evidence import Flags, Integers
from mpi.model.calibration import Calibration
from mpi.model.parameters import Release
from mpi.training.anchors import UNFITTED
from mpi.training.figures import LEVEL
from mpi.training.labelled import DIFFERENT, SAME, Labels, SplitLabels
from mpi.training.rising import bits_of, rising_logistic

LEAST_OF_A_KIND = 10
"""Persons with pairs that are the same, and with pairs that are different, below which the
calibration stays provisional: one wrong merge of large persons is many pairs and one lesson."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Labelled pairs of records that a release puts in one person.

    `direct` and `bottleneck` in milli-bits; `person` a number for that person; `same` what the
    label says; `weight` the number of pairs that each stands for.
    """

    direct: Integers
    bottleneck: Integers
    person: Integers
    same: Flags
    weight: NDArray[np.float64]

    def persons(self) -> dict[str, int]:
        """In how many persons there are pairs that are the same, and different."""
        kinds = {"same": self.same, "different": ~self.same}
        return {kind: len(np.unique(self.person[rows])) for kind, rows in kinds.items()}


def with_labelled_confidence(
    rows: pa.Table, release: Release, labels: SplitLabels, limits: Limits
) -> Release:
    """The release calibrated on the labels held out, or unchanged where they are too few.

    Its `trained` then says how many labels there were, and how many of them within one person.
    """
    pairs = reviewed_pairs(rows, release, labels.held_out, limits)
    fitted = fit_reviewed(pairs)
    used = {
        **labels.counts,
        "calibrating": {"same": int(pairs.same.sum()), "different": int((~pairs.same).sum())},
        "calibrating_persons": pairs.persons(),
        "needed_persons": LEAST_OF_A_KIND,
    }
    trained = {**release.trained, "labels": used}
    return replace(release, trained=trained, calibration=fitted or release.calibration)


def reviewed_pairs(rows: pa.Table, release: Release, labels: Labels, limits: Limits) -> Reviewed:
    """Link the rows with the release; of the pairs of each person those that labels decide."""
    linkage = link_rows(rows, release, limits)
    pairs = confidences(linkage.labels, linkage.pairs, UNFITTED)
    said, weight = labels.about(pairs.left, pairs.right)
    decided = (said == SAME) | (said == DIFFERENT)
    return Reviewed(
        pairs.direct[decided],
        pairs.bottleneck[decided],
        linkage.labels[pairs.left[decided]],
        said[decided] == SAME,
        weight[decided],
    )


def fit_reviewed(pairs: Reviewed) -> Calibration | None:
    """The calibration on labels; None where too few persons have pairs of a kind."""
    if min(pairs.persons().values()) < LEAST_OF_A_KIND:
        return None
    bits = bits_of(pairs.direct, pairs.bottleneck)
    intercept, slopes = rising_logistic(bits, pairs.same, pairs.weight / pairs.weight.mean())
    same, n = int(pairs.same.sum()), len(pairs.same)
    return Calibration(
        intercept=intercept,
        direct=float(slopes[0]),
        bottleneck=float(slopes[1]),
        cap=supported(intercept + bits @ slopes, pairs),
        provisional=False,
        examples=n,
        basis=f"reviewed labels, held out from the weights: {same:,} same, {n - same:,} different",
    )


def supported(odds: NDArray[np.float64], pairs: Reviewed) -> float:
    """The highest confidence that labels support: what the pairs that look best bear out.

    If of the pairs that look best, in n persons, none is different, then 95% sure no more than 3/n
    would be (the rule of three); where some are, the Poisson limit of their share of n. As many of
    the best are taken as bear out most. Persons are counted and not pairs, for pairs of one person
    stand or fall together.

    Args: odds, the fitted log-odds of the pairs.
    """
    order = np.lexsort((pairs.same, -odds))
    new = np.zeros(len(order), dtype=np.bool_)
    new[np.unique(pairs.person[order], return_index=True)[1]] = True
    n = np.cumsum(new)
    wrong = n * np.cumsum(~pairs.same[order]) / np.arange(1, len(order) + 1)
    # pairs that look the same are one: the last of them counts
    last = np.append(np.diff(odds[order]) < 0, np.True_)
    upper = chi2.ppf(LEVEL, 2 * (wrong + 1)) / 2.0
    return float(max((1.0 - upper / n)[last].max(), 0.0))
