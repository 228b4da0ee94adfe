"""Where the records of a graph are drawn: near each other if few and strong links lie between."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from mpi.index.study.neighbourhood import Neighbourhood

Floats = NDArray[np.float64]

STRONG = 12.0
"""Bits from which a link draws its ends no nearer."""

_FLAT = 1e-6
"""A picture lower than this is a line."""


def laid_out(person: Neighbourhood) -> pd.DataFrame:
    """`x` and `y` of every record, within -1 and 1, in the order of `person.records`.

    Distances in the plane are as near as can be to those along the links (multidimensional
    scaling, from a circle, so that the same person is drawn alike every time).
    """
    n = len(person.records)
    if n < 3:
        return pd.DataFrame({"x": [0.0] if n == 1 else [-1.0, 1.0], "y": [0.0] * n})
    angle = 2 * np.pi * np.arange(n) / n
    start = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    places = _scaled(_distances(person), start)
    places = _upright(places - places.mean(axis=0))
    # across and up have no common unit: each fills the picture
    far = np.abs(places).max(axis=0)
    places = places / np.where(far > _FLAT, far, 1.0)
    return pd.DataFrame(places.round(3) + 0.0, columns=["x", "y"])


def _distances(person: Neighbourhood) -> Floats:
    """Along the links that join; parts that nothing joins lie further apart than any other two."""
    number = {record: at for at, record in enumerate(person.records["record"])}
    links = person.links[person.links["joins"]]
    left, right = (links[end].map(number).to_numpy(dtype=np.int64) for end in ("left", "right"))
    bits = links["match_weight"].to_numpy(dtype=np.float64)
    length = 1.0 + np.clip(STRONG - bits, 0.0, STRONG) / STRONG
    graph = csr_array((length, (left, right)), shape=(len(number), len(number)))
    found: Floats = shortest_path(graph, directed=False)
    apart = np.isinf(found)
    found[apart] = 1.5 * found[~apart].max() + 1.0
    return found


def _scaled(distances: Floats, start: Floats) -> Floats:
    from sklearn.manifold import smacof

    radius = distances.mean() / 2
    places: Floats = smacof(
        distances,
        n_components=2,
        init=start * radius,
        n_init=1,
        max_iter=300,
        eps=1e-9,
        normalized_stress=False,
    )[0]
    return places


def _upright(places: Floats) -> Floats:
    """Turned so that the longest way lies across, and the first record on the left."""
    _, _, axes = np.linalg.svd(places, full_matrices=False)
    turned: Floats = places @ axes.T
    turned *= np.where(turned[0] > 0, -1.0, 1.0)
    return turned
