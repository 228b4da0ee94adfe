"""The compiled scorer: a release evaluated in Python, for one pair in microseconds.

Splink scores batches; planning its SQL costs more than real time has. The same comparisons are
compiled here to one Python function each, from the conditions that also render the SQL, and sum
the same whole milli-bits. A parity test holds the two together, level by level.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from mpi.errors import UnusableModel
from mpi.model.comparisons import COMPARISONS
from mpi.model.levels import Comparison
from mpi.model.parameters import Release

Comparable = Mapping[str, Any]
"""An annotated row whose lists are frozensets; see `comparable`."""


def comparable(row: Mapping[str, Any]) -> dict[str, Any]:
    """An annotated row as the scorer reads it: every list a frozenset."""
    return {
        name: frozenset(value) if isinstance(value, list) else value for name, value in row.items()
    }


class Scorer:
    """Scores pairs of comparable rows with a release.

    Raises UnusableModel when the release lacks a level of a comparison that it has, and when it has
    a comparison or a level that this code does not know: leaving it out would change every weight.
    """

    def __init__(self, release: Release) -> None:
        """Args: release, whose comparisons are compiled once."""
        _check_known(release)
        compared = [(c, _weights(c, release)) for c in COMPARISONS if c.name in release.levels]
        self._compiled = [(c.name, _compile(c), worth) for c, worth in compared]
        self._weight = _compile_weight(compared, release.prior)

    def weight(self, left: Comparable, right: Comparable) -> int:
        """The match weight of a pair, prior included, in milli-bits."""
        return self._weight(left, right)

    def levels(self, left: Comparable, right: Comparable) -> dict[str, tuple[int, int]]:
        """For each comparison the number of the level that holds, and its weight in milli-bits."""
        found = {}
        for name, level, worth in self._compiled:
            number = level(left, right)
            found[name] = (number, worth[number])
        return found


def _check_known(release: Release) -> None:
    known = {c.name: {v.code for v in c.levels} for c in COMPARISONS}
    for name, levels in release.levels.items():
        strange = levels.keys() - known.get(name, set())
        if name not in known or strange:
            what = ", ".join(sorted(strange)) or "every level"
            raise UnusableModel(f"This version does not know {what} of comparison {name}.")


def _weights(comparison: Comparison, release: Release) -> tuple[int, ...]:
    """The weight of each level, in the order of the comparison; a null level weighs nothing."""
    known = release.levels[comparison.name]
    missing = [v.code for v in comparison.scored if v.code not in known]
    if missing:
        raise UnusableModel(f"It lacks the levels {', '.join(missing)} of {comparison.name}.")
    return tuple(0 if v.null else known[v.code].weight for v in comparison.levels)


def _compile(comparison: Comparison) -> Callable[[Comparable, Comparable], int]:
    """A function that gives the number of the first level that holds."""
    lines = ["def level(l, r):"]
    for number, level in enumerate(comparison.levels):
        condition = "True" if level.condition is None else level.condition.python()
        lines.append(f" if {condition}: return {number}")
    return _function("level", lines)


def _compile_weight(
    compared: Sequence[tuple[Comparison, Sequence[int]]], prior: int
) -> Callable[[Comparable, Comparable], int]:
    """A function that gives the match weight: all comparisons in one, for there are many pairs."""
    lines = ["def weight(l, r):", f" total = {prior}"]
    for comparison, worth in compared:
        for number, (level, bits) in enumerate(zip(comparison.levels, worth, strict=True)):
            condition = "True" if level.condition is None else level.condition.python()
            lines.append(f" {'elif' if number else 'if'} {condition}: total += {bits}")
    return _function("weight", [*lines, " return total"])


def _function(name: str, lines: Sequence[str]) -> Callable[[Comparable, Comparable], int]:
    space: dict[str, Any] = {
        "jaro_winkler": JaroWinkler.similarity,
        "damerau_levenshtein": DamerauLevenshtein.distance,
    }
    # our own text, not input: the conditions of the comparisons in this package, and whole numbers
    exec("\n".join(lines), space)
    compiled: Callable[[Comparable, Comparable], int] = space[name]
    return compiled
