"""Where records stand in their groups, so that groups of one size are solved as one stack."""

from __future__ import annotations

import numpy as np

from mpi.linking.evidence import Integers, Labels


class Places:
    """The place of each record in its group, in the order of records, for any labelling.

    `group` numbers the groups from 0 by label; `position` counts inside a group from 0.
    """

    __slots__ = ("group", "order", "position", "size", "start")

    def __init__(self, label: Integers) -> None:
        self.order: Labels = np.argsort(label, kind="stable")
        sorted_ = label[self.order]
        first = np.ones(label.size, dtype=np.bool_)
        first[1:] = sorted_[1:] != sorted_[:-1]
        self.start: Labels = np.flatnonzero(first)
        self.size: Labels = np.diff(np.append(self.start, label.size))
        self.group: Labels = np.empty(label.size, dtype=np.int64)
        self.group[self.order] = np.repeat(np.arange(self.size.size), self.size)
        self.position: Labels = np.empty(label.size, dtype=np.int64)
        self.position[self.order] = np.arange(label.size) - np.repeat(self.start, self.size)

    def members(self, groups: Integers, size: int) -> Labels:
        """The records of groups of one size, shape (groups, size)."""
        return np.asarray(self.order[self.start[groups][:, None] + np.arange(size)])

    def spread(self, groups: Integers) -> tuple[Labels, Labels, Labels]:
        """The records of groups of any sizes: which of the groups, position, record."""
        size = self.size[groups]
        at, place = ranges(self.start[groups], size)
        return at, np.asarray(place - self.start[groups][at]), np.asarray(self.order[place])


def ranges(start: Labels, size: Labels) -> tuple[Labels, Labels]:
    """The elements of ranges, one after the other: which range, and the element."""
    at = np.repeat(np.arange(size.size), size)
    step = np.arange(at.size) - np.repeat(np.cumsum(size) - size, size)
    return at, np.asarray(start[at] + step)
