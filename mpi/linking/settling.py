"""From the pairs that share a key to clusters: what a whole index and one region both go through.

Seals take pairs away, the others connect records, the missing pairs of what they join are weighed,
and all of it is clustered. How a pair is weighed is the caller's: Splink for a million records, the
compiled scorer for a dozen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mpi.linking.clusters import Clustering, cluster_pieces
from mpi.linking.completion import missing
from mpi.linking.components import pieces
from mpi.linking.evidence import Decisions, Labels, Pairs, VerifiedValues
from mpi.linking.findings import with_code
from mpi.linking.sealing import MATCHES_BOTH_SIDES, among, enforce
from mpi.linking.steps import Step, unwatched
from mpi.model.thresholds import Thresholds

Weigh = Callable[[Labels, Labels], Pairs]
"""Weighs pairs given as two arrays of record numbers; the answer may be in any order."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What is to be settled about n records: blocked pairs down to `low`, values and decisions."""

    n: int
    blocked: Pairs
    identifiers: VerifiedValues
    decisions: Decisions


@dataclass(frozen=True, slots=True)
class Settled:
    """All pairs that count, sorted by (left, right), and the clusters.

    Blocked pairs across a seal are among the pairs, because a seal may be taken back; nothing is
    made of them. `decisions` are those given, with a cannot-link for each pair that a seal parts.
    """

    pairs: Pairs
    clustering: Clustering
    decisions: Decisions


def settle(
    matter: Matter, thresholds: Thresholds, weigh: Weigh, *, step: Step = unwatched
) -> Settled:
    """Weigh the pairs that are missing, and cluster."""
    sealed = enforce(matter.decisions, matter.blocked, thresholds.join)
    decisions = sealed.decisions
    known = sealed.open(matter.blocked)
    piece = pieces(matter.n, known, must=decisions.must, thresholds=thresholds)
    left, right = missing(known, piece, must=decisions.must, join=thresholds.join)
    apart = among(left, right, sealed.barred)
    with step("compare within components"):
        completed = weigh(left[~apart], right[~apart])
    counting = joined(known, completed)
    with step("cluster"):
        clustering = cluster_pieces(
            piece,
            counting,
            identifiers=matter.identifiers,
            decisions=decisions,
            thresholds=thresholds,
        )
    findings = with_code(clustering.findings, MATCHES_BOTH_SIDES, clustering.label[sealed.between])
    clustering = replace(clustering, findings=findings)
    every = counting if known is matter.blocked else joined(matter.blocked, completed)
    return Settled(every, clustering, decisions)


def joined(first: Pairs, second: Pairs) -> Pairs:
    """Both sets of pairs, in order of the record numbers."""
    left = np.concatenate((first.left, second.left))
    right = np.concatenate((first.right, second.right))
    weight = np.concatenate((first.weight, second.weight))
    blocked = np.concatenate((first.blocked, second.blocked))
    order = np.lexsort((right, left))
    return Pairs(left[order], right[order], weight[order], blocked[order])
