"""Connected components of links, and what becomes of the ones that are too large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mpi.linking.evidence import Flags, Integers, Labels, Pairs
from mpi.model.thresholds import MILLI, Thresholds


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is completed and clustered on its own.

    `label` is, per record, the smallest record of its piece. `oversized` marks the records of
    pieces that no allowed threshold makes small enough: these are not completed, but clustered on
    their blocked pairs only.
    """

    label: Labels
    oversized: Flags


_FEW = 256
"""Up to so many records and links plain Python is quicker than building a sparse matrix."""


def label_groups(n: int, left: Integers, right: Integers) -> Labels:
    """Per record, the smallest record it is connected with; shape (n,)."""
    if not left.size:
        return np.arange(n)
    if max(n, left.size) <= _FEW:
        return np.array(_label_few(n, left.tolist(), right.tolist()), dtype=np.int64)
    ones = np.ones(left.size, dtype=np.int8)
    graph = coo_array((ones, (left, right)), shape=(n, n)).tocsr()
    count, group = connected_components(graph, directed=False)
    smallest = np.empty(count, dtype=np.int64)
    # Of repeated indices the last assignment stays, so going backwards leaves the smallest record.
    smallest[group[::-1]] = np.arange(n - 1, -1, -1)
    return np.asarray(smallest[group])


def _label_few(n: int, left: list[int], right: list[int]) -> list[int]:
    into = list(range(n))
    for one, other in zip(left, right, strict=True):
        while into[one] != one:
            one = into[one]
        while into[other] != other:
            other = into[other]
        if one < other:
            into[other] = one
        else:
            into[one] = other
    # A record leads to a smaller one, which by then leads straight to the smallest.
    for record in range(n):
        into[record] = into[into[record]]
    return into


def connected(n: int, pairs: Pairs, *, low: int, must: Integers) -> Labels:
    """Components over blocked pairs of weight `low` or more and must-links, shape (n,).

    A component is labelled with its smallest record. Completed pairs never connect.
    """
    rows = pairs.blocked & (pairs.weight >= low)
    return label_groups(
        n,
        np.concatenate((pairs.left[rows], must[:, 0])),
        np.concatenate((pairs.right[rows], must[:, 1])),
    )


def split_oversized(
    label: Labels, pairs: Pairs, *, must: Integers, thresholds: Thresholds
) -> Pieces:
    """Split every component of more than `n_cap` records until its pieces are small enough.

    The low threshold rises by one bit at a time up to the upper clip, and only inside what is
    still too large, so that what has come loose is not broken further. It rises past the join
    threshold because a component clustered on its blocked pairs alone is judged by its agreements
    only, and hangs together whoever is in it. Must-linked records count as one and never part. A
    function of the component alone: batch and real time agree.
    """
    if label.size <= thresholds.n_cap:
        return Pieces(label, np.zeros(label.size, dtype=np.bool_))
    label = label.copy()
    first = label_groups(label.size, must[:, 0], must[:, 1]) == np.arange(label.size)
    large = _larger(label, first, thresholds.n_cap)
    inside = pairs.take(pairs.blocked & large[pairs.left] & pairs.within(label))
    level = thresholds.low
    while level < thresholds.clip_high and large.any():
        level = min(level + MILLI, thresholds.clip_high)
        inside = inside.take(large[inside.left] & (inside.weight >= level))
        _relabel(label, np.flatnonzero(large), inside, must)
        large = _larger(label, first, thresholds.n_cap)
    return Pieces(label, large)


def pieces(n: int, pairs: Pairs, *, must: Integers, thresholds: Thresholds) -> Pieces:
    """Components at the low threshold, the oversized ones split: what is to be completed."""
    label = connected(n, pairs, low=thresholds.low, must=must)
    return split_oversized(label, pairs, must=must, thresholds=thresholds)


def _larger(label: Labels, first: Flags, cap: int) -> Flags:
    """Per record, whether its piece holds more than `cap` records, must-linked ones as one."""
    size = np.bincount(label[first], minlength=label.size)
    return np.asarray(size[label] > cap)


def _relabel(label: Labels, members: Integers, inside: Pairs, must: Integers) -> None:
    """Label `members` anew, in place, by the pairs that still connect them."""
    must = must[np.isin(must[:, 0], members)]
    left = np.searchsorted(members, np.concatenate((inside.left, must[:, 0])))
    right = np.searchsorted(members, np.concatenate((inside.right, must[:, 1])))
    label[members] = members[label_groups(members.size, left, right)]
