"""What reviewers decided, by record key: in force, and as clustering reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mpi.linking.evidence import Decisions, Integers
from mpi.records import RecordKey

SAME, DIFFERENT, UNSURE = "same", "different", "unsure"


@dataclass(frozen=True, slots=True)
class Verdict:
    """That two records are of one individual, or of two; the last that was decided about the pair.

    `version` is the log sequence of the decision: earlier ones come first where they contradict.
    """

    left: RecordKey
    right: RecordKey
    same: bool
    version: int

    @property
    def ends(self) -> tuple[RecordKey, RecordKey]:
        """The two records, in the order of their keys."""
        return (self.left, self.right) if self.left < self.right else (self.right, self.left)


class Decided(NamedTuple):
    """A decision as it was made: `verdict` is `same`, `different` or `unsure`.

    `sequence` is its place in the log; `undone` says that it was taken back.
    """

    left: RecordKey
    right: RecordKey
    verdict: str
    sequence: int
    undone: bool


def in_force(made: Iterable[Decided]) -> list[Verdict]:
    """The verdicts that count: of each pair the last that was not taken back, unless unsure.

    In order of their sequence.
    """
    last: dict[tuple[RecordKey, RecordKey], Decided] = {}
    for each in sorted((d for d in made if not d.undone), key=lambda d: d.sequence):
        ends = (each.left, each.right) if each.left < each.right else (each.right, each.left)
        last[ends] = each
    standing = sorted((d for d in last.values() if d.verdict != UNSURE), key=lambda d: d.sequence)
    return [Verdict(d.left, d.right, d.verdict == SAME, d.sequence) for d in standing]


def numbered(
    verdicts: Iterable[Verdict],
    position: Mapping[RecordKey, int],
    *,
    sealed: Integers | None = None,
) -> Decisions:
    """Verdicts in force as clustering reads them; those about a record not in play do nothing.

    Args: position, the numbers of the records in play; sealed, see `mpi.linking.sealing.marks`.
    """
    must: list[tuple[int, int]] = []
    version: list[int] = []
    cannot: list[tuple[int, int]] = []
    for each in verdicts:
        left, right = (position.get(key) for key in each.ends)
        if left is None or right is None:
            continue
        if each.same:
            must.append((left, right))
            version.append(each.version)
        else:
            cannot.append((left, right))
    return Decisions(
        _pairs(must),
        np.array(version, dtype=np.int64),
        _pairs(cannot),
        np.empty((0, 3), dtype=np.int64) if sealed is None else sealed,
    )


def _pairs(ends: list[tuple[int, int]]) -> Integers:
    return np.array(ends, dtype=np.int64).reshape(-1, 2)
