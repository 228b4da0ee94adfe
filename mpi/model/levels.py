"""The nouns of comparing: comparisons, their levels, and where the weight of a level comes from.

Splink's words: a comparison looks at one aspect of two records, a level is one outcome of it.
The levels of a comparison stand from the strongest agreement down; the last, without a condition,
is everything else. A `null` level says that the records cannot be compared in this aspect; it is
worth nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

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

    @classmethod
    def unknown(cls, condition: Predicate, what: str) -> Self:
        """The null level of a comparison of `what`."""
        return cls("unknown", f"{what} not known for both records", condition, null=True)

    @classmethod
    def other(cls, sentence: str) -> Self:
        """The last level, of whatever no level above it took."""
        return cls("other", sentence)


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

    def level_sql(self) -> str:
        """DuckDB SQL for the number of the first level that holds; see `Predicate.sql`."""
        branches = " ".join(
            f"WHEN {level.condition.sql()} THEN {number}"
            for number, level in enumerate(self.levels)
            if level.condition is not None
        )
        return f"CASE {branches} ELSE {len(self.levels) - 1} END"
