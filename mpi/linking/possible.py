"""Possible links: the strongest pair between two clusters, and what kept them apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mpi.linking.evidence import (
    Decisions,
    Flags,
    Integers,
    Pairs,
    VerifiedValues,
)
from mpi.model.thresholds import Thresholds

# What kept two clusters apart, strongest reason first; PossibleLinks.reason indexes this.
REASONS = ("decision", "identifier", "weight", "conflict", "average")
_DECISION, _IDENTIFIER, _WEIGHT, _CONFLICT, _AVERAGE = range(len(REASONS))


@dataclass(frozen=True, slots=True)
class PossibleLinks:
    """The strongest pair of records between each two clusters, one row per pair of clusters.

    `weight` is raw, in milli-bits, at least the review threshold. `reason` indexes REASONS: a
    cannot-link; different HARD_UNIQUE values; no weight of `join`; a mean too low where CONFLICT
    values differ; a mean too low, or a cut through an oversized component. Rows are in the order of
    the two cluster labels.
    """

    left: Integers
    right: Integers
    weight: Integers
    reason: Integers


def possible_links(
    label: Integers,
    known: Pairs,
    identifiers: VerifiedValues,
    decisions: Decisions,
    thresholds: Thresholds,
) -> PossibleLinks:
    """What a reviewer should look at between clusters, given the known pairs."""
    crossing = known.take((known.weight >= thresholds.review) & ~known.within(label))
    if not crossing.left.size:
        return PossibleLinks(*(np.empty(0, dtype=np.int64) for _ in range(4)))
    best = _strongest(label, crossing)
    sides = np.sort(np.stack((label[best.left], label[best.right]), axis=1), axis=1)
    differ = _Differences(identifiers, label)
    reason = np.select(
        [
            np.isin(_key(sides, label.size), _decided(label, decisions.cannot)),
            differ.between(sides, identifiers.hard),
            best.weight < thresholds.join,
            differ.between(sides, ~identifiers.hard),
        ],
        [_DECISION, _IDENTIFIER, _WEIGHT, _CONFLICT],
        default=_AVERAGE,
    ).astype(np.int8)
    return PossibleLinks(best.left, best.right, best.weight, reason)


def _key(sides: Integers, n: int) -> Integers:
    """One number per pair of clusters."""
    return np.asarray(sides[:, 0].astype(np.int64) * n + sides[:, 1])


def _decided(label: Integers, cannot: Integers) -> Integers:
    return _key(np.sort(label[cannot], axis=1), label.size)


def _strongest(label: Integers, crossing: Pairs) -> Pairs:
    """Per pair of clusters the pair of the largest weight; of equals the smallest records."""
    sides = np.sort(np.stack((label[crossing.left], label[crossing.right]), axis=1), axis=1)
    key = _key(sides, label.size)
    order = np.lexsort((crossing.right, crossing.left, -crossing.weight.astype(np.int64), key))
    key = key[order]
    first = np.ones(key.size, dtype=np.bool_)
    first[1:] = key[1:] != key[:-1]
    rows = order[first]
    return Pairs(
        crossing.left[rows], crossing.right[rows], crossing.weight[rows], crossing.blocked[rows]
    )


class _Differences:
    """Which clusters hold different verified values."""

    def __init__(self, identifiers: VerifiedValues, label: Integers) -> None:
        cluster, self.system, value = identifiers.by_group(label).T
        systems = max(identifiers.hard.size, 1)
        slot = cluster * systems + self.system
        self.slots, code = np.unique(slot, return_inverse=True)
        self.sizes = np.bincount(code, minlength=self.slots.size)
        names, self.value = np.unique(value, return_inverse=True)
        # Sorted, as by_group is: the values of a slot are found by bisection.
        self.held = code.astype(np.int64) * max(names.size, 1) + self.value
        self.systems, self.values = systems, max(names.size, 1)

    def between(self, sides: Integers, policy: Flags) -> Flags:
        """Per pair of clusters: does some system of this policy have two values neither shares?

        They differ when neither side holds all the values of the other.
        """
        differ = np.zeros(len(sides), dtype=np.bool_)
        if not self.slots.size:
            return differ
        for system in np.flatnonzero(policy).tolist():
            differ |= self._of_system(sides, system)
        return differ

    def _of_system(self, sides: Integers, system: int) -> Flags:
        differ = np.zeros(len(sides), dtype=np.bool_)
        slot = sides * self.systems + system
        at = np.minimum(np.searchsorted(self.slots, slot), self.slots.size - 1)
        rows = np.flatnonzero((self.slots[at] == slot).all(axis=1))
        at = at[rows]
        smaller = self.sizes[at].min(axis=1)
        differ[rows] = self._shared(at) < smaller
        return differ

    def _shared(self, at: Integers) -> Integers:
        """How many values two slots, shape (m, 2), have in common."""
        start = np.searchsorted(self.held, at * self.values)
        size = self.sizes[at[:, 0]]
        link = np.repeat(np.arange(len(at)), size)
        step = np.arange(link.size) - np.repeat(np.cumsum(size) - size, size)
        wanted = self.value[start[link, 0] + step] + at[link, 1] * self.values
        return np.bincount(link[np.isin(wanted, self.held)], minlength=len(at))
