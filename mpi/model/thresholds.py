"""Where links become persons, and persons become grades: the cut-offs of a release."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from mpi.errors import UnusableModel

MILLI = 1000
"""Match weights are whole milli-bits: 1000 to a bit, so that sums are exact in every engine."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cut-offs in milli-bits of match weight with the prior counted in (posterior log2 odds).

    `low`: a link at least this strong connects two records; clusters form within connections.
    `join`: two groups merge only if some link between them is at least this strong.
    `average`: and if the mean of the clipped weights between them is above this.
    `conflict`: the mean needed instead where the groups hold different verified values of an
    identifier system whose policy is `conflict`.
    `review`: a link at least this strong between two persons is worth a reviewer's look.
    `clip_low`, `clip_high`: bounds on one weight's part in a mean, so that one contradictory
    record cannot veto a merge, nor one overwhelming link buy it.
    `n_cap`: the most records clustered with all their weights; see `mpi.linking.clusters`.
    """

    low: int = -1 * MILLI
    join: int = 0
    average: int = 0
    conflict: int = 8 * MILLI
    review: int = -1 * MILLI
    clip_low: int = -10 * MILLI
    clip_high: int = 12 * MILLI
    n_cap: int = 300

    def __post_init__(self) -> None:
        """Refuse orders under which the rules lose their meaning (nesting, for one)."""
        for lower, higher in (("low", "join"), ("average", "conflict"), ("clip_low", "clip_high")):
            if getattr(self, lower) > getattr(self, higher):
                raise UnusableModel(f"Its threshold {lower} is above its threshold {higher}.")
        if self.clip_low == self.clip_high or self.n_cap < 2:
            raise UnusableModel("It clips every weight to one value, or caps components below 2.")

    def as_dict(self) -> dict[str, int]:
        """For `parameters.json`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of `as_dict`."""
        return cls(**{name: int(value) for name, value in values.items()})
