"""The curve of a calibration: a logistic in two weights that falls in neither."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from mpi.linking.evidence import Flags
from mpi.model.calibration import CLIP_BITS

_LOOSE = 100.0


def bits_of(
    direct: NDArray[np.integer[Any]], bottleneck: NDArray[np.integer[Any]]
) -> NDArray[np.float64]:
    """The two weights of pairs, from milli-bits to clipped bits; shape (pairs, 2)."""
    low, high = CLIP_BITS
    return np.column_stack([np.clip(w / 1000.0, low, high) for w in (direct, bottleneck)])


def rising_logistic(
    bits: NDArray[np.float64], same: Flags, weight: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Intercept and slopes of a weighted logistic curve that falls in neither weight.

    A weight whose slope would be negative is left out and the other fitted alone. The penalty is
    too small to matter where both kinds overlap, and keeps the slopes finite where they do not.
    """
    slopes = np.zeros(2)
    kept = [0, 1]
    while kept:
        model = LogisticRegression(C=_LOOSE, max_iter=1000)
        model.fit(bits[:, kept], same, sample_weight=weight)
        if (model.coef_[0] >= 0.0).all():
            slopes[kept] = model.coef_[0]
            return float(model.intercept_[0]), slopes
        del kept[int(np.argmin(model.coef_[0]))]
    return float(logit(np.average(same, weights=weight))), slopes
