"""The records of a person as a graph, laid out so that what hangs by one link can be seen.

The strongest links that connect everything make a tree; the record with most of them stands in the
middle, and each branch has a sector of the circle as wide as its number of leaves. It is the same
drawing every time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from mpi.linking.evidence import Integers
from mpi.model.thresholds import MILLI
from mpi.store.rows import StoredLink

FEW = 30
"""Records up to which links outside the tree are drawn too."""

RING = 92.0
"""Least distance between two rings, in the units of the drawing."""

APART = 36.0
"""Least distance of two records on a ring."""

MARGIN = 46.0


class Edge(NamedTuple):
    """A link between two places, in bits; a bridge is all that holds two parts together."""

    left: int
    right: int
    weight: float
    bridge: bool


class Node(NamedTuple):
    """A record where it is drawn."""

    number: int
    x: float
    y: float


class Line(NamedTuple):
    """A link as it is drawn: ends, middle, and whether it is one of the tree."""

    edge: Edge
    ends: tuple[float, float, float, float]
    tree: bool

    @property
    def middle(self) -> tuple[float, float]:
        """Where its weight is written."""
        x1, y1, x2, y2 = self.ends
        return round((x1 + x2) / 2, 1), round((y1 + y2) / 2, 1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing of `width` by `height` units."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]

    @property
    def bridges(self) -> list[Edge]:
        """The links that all hangs by, the weakest first."""
        found = [line.edge for line in self.lines if line.edge.bridge]
        return sorted(found, key=lambda edge: edge.weight)


def draw(n: int, edges: Sequence[Edge]) -> Drawing:
    """Lay out n records and their links; records that no link reaches stand on the outermost ring.

    >>> drawing = draw(3, [Edge(0, 1, 9.0, True), Edge(1, 2, 8.0, True), Edge(0, 2, -3.0, False)])
    >>> [line.tree for line in drawing.lines], drawing.bridges[0].weight
    ([False, True, True], 8.0)
    """
    ends = np.array([(e.left, e.right, round(e.weight * MILLI)) for e in edges], dtype=np.int64)
    tree = [edges[at] for at in spanning(n, *ends.reshape(-1, 3).T)]
    near = _neighbours(n, tree)
    polar = _Layout(near).positions(n)
    between = _distance(polar)
    across = [ring * between * math.cos(angle) for ring, angle in polar]
    down = [ring * between * math.sin(angle) for ring, angle in polar]
    left, top = (min(values, default=0.0) - MARGIN for values in (across, down))
    nodes = tuple(
        Node(number, round(x - left, 1), round(y - top, 1))
        for number, (x, y) in enumerate(zip(across, down, strict=True))
    )
    width, height = (
        round(max(values, default=0.0) - least + MARGIN, 1)
        for values, least in ((across, left), (down, top))
    )
    return Drawing(width, height, nodes, _lines(nodes, edges, set(tree)))


def _distance(polar: Sequence[tuple[int, float]]) -> float:
    """How far apart rings must be for the records on each to have room."""
    crowd = Counter(ring for ring, _ in polar if ring)
    needed = (count * APART / (2 * math.pi * ring) for ring, count in crowd.items())
    return max(RING, *needed, 0.0)


def _lines(nodes: Sequence[Node], edges: Sequence[Edge], tree: set[Edge]) -> tuple[Line, ...]:
    """The links to draw, those of the tree on top."""
    drawn = [edge for edge in edges if edge in tree or len(nodes) <= FEW]
    ordered = sorted(drawn, key=lambda edge: (edge in tree, edge))
    return tuple(
        Line(edge, (*nodes[edge.left][1:], *nodes[edge.right][1:]), edge in tree)
        for edge in ordered
    )


def placed(links: Sequence[StoredLink], numbers: Sequence[int]) -> tuple[Integers, ...]:
    """Left ends, right ends and weights of links, in the order of their ends.

    Ends are the places of their records among `numbers`, which has all of them.

    >>> links = [StoredLink(7, 9, 12, True), StoredLink(3, 7, 40, True)]
    >>> [each.tolist() for each in placed(links, [9, 3, 7])]
    [[1, 2], [2, 0], [40, 12]]
    """
    wide = len(StoredLink._fields)
    values = chain.from_iterable(links)
    found = np.fromiter(values, np.int64, count=wide * len(links)).reshape(-1, wide)
    order = np.argsort(numbers)
    ends = order[np.searchsorted(np.asarray(numbers)[order], found[:, :2])]
    by_ends = np.lexsort((ends[:, 1], ends[:, 0]))
    return ends[by_ends, 0], ends[by_ends, 1], found[by_ends, 2]


def spanning(n: int, left: Integers, right: Integers, weight: Integers) -> list[int]:
    """The strongest links that connect what can be connected (Kruskal), by their places.

    Args: n, records, of which `left` and `right` are places; links of one weight are taken in the
    order of their ends.

    >>> spanning(3, *(np.array(each) for each in ([0, 0, 1], [1, 2, 2], [900, -300, 800])))
    [0, 2]
    """
    group = list(range(n))

    def root(at: int) -> int:
        while group[at] != at:
            group[at] = group[group[at]]
            at = group[at]
        return at

    found = []
    ends = list(zip(left.tolist(), right.tolist(), strict=True))
    for at in np.lexsort((right, left, -weight)).tolist():
        one, other = (root(end) for end in ends[at])
        if one != other:
            group[one] = other
            found.append(at)
            if len(found) == n - 1:
                break
    return found


def _neighbours(n: int, tree: Sequence[Edge]) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in range(n)]
    for edge in tree:
        near[edge.left].append(edge.right)
        near[edge.right].append(edge.left)
    return [sorted(each) for each in near]


class _Layout:
    """Places records on rings around the one with most links."""

    def __init__(self, near: Sequence[Sequence[int]]) -> None:
        self._near = near
        self._at: dict[int, tuple[int, float]] = {}

    def positions(self, n: int) -> list[tuple[int, float]]:
        """Ring and angle of every record."""
        if not n:
            return []
        centre = max(range(n), key=lambda at: (len(self._near[at]), -at))
        self._spread(centre)
        outside = [at for at in range(n) if at not in self._at]
        ring = 1 + max(ring for ring, _ in self._at.values())
        for place, at in enumerate(outside):
            self._at[at] = ring, 2 * math.pi * place / len(outside)
        return [self._at[at] for at in range(n)]

    def _spread(self, centre: int) -> None:
        """Walk the tree from the centre, without recursion: a chain may be long."""
        order, parent = [centre], {centre: -1}
        for at in order:
            for child in self._near[at]:
                if child != parent[at]:
                    parent[child] = at
                    order.append(child)
        leaves = self._leaves(order, parent)
        sector = {centre: (0.0, 2 * math.pi)}
        ring = {centre: 0}
        for at in order:
            start, width = sector[at]
            self._at[at] = ring[at], start + width / 2
            for child in (each for each in self._near[at] if each != parent[at]):
                share = width * leaves[child] / max(leaves[at], 1)
                sector[child], ring[child] = (start, share), ring[at] + 1
                start += share

    def _leaves(self, order: Sequence[int], parent: dict[int, int]) -> dict[int, int]:
        leaves = dict.fromkeys(order, 0)
        for at in reversed(order):
            leaves[at] = max(leaves[at], 1)
            if parent[at] >= 0:
                leaves[parent[at]] += leaves[at]
        return leaves
