"""Which pairs are weighed although they share no key."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mpi.linking.completion import missing
from mpi.linking.components import label_groups, pieces
from mpi.linking.evidence import Pairs
from mpi.model.thresholds import Thresholds
from tests.properties.naive_linkage import components

T = Thresholds(low=0, join=2000, clip_high=6000, n_cap=4)


def blocked(*rows):
    left, right, weight = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    return Pairs(left, right, weight, np.ones(left.size, dtype=bool))


def found(n, pairs, *must):
    ends = np.array(must, dtype=np.int64).reshape(-1, 2)
    piece = pieces(n, pairs, must=ends, thresholds=T)
    left, right = missing(pairs, piece, must=ends, join=T.join)
    return list(zip(left.tolist(), right.tolist(), strict=True))


@pytest.mark.parametrize(
    ("pairs", "must", "asked"),
    [
        pytest.param(blocked(), [], [], id="nothing is linked"),
        pytest.param(blocked((0, 1, 9000)), [], [], id="two records are known"),
        pytest.param(
            blocked((0, 1, 2000), (1, 2, 2000)), [], [(0, 2)], id="the third pair of three"
        ),
        pytest.param(blocked((0, 1, 2000), (1, 2, 1999)), [], [], id="too weak to join"),
        pytest.param(blocked(), [(3, 1)], [(1, 3)], id="two that a must-link joins"),
        pytest.param(
            blocked((0, 1, 2000)), [(1, 2)], [(0, 2), (1, 2)], id="a must-link joins like a link"
        ),
        pytest.param(
            blocked(*((a, b, 9000) for a, b in combinations(range(5), 2) if b != a + 3)),
            [],
            [],
            id="an oversized piece is taken as it is",
        ),
    ],
)
def test_the_pairs_asked_for(pairs, must, asked):
    assert sorted(found(6, pairs, *must)) == asked


@pytest.mark.parametrize("seed", range(20))
def test_they_are_the_unknown_pairs_of_what_joins_within_a_piece(seed):
    rng = random.Random(seed)
    n = rng.choice((6, 30, 400))
    ends = {tuple(sorted(rng.sample(range(n), 2))) for _ in range(n)}
    rows = [(a, b, rng.choice((500, 1500, 2000, 4000))) for a, b in sorted(ends)]
    must = [tuple(rng.sample(range(n), 2)) for _ in range(rng.randint(0, 3))]
    piece = pieces(n, blocked(*rows), must=np.array(must, dtype=int).reshape(-1, 2), thresholds=T)
    strong = [(a, b) for a, b, weight in rows if weight >= T.join]
    expected = {
        pair
        for joined in components(range(n), strong + must)
        for pair in combinations(sorted(joined), 2)
        if piece.label[pair[0]] == piece.label[pair[1]] and not piece.oversized[pair[0]]
    }
    assert set(found(n, blocked(*rows), *must)) == expected - ends


@pytest.mark.parametrize("n", [1, 2, 7, 250, 256, 257, 600])
def test_groups_are_labelled_alike_however_many_there_are(n):
    """A few in plain Python, many by scipy."""
    rng = np.random.default_rng(n)
    for links in (0, 1, n // 2, n, 2 * n):
        left, right = rng.integers(0, n, (2, links))
        graph = coo_array((np.ones(links), (left, right)), shape=(n, n)).tocsr()
        group = connected_components(graph, directed=False)[1]
        smallest = [int(np.flatnonzero(group == each)[0]) for each in group]
        assert label_groups(n, left, right).tolist() == smallest
