"""Which pairs of records are weighed although they share no blocking key."""

from __future__ import annotations

import numpy as np

from mpi.linking.components import Pieces, label_groups
from mpi.linking.evidence import Flags, Integers, Labels, Pairs
from mpi.linking.places import Places, ranges


def missing(known: Pairs, piece: Pieces, *, must: Integers, join: int) -> tuple[Labels, Labels]:
    """The pairs, left < right, that a mean between two groups can need and that are not known.

    Groups merge only across a weight of `join` or a must-link, so only pairs inside a component of
    those can be needed; an oversized piece is clustered on what it has.

    Args: known, the blocked pairs that count, left < right; piece, as they and the must-links
    connect the records.
    """
    n = piece.label.size
    strong = known.weight >= join
    joined = label_groups(
        n,
        np.concatenate((known.left[strong], must[:, 0])),
        np.concatenate((known.right[strong], must[:, 1])),
    )
    members = np.flatnonzero(_incomplete(joined, must) & ~piece.oversized)
    if not members.size:
        return members, members
    # One label for each component and piece: both are numbers of records.
    both = joined[members].astype(np.int64) * n + piece.label[members]
    left, right = (members[at] for at in _pairs_within(both))
    unknown = ~np.isin(left * n + right, known.left.astype(np.int64) * n + known.right)
    return left[unknown], right[unknown]


def _incomplete(joined: Labels, must: Integers) -> Flags:
    """The records of components of which a pair may be unknown.

    That of a component of two is known, unless nothing but a must-link joins them.
    """
    decided = np.zeros(joined.size, dtype=np.bool_)
    decided[joined[must.ravel()]] = True
    return np.asarray((np.bincount(joined, minlength=joined.size)[joined] > 2) | decided[joined])


def _pairs_within(label: Labels) -> tuple[Labels, Labels]:
    """All pairs of places with the same label, the smaller first."""
    places = Places(label)
    position = places.position[places.order]
    size = places.size[places.group[places.order]]
    # Each place with all those after it in its group, which follow it in `places.order`.
    at, other = ranges(np.arange(label.size) + 1, size - position - 1)
    return places.order[at], places.order[other]
