"""Constrained average linkage of one component, exactly.

Plain Python integers and dictionaries: most components hold fewer than ten records, where this is
faster than arrays, and the cost for large sparse ones grows with their pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heappop, heappush
from operator import truediv
from typing import Any

from mpi.linking.evidence import Flags
from mpi.model.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Component:
    """The evidence of one component.

    `pairs` are (left, right, clipped weight, raw weight) in milli-bits; `must` and `cannot` are
    record pairs, the former in (decision version, key) order; `values` are verified values as
    (record, system, value) codes.
    """

    pairs: Iterable[tuple[int, int, int, int]]
    must: Iterable[tuple[int, int]] = ()
    cannot: Iterable[tuple[int, int]] = ()
    values: Iterable[tuple[int, int, int]] = ()


# Between two groups: sum of clipped weights, number of known pairs, largest raw weight.
_Bond = tuple[int, int, int]


def link(component: Component, thresholds: Thresholds, *, hard: Flags) -> dict[int, int]:
    """Merge the records of a component; returns the cluster of every record that was merged away.

    A cluster is named by its smallest record, which itself is not in the answer. `hard` is the
    policy per identifier system, as in VerifiedValues. Means are over known pairs only: a pair
    that may not be compared, or of an oversized piece, counts neither for nor against.
    """
    groups = _Groups(component, thresholds, hard)
    groups.contract(component.must)
    groups.merge_best_first()
    return {record: groups.find(record) for record in groups.into}


def exact_size(thresholds: Thresholds) -> int:
    """The most records whose component's means compare exactly as floats.

    Two different means S/C and S'/C' are at least 1/(C C') apart, and C C' is at most size^4/16.
    While that exceeds the spacing of floats at the clip bounds, correctly rounded division keeps
    every order and every tie, at a tenth of the cost of a Fraction.
    """
    bound = max(abs(thresholds.clip_low), abs(thresholds.clip_high), 1)
    return int((2**55 / bound) ** 0.25)


class _Groups:
    """Groups of one component while they merge; a group is named by its smallest record."""

    __slots__ = (
        "apart",
        "bonds",
        "decided",
        "divide",
        "hard",
        "held",
        "into",
        "queue",
        "thresholds",
    )

    def __init__(self, component: Component, thresholds: Thresholds, hard: Flags) -> None:
        self.thresholds = thresholds
        self.hard = hard
        self.bonds = _bonds(component)
        self.apart = _both_ways(component.cannot)
        self.held = _held(component.values)
        self.decided: set[int] = set()
        self.into: dict[int, int] = {}
        self.queue: list[tuple[Any, int, int, _Bond]] = []
        exact = len(self.bonds) <= exact_size(thresholds)
        self.divide: Callable[[int, int], Any] = truediv if exact else Fraction

    def find(self, record: int) -> int:
        """The group a record is in."""
        while record in self.into:
            record = self.into[record]
        return record

    def contract(self, must: Iterable[tuple[int, int]]) -> None:
        """Merge must-linked groups, in the order given, unless a cannot-link stands between."""
        for one, other in must:
            a, b = sorted((self.find(one), self.find(other)))
            if b in self.apart.get(a, ()):
                continue
            if a != b:
                self._absorb(a, b)
            self.decided.add(a)

    def merge_best_first(self) -> None:
        """Merge the admissible pair of groups with the largest mean until there is none."""
        for a, near in self.bonds.items():
            self._propose(a, near, [b for b in near if b > a])
        heapify(self.queue)
        while self.queue:
            _, a, b, bond = heappop(self.queue)
            # A bond is replaced whenever one of its groups grows: identity tells a stale entry.
            if self.bonds.get(a, {}).get(b) is bond and self._may_merge(a, b, bond):
                changed = self._absorb(a, b)
                self._propose(a, self.bonds[a], changed)

    def _propose(self, a: int, near: dict[int, _Bond], others: Iterable[int]) -> None:
        """Queue the bonds of `a` with `others` that are strong enough; sign turned: heap is min."""
        join, average = self.thresholds.join, self.thresholds.average
        for b in others:
            bond = near[b]
            total, count, strongest = bond
            if strongest >= join and total > average * count:
                low, high = (a, b) if a < b else (b, a)
                heappush(self.queue, (self.divide(-total, count), low, high, bond))

    def _may_merge(self, a: int, b: int, bond: _Bond) -> bool:
        if b in self.apart.get(a, ()):
            return False
        mine, theirs = self.held.get(a), self.held.get(b)
        if not mine or not theirs:
            return True
        return all(
            self._compatible(system, (a, mine[system]), (b, theirs[system]), bond)
            for system in mine.keys() & theirs.keys()
        )

    def _compatible(
        self, system: int, one: tuple[int, set[int]], other: tuple[int, set[int]], bond: _Bond
    ) -> bool:
        """Whether the values of one system allow the merge.

        HARD_UNIQUE: all values are one, or a must-link inside a group already joined them all.
        CONFLICT: neither group would learn a value, or the mean is above the conflict threshold.
        """
        (a, mine), (b, theirs) = one, other
        if self.hard[system]:
            return (
                len(mine | theirs) == 1
                or (a in self.decided and theirs <= mine)
                or (b in self.decided and mine <= theirs)
            )
        total, count, _ = bond
        return mine <= theirs or theirs <= mine or total > self.thresholds.conflict * count

    def _absorb(self, a: int, b: int) -> list[int]:
        """Merge group b into a (a < b); returns the groups whose standing with a may differ now."""
        self.into[b] = a
        mine, theirs = self.bonds[a], self.bonds.pop(b)
        mine.pop(b, None)
        theirs.pop(a, None)
        for other, bond in theirs.items():
            near = self.bonds[other]
            del near[b]
            known = mine.get(other)
            if known is not None:
                bond = (known[0] + bond[0], known[1] + bond[1], max(known[2], bond[2]))
            mine[other] = near[a] = bond
        self._absorb_constraints(a, b)
        # With more values, a merge refused before may be allowed: propose all again.
        return list(mine) if a in self.held else list(theirs)

    def _absorb_constraints(self, a: int, b: int) -> None:
        for other in self.apart.pop(b, ()):
            self.apart[other].discard(b)
            self.apart[other].add(a)
            self.apart.setdefault(a, set()).add(other)
        for system, values in self.held.pop(b, {}).items():
            self.held.setdefault(a, {}).setdefault(system, set()).update(values)
        if b in self.decided:
            self.decided.add(a)


def _bonds(component: Component) -> dict[int, dict[int, _Bond]]:
    """Per record its known pairs; a record known only from a must-link has none."""
    bonds: dict[int, dict[int, _Bond]] = {}
    for left, right, clipped, raw in component.pairs:
        bond = (clipped, 1, raw)
        bonds.setdefault(left, {})[right] = bond
        bonds.setdefault(right, {})[left] = bond
    for one, other in component.must:
        bonds.setdefault(one, {})
        bonds.setdefault(other, {})
    return bonds


def _both_ways(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    apart: dict[int, set[int]] = {}
    for one, other in pairs:
        apart.setdefault(one, set()).add(other)
        apart.setdefault(other, set()).add(one)
    return apart


def _held(values: Iterable[tuple[int, int, int]]) -> dict[int, dict[int, set[int]]]:
    held: dict[int, dict[int, set[int]]] = {}
    for record, system, value in values:
        held.setdefault(record, {}).setdefault(system, set()).add(value)
    return held
