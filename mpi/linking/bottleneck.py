"""How strongly the records of a cluster hang together: spanning trees and bottleneck weights.

The bottleneck weight of two records is the largest weight w such that a chain of pairs, each of
weight w or more, leads from one to the other inside their cluster. It is the second evidence of
confidence, next to the weight of the pair itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from mpi.linking.evidence import Flags, Integers
from mpi.linking.places import Places

# Up to this size all clusters of one size are solved at once as a stack of dense matrices.
_STACKED = 24
_STACK_CELLS = 8_000_000
_UNKNOWN = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True)
class WeightedPairs:
    """Pairs of records and a weight in milli-bits: three arrays of one length, left < right."""

    left: Integers
    right: Integers
    weight: Integers

    def take(self, rows: Flags | Integers) -> WeightedPairs:
        """The pairs at `rows`."""
        return WeightedPairs(self.left[rows], self.right[rows], self.weight[rows])


def spanning_tree(label: Integers, pairs: WeightedPairs) -> WeightedPairs:
    """The maximum spanning tree of every cluster, over its known pairs.

    `label` is the cluster of every record; pairs across clusters are ignored. Of equal weights the
    pair of the smallest records comes first, so the tree is unique. Sorted by (left, right).
    """
    inside = pairs.take(label[pairs.left] == label[pairs.right])
    if not inside.left.size:
        return inside
    order = np.lexsort((inside.right, inside.left, -inside.weight.astype(np.int64)))
    inside = inside.take(order)
    # Ranks from 1 instead of weights: distinct, and none of them a zero that means "no edge".
    rank = np.arange(1, order.size + 1, dtype=np.float64)
    graph = coo_array((rank, (inside.left, inside.right)), shape=(label.size, label.size))
    tree = minimum_spanning_tree(graph.tocsr())
    chosen = inside.take(np.rint(tree.data).astype(np.int64) - 1)
    return chosen.take(np.lexsort((chosen.right, chosen.left)))


def bottlenecks(label: Integers, pairs: WeightedPairs) -> WeightedPairs:
    """The bottleneck weight of all two records of one cluster, sorted by (left, right).

    Records of a cluster that no chain of known pairs joins (a must-link alone does) are left out;
    give the must-link a row in `pairs` to say what it is worth.
    """
    inside = pairs.take(label[pairs.left] == label[pairs.right])
    places = Places(label)
    found = list(_stacks(places, inside))
    found.extend(_large(places, inside))
    every = WeightedPairs(
        *(
            np.concatenate([getattr(part, name) for part in found])
            if found
            else np.empty(0, dtype=np.int64)
            for name in ("left", "right", "weight")
        )
    )
    return every.take(np.argsort(every.left * label.size + every.right))


def _stacks(places: Places, inside: WeightedPairs) -> Iterator[WeightedPairs]:
    """Bottlenecks of all clusters small enough, size by size."""
    size = places.size[places.group[inside.left]].astype(np.int64)
    small = np.flatnonzero(size <= _STACKED)
    by_size = small[np.argsort(size[small], kind="stable")]
    bounds = np.searchsorted(size[by_size], np.arange(_STACKED + 2))
    for k in range(2, _STACKED + 1):
        rows = by_size[bounds[k] : bounds[k + 1]]
        if rows.size:
            yield from _of_size(places, inside.take(rows), k)


def _of_size(places: Places, pairs: WeightedPairs, k: int) -> Iterator[WeightedPairs]:
    """Bottlenecks of the clusters of k records, in chunks that fit in memory."""
    clusters = np.flatnonzero(places.size == k)
    row = np.searchsorted(clusters, places.group[pairs.left])
    order = np.argsort(row, kind="stable")
    pairs, row = pairs.take(order), row[order]
    step = max(_STACK_CELLS // (k * k), 1)
    for start in range(0, clusters.size, step):
        first, last = np.searchsorted(row, (start, start + step))
        chunk = pairs.take(np.arange(first, last))
        members = places.members(clusters[start : start + step], k)
        stack = np.full((len(members), k, k), _UNKNOWN, dtype=np.int32)
        at, left, right = row[first:last] - start, chunk.left, chunk.right
        stack[at, places.position[left], places.position[right]] = chunk.weight
        stack[at, places.position[right], places.position[left]] = chunk.weight
        yield _upper(members, _maximin(stack))


def _maximin(stack: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Floyd-Warshall with (max, min) on a stack of symmetric matrices, in place."""
    for middle in range(stack.shape[1] if stack.shape[1] > 2 else 0):
        through = np.minimum(stack[:, :, middle, None], stack[:, None, middle, :])
        np.maximum(stack, through, out=stack)
    return stack


def _upper(members: Integers, stack: npt.NDArray[np.int32]) -> WeightedPairs:
    """The known cells above the diagonals."""
    one, other = np.triu_indices(stack.shape[1], 1)
    weight = stack[:, one, other].ravel()
    known = weight != _UNKNOWN
    return WeightedPairs(
        members[:, one].ravel()[known], members[:, other].ravel()[known], weight[known]
    )


def _large(places: Places, inside: WeightedPairs) -> Iterator[WeightedPairs]:
    """Bottlenecks of each larger cluster, from its spanning tree."""
    large = places.size[places.group[inside.left]] > _STACKED
    if not large.any():
        return
    tree = spanning_tree(places.group, inside.take(large))
    cluster = places.group[tree.left]
    tree = tree.take(np.lexsort((-tree.weight.astype(np.int64), cluster)))
    names, starts = np.unique(np.sort(cluster), return_index=True)
    stops = np.append(starts[1:], cluster.size)
    for name, start, stop in zip(names, starts, stops, strict=True):
        size = int(places.size[name])
        branch = tree.take(np.arange(start, stop))
        matrix = _fill(size, places, branch)
        yield _upper(places.members(np.array([name]), size), matrix[None])


def _fill(size: int, places: Places, tree: WeightedPairs) -> npt.NDArray[np.int32]:
    """Join the tree's edges, strongest first: each is the bottleneck between what it joins."""
    matrix = np.full((size, size), _UNKNOWN, dtype=np.int32)
    groups = [[position] for position in range(size)]
    ends = places.position[tree.left].tolist(), places.position[tree.right].tolist()
    for left, right, weight in zip(*ends, tree.weight.tolist(), strict=True):
        one, other = groups[left], groups[right]
        matrix[np.ix_(one, other)] = weight
        matrix[np.ix_(other, one)] = weight
        one.extend(other)
        for position in other:
            groups[position] = one
    return matrix
