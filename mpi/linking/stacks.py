"""Constrained average linkage of many components at once.

Components of about one size are solved in step, as a stack of matrices: one step merges the best
pair of groups of every component. The same rule as in `linkage`, and exactly the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mpi.linking.evidence import Flags, Integers, Labels, Pairs
from mpi.linking.places import Places, ranges
from mpi.model.thresholds import Thresholds

# Small enough for the processor's cache, large enough to hide the cost of a numpy call.
_CELLS = 200_000
# Values of one system in one component that fit in the bits of one integer.
MOST_VALUES = 62


@dataclass(frozen=True, slots=True)
class Stacked:
    """Components and what is known about them, with records numbered from 0.

    `label` names the component of each record; `pairs`, `must` and `cannot` are inside components,
    the must-links in (decision version, key) order.
    `masks[system, record]` has a bit for each verified value the record holds; `hard` is the
    policy per system.
    """

    label: Labels
    pairs: Pairs
    must: Integers
    cannot: Integers
    masks: Labels
    hard: Flags


def link_stacks(stacked: Stacked, thresholds: Thresholds) -> Labels:
    """The cluster of every record, shape (n,).

    Means must compare exactly as floats, see `linkage.exact_size`.
    """
    places = Places(stacked.label)
    pairs = _Ends(places, stacked.pairs.left, stacked.pairs.right)
    must = _Ends(places, *stacked.must.T)
    cannot = _Ends(places, *stacked.cannot.T)
    found = np.empty(stacked.label.size, dtype=np.int64)
    for groups, width in _batches(places.size):
        stack = _Stack(len(groups), width, thresholds, stacked.hard)
        cells, rows = pairs.of(groups)
        stack.enter_pairs(cells, stacked.pairs.weight[rows])
        stack.bar(cannot.of(groups)[0])
        at, position, record = places.spread(groups)
        stack.masks[:, at, position] = stacked.masks[:, record]
        stack.contract(must.of(groups)[0])
        stack.merge()
        first = places.start[groups][at]
        found[record] = places.order[first + stack.name[at, position]]
    return found


_Cells = tuple[Labels, Labels, Labels]


class _Ends:
    """Pairs of records sorted by their group, to find those of some groups; order is kept."""

    def __init__(self, places: Places, left: Integers, right: Integers) -> None:
        group = places.group[left]
        self.rows = np.argsort(group, kind="stable")
        self.bounds = np.searchsorted(group[self.rows], np.arange(places.size.size + 1))
        self.left, self.right = places.position[left], places.position[right]

    def of(self, groups: Labels) -> tuple[_Cells, Labels]:
        """For the pairs of `groups`: (which of the groups, position, position), and the row."""
        first = self.bounds[groups]
        at, place = ranges(first, self.bounds[groups + 1] - first)
        rows = self.rows[place]
        return (at, self.left[rows], self.right[rows]), rows


def _batches(size: Labels) -> Iterator[tuple[Labels, int]]:
    """Groups of about one size and the width of their matrices, in chunks."""
    width = np.where(size <= 16, size, -(-size // 8) * 8)
    order = np.argsort(width, kind="stable")
    for wide in np.unique(width).tolist():
        first, last = np.searchsorted(width[order], (wide, wide + 1)).tolist()
        step = max(_CELLS // (wide * wide), 1)
        for start in range(first, last, step):
            yield order[start : min(start + step, last)], wide


class _Stack:
    """Matrices between the groups of `count` components, a group at the place of its first record.

    `mean` holds admissible means above the diagonal only, so that the first of equal largest cells
    is the pair of the smallest keys.
    """

    def __init__(self, count: int, width: int, thresholds: Thresholds, hard: Flags) -> None:
        shape = (count, width, width)
        self.thresholds = thresholds
        self.hard = hard
        self.total = np.zeros(shape, dtype=np.int64)
        self.known = np.zeros(shape, dtype=np.int64)
        self.strong = np.zeros(shape, dtype=np.bool_)
        self.apart = np.zeros(shape, dtype=np.bool_)
        self.masks = np.zeros((hard.size, count, width), dtype=np.int64)
        self.decided = np.zeros((count, width), dtype=np.bool_)
        self.name: Labels = np.tile(np.arange(width), (count, 1))
        self.mean = np.empty(0)

    def enter_pairs(self, cells: _Cells, weight: Integers) -> None:
        """Enter scored pairs, `cells` as (component, left, right)."""
        clipped = np.clip(weight, self.thresholds.clip_low, self.thresholds.clip_high)
        at, left, right = cells
        for cell in ((at, left, right), (at, right, left)):
            self.total[cell] = clipped
            self.known[cell] = 1
            self.strong[cell] = weight >= self.thresholds.join

    def bar(self, cells: _Cells) -> None:
        """Enter cannot-links."""
        at, left, right = cells
        self.apart[at, left, right] = True
        self.apart[at, right, left] = True

    def contract(self, must: _Cells) -> None:
        """Merge must-linked groups in the order given, unless a cannot-link stands between.

        In rounds: the first must-link of every component, then the second of each, and so on.
        """
        component, left, right = must
        turn = np.arange(component.size) - np.searchsorted(component, component)
        for round_ in range(int(turn.max(initial=-1)) + 1):
            now = turn == round_
            at = component[now]
            one, other = self.name[at, left[now]], self.name[at, right[now]]
            free = ~self.apart[at, one, other]
            a, b = np.minimum(one, other), np.maximum(one, other)
            self.decided[at[free], a[free]] = True
            free &= a != b
            self._absorb(at[free], a[free], b[free])

    def merge(self) -> None:
        """Merge the best pair of groups of every component until none has one."""
        count, width = self.name.shape
        every = self._means(
            (self.total, self.known, self.strong & ~self.apart),
            (self.masks[:, :, :, None], self.masks[:, :, None, :]),
            (self.decided[:, :, None], self.decided[:, None, :]),
        )
        self.mean = np.where(np.triu(np.ones((width, width), dtype=np.bool_), 1), every, -np.inf)
        active = np.arange(count)
        while active.size:
            mean = self.mean if active.size == count else self.mean[active]
            flat = mean.reshape(active.size, -1)
            best = flat.argmax(axis=1)
            going = flat[np.arange(active.size), best] > -np.inf
            active, best = active[going], best[going]
            self._absorb(active, best // width, best % width)
            self._judge(active, best // width, best % width)

    def _absorb(self, at: Labels, a: Labels, b: Labels) -> None:
        """Merge group b into a (a < b) in each of the components `at`."""
        each = np.arange(at.size)
        name = self.name[at]
        self.name[at] = np.where(name == b[:, None], a[:, None], name)
        tables: list[npt.NDArray[Any]] = [self.total, self.known, self.strong, self.apart]
        for table in tables:
            row = table[at, a] + table[at, b]
            row[each, a] = 0
            row[each, b] = 0
            table[at, a] = row
            table[at, :, a] = row
            table[at, b] = 0
            table[at, :, b] = 0
        self.masks[:, at, a] |= self.masks[:, at, b]
        self.decided[at, a] |= self.decided[at, b]

    def _judge(self, at: Labels, a: Labels, b: Labels) -> None:
        """The means of the group `a` with the others; the group `b` is no more."""
        self.mean[at, b] = -np.inf
        self.mean[at, :, b] = -np.inf
        mean = self._means(
            (self.total[at, a], self.known[at, a], self.strong[at, a] & ~self.apart[at, a]),
            (self.masks[:, at, a][:, :, None], self.masks[:, at]),
            (self.decided[at, a][:, None], self.decided[at]),
        )
        place = np.arange(mean.shape[1])
        self.mean[at, a] = np.where(place > a[:, None], mean, -np.inf)
        self.mean[at, :, a] = np.where(
            place < a[:, None], mean, np.where(place == a[:, None], -np.inf, self.mean[at, :, a])
        )

    def _means(
        self,
        bonds: tuple[Labels, Labels, Flags],
        held: tuple[Labels, Labels],
        decided: tuple[Flags, Flags],
    ) -> npt.NDArray[np.float64]:
        """Means of bonds (total, known, free to merge), minus infinity where none is admissible.

        `held` and `decided` are of the two sides of each bond; see `linkage` for the rules.
        """
        total, known, free = bonds
        good = free & (total > self.thresholds.average * known)
        for mine, theirs, hard in zip(*held, self.hard.tolist(), strict=True):
            learns_none, teaches_none = theirs & ~mine == 0, mine & ~theirs == 0
            if hard:
                both = mine | theirs
                good &= (
                    (mine == 0)
                    | (theirs == 0)
                    | (both & (both - 1) == 0)
                    | (decided[0] & learns_none)
                    | (decided[1] & teaches_none)
                )
            else:
                high = total > self.thresholds.conflict * known
                good &= learns_none | teaches_none | high
        mean = np.full(total.shape, -np.inf)
        np.divide(total, known, out=mean, where=good)
        return mean
