"""What gates are made of: the limits, a release with its figures, and what came of each gate."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from mpi.errors import InvalidGates
from mpi.training.figures import Figures


@dataclass(frozen=True, slots=True)
class Gates:
    """What is allowed. Shares are between 0 and 1; each field may be set in a TOML file.

    `people`: the fewest people that an evaluation must cover.
    `precision`, `recall`: the least of each, pairwise and end to end.
    `margin`: by how much a release may surely be worse than the current one, in false or missed
    pairs, where both were judged on the same people at once.
    `twins`: the share of pairs of twins wrongly merged must be below this.
    `ece`: the expected calibration error must be below this.
    `bands_from`: the bands of confidence from here up must hold within the limits of chance.
    `group_gap`: by how much the recall of a group may surely be below that of everybody; 1 lets
    anything pass, and an evaluation without groups as well.
    `people_for_groups`: with fewer people than this a gap between groups may stay unseen, which is
    worth a warning.
    `moved`: the largest share of records whose person id may change, where that is known.
    """

    people: int = 1_000
    precision: float = 0.995
    recall: float = 0.9
    margin: float = 0.001
    twins: float = 0.03
    ece: float = 0.01
    bands_from: float = 0.99
    group_gap: float = 0.03
    people_for_groups: int = 200_000
    moved: float = 1.0

    def as_dict(self) -> dict[str, float]:
        """For `released.json`."""
        return asdict(self)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The limits of a TOML file, with the defaults where it says nothing.

        Raises InvalidGates when it cannot be read, or sets what is no gate or no limit.
        """
        try:
            with path.open("rb") as file:
                given = tomllib.load(file)
        except (OSError, ValueError) as error:
            raise InvalidGates("It cannot be read as TOML.", file=path) from error
        kinds = {field.name: type(field.default) for field in fields(cls)}
        for name, value in given.items():
            if name not in kinds:
                said = f"There is no such gate; there are {', '.join(kinds)}."
                raise InvalidGates(said, file=path, key=name)
            if not _allowed(value, kinds[name]):
                said = "whole number of 0 or more" if kinds[name] is int else "number from 0 to 1"
                raise InvalidGates(f"It must be a {said}.", file=path, key=name)
        return cls(**given)


def _allowed(value: Any, kind: type) -> bool:
    """Whether a limit may have this value: a number of people, or a share."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) and value >= 0 if kind is int else 0 <= value <= 1


class Outcome(StrEnum):
    """What came of one gate. Only a failed one keeps a release back."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate: what was measured, what is allowed, and what there is to say about it."""

    gate: str
    outcome: Outcome
    measured: float | None = None
    limit: float | None = None
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self) | {"outcome": self.outcome.value}

    def row(self) -> tuple[str, str, str, str, str]:
        """Gate, outcome, what was measured, the limit, and what there is to say."""
        return (self.gate, self.outcome.value, *self._figures(), self.detail)

    def __str__(self) -> str:
        """For an error: the gate, and what keeps it shut."""
        measured, limit = self._figures()
        figures = f" {measured}, limit {limit}" if measured and limit else ""
        return f"{self.gate}{figures}" + (f": {self.detail.rstrip('.')}" if self.detail else "")

    def _figures(self) -> tuple[str, str]:
        return _number(self.measured), _number(self.limit)


def _number(figure: float | None) -> str:
    if figure is None:
        return ""
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.4f}"


@dataclass(frozen=True, slots=True)
class Measured:
    """A release and what its `metrics.json` says of it."""

    name: str
    identity: str
    metrics: Figures

    @property
    def trained_on(self) -> int | None:
        """How many records it was trained on, if that is known."""
        found: int | None = (self.metrics.get("trained") or {}).get("records")
        return found

    @property
    def sketches(self) -> Sequence[str]:
        """Of the feeds it was trained on, and of those that its weights are from."""
        trained = self.metrics.get("trained") or {}
        own = trained.get("sketch")
        return [*([own] if own else []), *trained.get("sketches_of_weights", ())]

    @property
    def evaluation(self) -> Figures | None:
        """How it was judged; None if it never was, or if that was another release."""
        found: Figures | None = self.metrics.get("evaluation")
        if not found or found["release"]["identity"] != self.identity:
            return None
        return found
