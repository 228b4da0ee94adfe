"""Which joined components are not settled by a look at their weights, and their evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from mpi.linking.evidence import Decisions, Flags, Integers, Labels, Pairs, VerifiedValues
from mpi.linking.linkage import Component, exact_size
from mpi.linking.stacks import MOST_VALUES, Stacked
from mpi.model.thresholds import Thresholds

_Row = TypeVar("_Row")

_FEW = 40
"""Records up to which their components are quicker linked one by one than in a stack."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Joined components, by the label of each record, the known pairs inside them, and the rest."""

    joined: Labels
    own: Pairs
    identifiers: VerifiedValues
    decisions: Decisions
    thresholds: Thresholds

    def open_components(self) -> tuple[Flags, Flags]:
        """Per label, whether its component is open and to be linked one by one; or in a stack.

        Open means not provably one cluster, for the reason given in `clusters`.
        """
        clipped = np.clip(self.own.weight, self.thresholds.clip_low, self.thresholds.clip_high)
        group = self.joined[self.own.left]
        open_, low = self._flags(2)
        open_[group[clipped <= self.thresholds.average]] = True
        low[group[clipped <= self.thresholds.conflict]] = True
        open_[self._inside(self.decisions.cannot)] = True
        disputed, system = self.identifiers.disputed(self.joined).T
        open_[disputed[self.identifiers.hard[system] | low[disputed]]] = True
        alone = self._unfit_for_stack()
        return open_ & alone, open_ & ~alone

    def _unfit_for_stack(self) -> Flags:
        """Per label, whether its component has too many records or values for a matrix.

        Or too few to be worth one.
        """
        if self.joined.size <= _FEW:
            return np.ones(self.joined.size, dtype=np.bool_)
        size = np.bincount(self.joined, minlength=self.joined.size)
        unfit = size > min(self.thresholds.n_cap, exact_size(self.thresholds))
        disputed = self.identifiers.disputed(self.joined)[:, 0]
        unfit |= np.bincount(disputed, minlength=unfit.size) >= MOST_VALUES
        return np.asarray(unfit)

    def stacked(self, members: Labels) -> Stacked:
        """What is known about the records `members`, renumbered from 0 in this order."""
        place = np.full(self.joined.size, -1)
        place[members] = np.arange(members.size)
        own = self.own.take(place[self.own.left] >= 0)
        pairs = Pairs(place[own.left], place[own.right], own.weight, own.blocked)
        held = self.identifiers.take(place[self.identifiers.record] >= 0)
        masks = np.zeros((held.hard.size, members.size), dtype=np.int64)
        bits = np.left_shift(1, held.ranks(self.joined))
        np.bitwise_or.at(masks, (held.system, place[held.record]), bits)
        must, cannot = (
            place[ends[self._same(ends) & (place[ends[:, 0]] >= 0)]]
            for ends in (self.decisions.must_in_order(), self.decisions.cannot)
        )
        return Stacked(self.joined[members], pairs, must, cannot, masks, held.hard)

    def components(self, wanted: Flags) -> Iterator[Component]:
        """The components of the wanted labels, in plain Python."""
        must = self._decided(self.decisions.must_in_order(), wanted)
        cannot = self._decided(self.decisions.cannot, wanted)
        values, pairs = self._values(wanted), self._pairs(wanted)
        for name in np.flatnonzero(wanted).tolist():
            yield Component(
                pairs.get(name, ()), must.get(name, ()), cannot.get(name, ()), values.get(name, ())
            )

    def _flags(self, count: int) -> Flags:
        return np.zeros((count, self.joined.size), dtype=np.bool_)

    def _inside(self, ends: Integers) -> Labels:
        """The labels of the components inside which a decision stands."""
        return np.asarray(self.joined[ends[self._same(ends), 0]])

    def _same(self, ends: Integers) -> Flags:
        return np.asarray(self.joined[ends[:, 0]] == self.joined[ends[:, 1]])

    def _pairs(self, wanted: Flags) -> dict[int, list[tuple[int, int, int, int]]]:
        own = self.own.take(wanted[self.joined[self.own.left]])
        clipped = np.clip(own.weight, self.thresholds.clip_low, self.thresholds.clip_high)
        columns = (column.tolist() for column in (own.left, own.right, clipped, own.weight))
        return _by_name(self.joined[own.left], zip(*columns, strict=True))

    def _decided(self, ends: Integers, wanted: Flags) -> dict[int, list[tuple[int, int]]]:
        """Decisions inside the wanted components, in the order given."""
        inside = ends[self._same(ends) & wanted[self.joined[ends[:, 0]]]]
        rows = zip(inside[:, 0].tolist(), inside[:, 1].tolist(), strict=True)
        return _by_name(self.joined[inside[:, 0]], rows)

    def _values(self, wanted: Flags) -> dict[int, list[tuple[int, int, int]]]:
        """Verified values of the wanted components in which some system has two of them."""
        disputed = self._flags(1)[0]
        disputed[self.identifiers.disputed(self.joined)[:, 0]] = True
        group = self.joined[self.identifiers.record]
        held = self.identifiers.take((disputed & wanted)[group])
        rows = zip(held.record.tolist(), held.system.tolist(), held.value.tolist(), strict=True)
        return _by_name(self.joined[held.record], rows)


def _by_name(names: Labels, rows: Iterable[_Row]) -> dict[int, list[_Row]]:
    """Rows gathered by the name beside each."""
    found: dict[int, list[_Row]] = defaultdict(list)
    for name, row in zip(names.tolist(), rows, strict=True):
        found[name].append(row)
    return found
