"""Records to clusters: constrained average linkage over every component, for batch and real time.

The same pure function serves a million records and one region. Two facts make it fast.

*The join rule decomposes.* Groups merge only across a raw weight of `join` or more, or a must-link,
so no cluster leaves a connected component of those ("joined component"), and merges in one do not
touch another. Each is clustered on its own.

*Most joined components are one cluster, provably.* If every known clipped weight in it is above
`average`, so is every mean; if nothing forbids a merge there, then as long as two groups are left
some pair of them has a weight of `join` between them and merges. So the answer is the component.
Where verified CONFLICT values differ the same holds with `conflict` for `average`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from mpi.linking.components import Pieces, label_groups, pieces
from mpi.linking.evidence import Decisions, Flags, Labels, Pairs, VerifiedValues
from mpi.linking.linkage import link
from mpi.linking.opened import Evidence
from mpi.linking.possible import PossibleLinks, possible_links
from mpi.linking.stacks import link_stacks
from mpi.model.thresholds import Thresholds

__all__ = [
    "Clustering",
    "Decisions",
    "Pairs",
    "Pieces",
    "PossibleLinks",
    "Thresholds",
    "VerifiedValues",
    "cluster",
    "pieces",
]

TWO_VERIFIED_VALUES = "two-verified-values"
OVERSIZED_COMPONENT = "oversized-component"
OVERRULED_DECISION = "overruled-decision"


@dataclass(frozen=True, slots=True)
class Clustering:
    """Clusters, and what a reviewer should look at.

    `label` is, per record, the smallest record of its cluster. `findings` has the codes of each
    cluster that has any. `possible` are links between clusters.
    """

    label: Labels
    findings: dict[int, tuple[str, ...]]
    possible: PossibleLinks


def cluster(
    n: int,
    pairs: Pairs,
    *,
    identifiers: VerifiedValues,
    decisions: Decisions,
    thresholds: Thresholds,
) -> Clustering:
    """Cluster n records by their scored pairs.

    `pairs` holds the blocked pairs and the completed ones of each piece (see `pieces`); completed
    pairs across pieces or inside an oversized piece are ignored, so it does not matter whether
    the caller scored them. The order of the rows of any argument does not matter.
    """
    piece = pieces(n, pairs, must=decisions.must, thresholds=thresholds)
    return cluster_pieces(
        piece, pairs, identifiers=identifiers, decisions=decisions, thresholds=thresholds
    )


def cluster_pieces(
    piece: Pieces,
    pairs: Pairs,
    *,
    identifiers: VerifiedValues,
    decisions: Decisions,
    thresholds: Thresholds,
) -> Clustering:
    """`cluster`, where the caller has the pieces that the pairs make."""
    known = pairs.take(_counted(pairs, piece))
    inside = known.take(known.within(piece.label))
    label = _link_all(piece.label.size, inside, identifiers, decisions, thresholds)
    return Clustering(
        label,
        _findings(label, piece, identifiers, decisions),
        possible_links(label, known, identifiers, decisions, thresholds),
    )


def _counted(pairs: Pairs, piece: Pieces) -> Flags:
    completed = pairs.within(piece.label) & ~piece.oversized[pairs.left]
    return np.asarray(pairs.blocked | completed)


def _link_all(
    n: int,
    inside: Pairs,
    identifiers: VerifiedValues,
    decisions: Decisions,
    thresholds: Thresholds,
) -> Labels:
    """The cluster of every record; `inside` are the known pairs inside pieces."""
    strong = inside.weight >= thresholds.join
    must = decisions.must
    joined = label_groups(
        n,
        np.concatenate((inside.left[strong], must[:, 0])),
        np.concatenate((inside.right[strong], must[:, 1])),
    )
    evidence = Evidence(
        joined, inside.take(inside.within(joined)), identifiers, decisions, thresholds
    )
    alone, stacked = evidence.open_components()
    label = np.where((alone | stacked)[joined], np.arange(n), joined)
    members = np.flatnonzero(stacked[joined])
    if members.size:
        label[members] = members[link_stacks(evidence.stacked(members), thresholds)]
    for component in evidence.components(alone) if alone.any() else ():
        for record, name in link(component, thresholds, hard=identifiers.hard).items():
            label[record] = name
    return label


def _findings(
    label: Labels, piece: Pieces, identifiers: VerifiedValues, decisions: Decisions
) -> dict[int, tuple[str, ...]]:
    """Codes per cluster: conflicting values, an oversized component, a decision not followed."""
    must, cannot = label[decisions.must], label[decisions.cannot]
    overruled = np.concatenate(
        (must[must[:, 0] != must[:, 1]].ravel(), cannot[cannot[:, 0] == cannot[:, 1]].ravel())
    )
    found: dict[int, list[str]] = defaultdict(list)
    for code, clusters in (
        (TWO_VERIFIED_VALUES, identifiers.disputed(label)[:, 0]),
        (OVERSIZED_COMPONENT, label[piece.oversized]),
        (OVERRULED_DECISION, overruled),
    ):
        for name in np.unique(clusters).tolist():
            found[name].append(code)
    return {name: tuple(codes) for name, codes in sorted(found.items())}
