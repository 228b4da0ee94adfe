"""From match weights to confidence: a probability that somebody has to stand behind.

The probability that Splink gives is over-confident, because it takes comparisons as independent.
The confidence that two records of one person are the same individual is instead a logistic curve
on two weights: that of the pair itself and that of the weakest link on the best path between them
(the bottleneck). Without labels the curve is fitted on anchors and the confidence is provisional.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

CLIP_BITS = (-10.0, 25.0)
"""Weights beyond these tell the curve nothing more."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted curve: log-odds = intercept + direct · w + bottleneck · b, with w and b in bits.

    `cap` is the highest confidence the evidence supports (1 - 3/n, the rule of three);
    `provisional` says that no reviewed labels have been used; `examples` is n; `basis` says on
    what the curve was fitted, for the model card.
    """

    intercept: float
    direct: float
    bottleneck: float
    cap: float
    provisional: bool
    examples: int
    basis: str

    def confidence(
        self, direct: NDArray[np.integer[Any]], bottleneck: NDArray[np.integer[Any]]
    ) -> NDArray[np.float64]:
        """Confidence of pairs of records within one person.

        Args: direct and bottleneck weights in milli-bits, arrays of one length. Returns
        probabilities in [0, cap], non-decreasing in both.
        """
        low, high = CLIP_BITS
        w = np.clip(direct / 1000.0, low, high)
        b = np.clip(bottleneck / 1000.0, low, high)
        odds = self.intercept + self.direct * w + self.bottleneck * b
        return np.minimum(1.0 / (1.0 + np.exp(-odds)), self.cap)

    def as_dict(self) -> dict[str, Any]:
        """For `parameters.json`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `as_dict`."""
        return cls(**values)
