"""Seals: records that nothing may join again (adoption, gender recognition, protection).

A seal names the records and identifier values on each of its two sides. No link, decision or
completion crosses it. A record that belongs to both sides, or whose own links would take it to
both, joins neither: `MATCHES_BOTH_SIDES` sends it to a restricted review.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from mpi.linking.evidence import Decisions, Flags, Integers, Labels, Pairs
from mpi.linking.superseding import Supersessions
from mpi.records import RESTRICTED_REVIEW, RecordKey

MATCHES_BOTH_SIDES = RESTRICTED_REVIEW
RECORD, IDENTIFIER = "record", "identifier"

Holders = Callable[[str, str], Iterable[int]]
"""The numbers of the records that hold an identifier: system and value as it is matched on."""


class SealSide(NamedTuple):
    """What a seal names on one of its sides, 1 or 2.

    `kind` says what: a `record` by source and source id, or an `identifier` by system and value.
    """

    seal: int
    side: int
    kind: str
    first: str
    second: str


def marks(
    sides: Iterable[SealSide],
    position: Mapping[RecordKey, int],
    holders: Holders,
    supersessions: Supersessions,
) -> Labels:
    """Which records are on which side of which seal: rows (seal, side, record), distinct, sorted.

    Args: sides, of the seals in force; position, the numbers of the records in play, by key.
    """
    found: set[tuple[int, int, int]] = set()
    for each in sides:
        if each.kind == RECORD:
            number = position.get(RecordKey(each.first, each.second))
            records: Iterable[int] = () if number is None else (number,)
        else:
            records = holders(each.first, supersessions.current(each.first, each.second))
        found.update((each.seal, each.side, record) for record in records)
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 3)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The decisions with cannot-links for every seal, those alone, and who is between.

    `barred` are the pairs that a seal keeps apart, smaller record first, shape (m, 2). `between`
    are the records that join neither side of a seal because they match both.
    """

    decisions: Decisions
    barred: Labels = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    between: Labels = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def open(self, pairs: Pairs) -> Pairs:
        """The pairs that cross no seal."""
        if not self.barred.size:
            return pairs
        return pairs.take(~among(pairs.left, pairs.right, self.barred))


def enforce(decisions: Decisions, blocked: Pairs, join: int) -> Sealed:
    """Apply the seals among the decisions to the blocked pairs.

    A record that is on neither side of a seal, but has a blocked pair of weight `join` or more with
    both, counts as on both. That depends on its own links alone and never spreads.
    """
    own = decisions.sealed
    if not own.size:
        return Sealed(decisions)
    linked = _touching(blocked, own[:, 2])
    extended = np.concatenate((own, *_matching_both(own, linked, join)))
    barred = cannot_links(extended)
    cannot = np.concatenate((decisions.cannot, barred))
    return Sealed(replace(decisions, cannot=cannot), barred, _on_both_sides(extended))


def cannot_links(sealed: Integers) -> Labels:
    """The pairs of records that seals keep apart, smaller first, distinct; shape (m, 2)."""
    found = [np.empty((0, 2), dtype=np.int64)]
    for one, other in _sides(sealed):
        pairs = np.stack(np.meshgrid(one, other, indexing="ij"), axis=-1).reshape(-1, 2)
        found.append(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1))
    return np.asarray(np.unique(np.concatenate(found), axis=0))


def among(left: Integers, right: Integers, pairs: Labels) -> Flags:
    """Whether each of some pairs, in any order of its ends, is one of `pairs`, smaller first."""
    if not pairs.size or not left.size:
        return np.zeros(left.size, dtype=np.bool_)
    low, high = np.minimum(left, right).astype(np.int64), np.maximum(left, right)
    width = int(max(pairs.max(), high.max())) + 1
    return np.isin(low * width + high, pairs[:, 0] * width + pairs[:, 1])


def _sides(sealed: Integers) -> Iterator[tuple[Integers, Integers]]:
    """The records on the two sides of each seal."""
    for seal in np.unique(sealed[:, 0]).tolist():
        rows = sealed[sealed[:, 0] == seal]
        yield rows[rows[:, 1] == 1, 2], rows[rows[:, 1] == 2, 2]


def _touching(pairs: Pairs, records: Integers) -> Pairs:
    """The blocked pairs with an end among some records."""
    rows = np.isin(pairs.left, records) | np.isin(pairs.right, records)
    return pairs.take(np.asarray(rows & pairs.blocked))


def _matching_both(own: Integers, linked: Pairs, join: int) -> Iterator[Labels]:
    """Marks on both sides for the records that match both sides of a seal."""
    strong = linked.take(linked.weight >= join)
    for seal in np.unique(own[:, 0]).tolist():
        rows = own[own[:, 0] == seal]
        one, other = (_neighbours(strong, rows[rows[:, 1] == side, 2]) for side in (1, 2))
        between = np.setdiff1d(np.intersect1d(one, other), rows[:, 2])
        for side in (1, 2):
            columns = (np.full_like(between, seal), np.full_like(between, side), between)
            yield np.stack(columns, axis=1)


def _neighbours(pairs: Pairs, records: Integers) -> Labels:
    """The records at the other end of the pairs of some records."""
    left, right = np.isin(pairs.left, records), np.isin(pairs.right, records)
    return np.asarray(np.union1d(pairs.right[left], pairs.left[right]), dtype=np.int64)


def _on_both_sides(sealed: Integers) -> Labels:
    both = [np.intersect1d(one, other) for one, other in _sides(sealed)]
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *both]))
