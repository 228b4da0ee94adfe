"""Of several persons whom a new record may be of, how probable is each, and that it is none.

Confidence looks at one person alone; but a record is of one person at most, so what speaks for one
speaks against the others. Two twins who each fit with a confidence of 0.99 are each one in two.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from mpi.identifiers import SYSTEMS, Uniqueness
from mpi.model.thresholds import Thresholds
from mpi.records import CONFIDENCE_PARTS, MatchGrade

_SUREST = 1.0 - 1.0 / CONFIDENCE_PARTS
"""No odds are taken of a confidence beyond this, which is as near to one as is ever kept."""


def posterior(confidences: Sequence[float]) -> tuple[list[float], float]:
    """The probability of each person, and that of none of them; together one.

    Args: confidences, of each person's best record, as if there were no other person.

    >>> posterior([0.5, 0.5])
    ([0.3333333333333333, 0.3333333333333333], 0.3333333333333333)
    >>> posterior([])
    ([], 1.0)
    """
    odds = [p / (1.0 - p) for p in (min(each, _SUREST) for each in confidences)]
    whole = 1.0 + sum(odds)
    return [each / whole for each in odds], 1.0 / whole


def grade(weight: int, thresholds: Thresholds, *, conflict: Uniqueness) -> MatchGrade:
    """The match grade of a person by the weight, in milli-bits, of its best record.

    A grade is what linking would make of such a link: `certain` holds even where verified
    identifiers differ (the threshold `conflict`), `probable` may join two records (`join`),
    `possible` is worth a reviewer's look (`review`). A conflict takes away what linking would not
    do in spite of it: `conflict` is the strictest policy of the identifier systems whose verified
    values contradict each other.
    """
    if weight < thresholds.review:
        return MatchGrade.CERTAINLY_NOT
    enough = thresholds.join if conflict is Uniqueness.NONE else thresholds.conflict
    if conflict is Uniqueness.HARD_UNIQUE or weight < enough:
        return MatchGrade.POSSIBLE
    certain = weight >= thresholds.conflict and conflict is Uniqueness.NONE
    return MatchGrade.CERTAIN if certain else MatchGrade.PROBABLE


def contradictions(mine: Set[str], theirs: Set[str]) -> dict[str, Uniqueness]:
    """The systems in which verified identifiers hold a merge back, each with its policy.

    Args: verified identifiers as `system|value`, as in the attribute `verified_identifiers`.
    """
    found: dict[str, Uniqueness] = {}
    for name, system in SYSTEMS.items():
        if system.policy in (Uniqueness.HARD_UNIQUE, Uniqueness.CONFLICT):
            one, other = (_of_system(name, values) for values in (mine, theirs))
            if _contradict(one, other, system.policy):
                found[name] = system.policy
    return found


def strictest(found: Sequence[Uniqueness]) -> Uniqueness:
    """The policy that holds a merge back most; `NONE` if there is none."""
    order = (Uniqueness.HARD_UNIQUE, Uniqueness.CONFLICT)
    return next((policy for policy in order if policy in found), Uniqueness.NONE)


def _of_system(name: str, values: Set[str]) -> set[str]:
    return {value for value in values if value.startswith(f"{name}|")}


def _contradict(one: Set[str], other: Set[str], policy: Uniqueness) -> bool:
    """Whether clustering would hold two groups with these values apart; see `linkage`."""
    if not one or not other:
        return False
    if policy is Uniqueness.HARD_UNIQUE:
        return len(one | other) > 1
    return not (one <= other or other <= one)
