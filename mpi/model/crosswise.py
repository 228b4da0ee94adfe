"""Conditions that hold one attribute of a record against another attribute of the other record.

People write a family name where a given name belongs. Each condition is symmetric, and written for
SQL and for Python side by side, like those of `mpi.model.predicates`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mpi.model.predicates import reached, sides, values


class _AcrossTwoLists:
    """Values of one list attribute of a record in another list attribute of the other record."""

    sql_word: str
    python_word: str

    def __init__(self, first: str, second: str) -> None:
        self.first, self.second = first, second

    def attributes(self) -> Iterator[str]:
        """The attributes it reads."""
        yield from (self.first, self.second)

    def sql(self) -> str:
        """See `Predicate`."""
        one, other = (
            f"coalesce(list_has_any({left}, {right}), false)" for left, right in self._pairs(sides)
        )
        return f"({one} {self.sql_word} {other})"

    def python(self) -> str:
        """See `Predicate`."""
        one, other = (
            f"({left} is not None and {right} is not None and not {left}.isdisjoint({right}))"
            for left, right in self._pairs(values)
        )
        return f"({one} {self.python_word} {other})"

    def _pairs(self, names: Callable[[str], tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        first_l, first_r = names(self.first)
        second_l, second_r = names(self.second)
        return (first_l, second_r), (second_l, first_r)


class ShareCrosswise(_AcrossTwoLists):
    """Each list of one record has a value in common with the other list of the other record."""

    sql_word, python_word = "AND", "and"


class ShareEitherWay(_AcrossTwoLists):
    """Some list of one record has a value in common with the other list of the other record."""

    sql_word, python_word = "OR", "or"


@dataclass(frozen=True, slots=True)
class SimilarCrosswise:
    """Each of two texts of one record is similar to the other text of the other record."""

    first: str
    second: str
    threshold: float

    def attributes(self) -> Iterator[str]:
        """The attributes it reads."""
        yield from (self.first, self.second)

    def sql(self) -> str:
        """See `Predicate`."""
        (first_l, first_r), (second_l, second_r) = sides(self.first), sides(self.second)
        least = reached(self.threshold)
        return (
            f"coalesce(jaro_winkler_similarity({first_l}, {second_r}) >= {least}"
            f" AND jaro_winkler_similarity({second_l}, {first_r}) >= {least}, false)"
        )

    def python(self) -> str:
        """See `Predicate`."""
        (first_l, first_r), (second_l, second_r) = values(self.first), values(self.second)
        present = " and ".join(f"{v} is not None" for v in (first_l, first_r, second_l, second_r))
        least = reached(self.threshold)
        return (
            f"({present} and jaro_winkler({first_l}, {second_r}) >= {least}"
            f" and jaro_winkler({second_l}, {first_r}) >= {least})"
        )
