"""Conditions on a pair of records, each written once and rendered for SQL and for Python.

Splink needs a condition on two rows as DuckDB SQL, the real-time scorer needs it as Python. Both
renderings stand beside each other here, so a level is defined once and cannot mean two things.

Every rendering is two-valued: a missing value makes a condition false, never null, so that
`Not` means the same in both languages. In SQL the two records are the suffixes `_l` and `_r`; in
Python they are rows `l` and `r`, and lists are frozensets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

_HAIR = 1e-12
"""More than the error of a similarity, and less than two that differ are apart."""


class Predicate(Protocol):
    """A two-valued, symmetric condition on a pair of records."""

    def sql(self) -> str:
        """DuckDB SQL over `<attribute>_l` and `<attribute>_r`."""

    def python(self) -> str:
        """A Python expression over the rows `l` and `r`, indexed by attribute name."""

    def attributes(self) -> Iterator[str]:
        """The attributes it reads."""


def sides(attribute: str) -> tuple[str, str]:
    """An attribute of the two records, in SQL."""
    return f'"{attribute}_l"', f'"{attribute}_r"'


def values(attribute: str) -> tuple[str, str]:
    """An attribute of the two records, in Python."""
    return f"l[{attribute!r}]", f"r[{attribute!r}]"


def reached(threshold: float) -> str:
    """The similarity from which a threshold counts as reached, in SQL and in Python.

    A hair below it: two texts can be exactly 0.92 alike, and engines differ in the last bit.
    """
    return f"{threshold - _HAIR:.13f}"


@dataclass(frozen=True, slots=True)
class _OfOneAttribute:
    attribute: str

    def attributes(self) -> Iterator[str]:
        """The attributes it reads."""
        yield self.attribute


@dataclass(frozen=True, slots=True)
class Missing(_OfOneAttribute):
    """At least one of the records says nothing about the attribute."""

    def sql(self) -> str:
        """See `Predicate`."""
        left, right = sides(self.attribute)
        return f"({left} IS NULL OR {right} IS NULL)"

    def python(self) -> str:
        """See `Predicate`."""
        left, right = values(self.attribute)
        return f"({left} is None or {right} is None)"


@dataclass(frozen=True, slots=True)
class Equal(_OfOneAttribute):
    """Both records have the same value."""

    def sql(self) -> str:
        """See `Predicate`."""
        left, right = sides(self.attribute)
        return f"coalesce({left} = {right}, false)"

    def python(self) -> str:
        """See `Predicate`."""
        left, right = values(self.attribute)
        return f"({left} is not None and {left} == {right})"


@dataclass(frozen=True, slots=True)
class Both(_OfOneAttribute):
    """Both records have this value of a whole-number attribute."""

    value: int

    def sql(self) -> str:
        """See `Predicate`."""
        left, right = sides(self.attribute)
        return f"coalesce({left} = {self.value} AND {right} = {self.value}, false)"

    def python(self) -> str:
        """See `Predicate`."""
        left, right = values(self.attribute)
        return f"({left} == {self.value} == {right})"


@dataclass(frozen=True, slots=True)
class Share(_OfOneAttribute):
    """The two lists have a value in common."""

    def sql(self) -> str:
        """See `Predicate`."""
        left, right = sides(self.attribute)
        return f"coalesce(list_has_any({left}, {right}), false)"

    def python(self) -> str:
        """See `Predicate`."""
        left, right = values(self.attribute)
        return f"({left} is not None and {right} is not None and not {left}.isdisjoint({right}))"


@dataclass(frozen=True, slots=True)
class ShareAtLeast(_OfOneAttribute):
    """The two lists have at least so many values in common."""

    count: int

    def sql(self) -> str:
        """See `Predicate`."""
        left, right = sides(self.attribute)
        return f"coalesce(len(list_intersect({left}, {right})) >= {self.count}, false)"

    def python(self) -> str:
        """See `Predicate`."""
        left, right = values(self.attribute)
        present = f"{left} is not None and {right} is not None"
        return f"({present} and len({left} & {right}) >= {self.count})"


@dataclass(frozen=True, slots=True)
class Similar(_OfOneAttribute):
    """Two texts reach a Jaro-Winkler similarity (of bytes, which on ASCII all engines share)."""

    threshold: float

    def sql(self) -> str:
        """See `Predicate`."""
        left, right = sides(self.attribute)
        least = reached(self.threshold)
        return f"coalesce(jaro_winkler_similarity({left}, {right}) >= {least}, false)"

    def python(self) -> str:
        """See `Predicate`."""
        left, right = values(self.attribute)
        present = f"{left} is not None and {right} is not None"
        return f"({present} and jaro_winkler({left}, {right}) >= {reached(self.threshold)})"


@dataclass(frozen=True, slots=True)
class WithinEdits(_OfOneAttribute):
    """Two texts are at most so many insertions, deletions, changes or transpositions apart."""

    edits: int

    def sql(self) -> str:
        """See `Predicate`."""
        left, right = sides(self.attribute)
        return f"coalesce(damerau_levenshtein({left}, {right}) <= {self.edits}, false)"

    def python(self) -> str:
        """See `Predicate`."""
        left, right = values(self.attribute)
        present = f"{left} is not None and {right} is not None"
        return f"({present} and damerau_levenshtein({left}, {right}) <= {self.edits})"


@dataclass(frozen=True, slots=True)
class SamePart(_OfOneAttribute):
    """Two texts agree in the characters from `start` (counted from 0) to before `stop`."""

    start: int
    stop: int

    def sql(self) -> str:
        """See `Predicate`."""
        left, right = sides(self.attribute)
        span = f"{self.start + 1}, {self.stop - self.start}"
        return f"coalesce(substr({left}, {span}) = substr({right}, {span}), false)"

    def python(self) -> str:
        """See `Predicate`."""
        left, right = values(self.attribute)
        span = f"[{self.start}:{self.stop}]"
        present = f"{left} is not None and {right} is not None"
        return f"({present} and {left}{span} == {right}{span})"


@dataclass(frozen=True, slots=True)
class Initial(_OfOneAttribute):
    """One text is a single letter and the other begins with it."""

    def sql(self) -> str:
        """See `Predicate`."""
        left, right = sides(self.attribute)
        return (
            f"coalesce((length({left}) = 1 OR length({right}) = 1)"
            f" AND substr({left}, 1, 1) = substr({right}, 1, 1), false)"
        )

    def python(self) -> str:
        """See `Predicate`."""
        left, right = values(self.attribute)
        present = f"{left} is not None and {right} is not None"
        one = f"(len({left}) == 1 or len({right}) == 1)"
        return f"({present} and {one} and {left}[0] == {right}[0])"


@dataclass(frozen=True, slots=True)
class Not:
    """The condition does not hold."""

    condition: Predicate

    def attributes(self) -> Iterator[str]:
        """The attributes it reads."""
        return self.condition.attributes()

    def sql(self) -> str:
        """See `Predicate`."""
        return f"(NOT {self.condition.sql()})"

    def python(self) -> str:
        """See `Predicate`."""
        return f"(not {self.condition.python()})"


class _OfSeveral:
    sql_word: str
    python_word: str

    def __init__(self, *conditions: Predicate) -> None:
        self.conditions = conditions

    def attributes(self) -> Iterator[str]:
        """The attributes it reads."""
        for condition in self.conditions:
            yield from condition.attributes()

    def sql(self) -> str:
        """See `Predicate`."""
        return f"({f' {self.sql_word} '.join(c.sql() for c in self.conditions)})"

    def python(self) -> str:
        """See `Predicate`."""
        return f"({f' {self.python_word} '.join(c.python() for c in self.conditions)})"


class All(_OfSeveral):
    """Every condition holds."""

    sql_word, python_word = "AND", "and"


class AnyOf(_OfSeveral):
    """At least one condition holds."""

    sql_word, python_word = "OR", "or"
