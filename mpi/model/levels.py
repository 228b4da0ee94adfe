"""The nouns of comparing: comparisons, their levels, and where the weight of a level comes from.

Splink's words: a comparison looks at one aspect of two records, a level is one outcome of it.
The levels of a comparison stand from the strongest agreement down; the last, without a condition,
is everything else. A `null` level says that the records cannot be compared in this aspect; it is
worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mpi.model.predicates import Predicate


class Learning(StrEnum):
    """Where the m and u of a comparison come from."""

    LEARNED = "learned"
    IDENTIFIER = "identifier"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Level:
    """One outcome of a comparison.

    `code` names it in a release and in an explanation; `sentence` says it to a person. `bits` is
    the match weight of a fixed comparison's level and is ignored elsewhere.
    """

    code: str
    sentence: str
    condition: Predicate | None = None
    null: bool = False
    bits: float = 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one aspect of two records is compared."""

    name: str
    levels: tuple[Level, ...]
    learning: Learning = Learning.LEARNED

    def attributes(self) -> list[str]:
        """The attributes its levels read, sorted."""
        conditions = (level.condition for level in self.levels if level.condition is not None)
        return sorted({name for condition in conditions for name in condition.attributes()})

    @property
    def scored(self) -> tuple[Level, ...]:
        """The levels that carry a weight: all but the null level."""
        return tuple(level for level in self.levels if not level.null)
