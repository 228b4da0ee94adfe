"""The decisions that split a person into groups of records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from mpi.errors import UsageError
from mpi.records import RecordKey

if TYPE_CHECKING:
    from mpi.index.decide import Decision

MOST_RECORDS = 200
"""Records of a person that can be split at once."""


def decisions(
    groups: Iterable[Collection[RecordKey]], reviewer: str, reason: str
) -> Iterator[Decision]:
    """What to decide so that each group is one individual, and no two groups are the same one.

    Those that hold apart come first, for they cannot contradict what the records of a group are
    decided to be. Raises UsageError for less than two groups, or too many records.
    """
    from mpi.index.decide import Decision, Verdict

    parts = [sorted(group) for group in groups if group]
    if len(parts) < 2:
        raise UsageError("Put the records of at least one individual in another group.")
    if sum(map(len, parts)) > MOST_RECORDS:
        raise UsageError(f"At most {MOST_RECORDS} records can be split at once.")
    for one, other in combinations(parts, 2):
        yield Decision(Verdict.DIFFERENT, one[0], other[0], reason=reason, by=reviewer)
    for part in parts:
        for left, right in pairwise(part):
            yield Decision(Verdict.SAME, left, right, reason=reason, by=reviewer)
