"""Use case: which person of the index is a record of, if any? Nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from mpi.attributes import standardise
from mpi.errors import UnknownSource
from mpi.index.compiled import Compiled, Known
from mpi.index.cross_references import PLACES
from mpi.linking.posterior import contradictions, grade, posterior, strictest
from mpi.model.scoring import Comparable
from mpi.model.thresholds import MILLI
from mpi.records import PERSONS_LISTED, MatchGrade, Record, RecordKey
from mpi.sources import load_sources
from mpi.store.rows import PersonRows
from mpi.store.view import View


@dataclass(frozen=True, slots=True)
class Match:
    """A person whom the record may be of.

    `weight` is that of the best-supported record, `best`, in milli-bits. `confidence` is the
    calibrated probability that the record is of this person, as if there were no other;
    `probability` the same given that it is of one person at most. `conflicts` are identifier
    systems in which the record and the person hold verified values that contradict each other.
    """

    person_id: str
    grade: MatchGrade
    weight: int
    confidence: float
    probability: float
    best: RecordKey
    records: tuple[RecordKey, ...]
    conflicts: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; described by `mpi.api.match_schemas.PersonMatch`."""
        return {
            "person_id": self.person_id,
            "grade": self.grade.value,
            "match_weight": self.weight / MILLI,
            "confidence": round(self.confidence, PLACES),
            "probability": round(self.probability, PLACES),
            "best": self.best._asdict(),
            "records": [key._asdict() for key in self.records],
            "conflicts": list(self.conflicts),
        }


@dataclass(frozen=True, slots=True)
class Matches:
    """The persons whom a record may be of, the most probable first.

    `keys` is how many blocking keys it has: with none it cannot be searched for, and `p_null` is
    None. `candidates` is how many records share one. `p_null` is the probability that it is of
    none of the candidates' persons, listed or not. `held` is the person to whom the index already
    gives the record of this key; that record itself is no candidate.
    """

    release: str
    provisional: bool
    keys: int = 0
    candidates: int = 0
    p_null: float | None = None
    held: str | None = None
    persons: tuple[Match, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; described by `mpi.api.match_schemas.Matches`."""
        return {
            "release": self.release,
            "provisional": self.provisional,
            "searchable": self.keys > 0,
            "candidates": self.candidates,
            "p_null": None if self.p_null is None else round(self.p_null, PLACES),
            "held_by": self.held,
            "persons": [each.as_dict() for each in self.persons],
        }


def check_source(view: View, source: str) -> None:
    """Raise UnknownSource for a name that is neither described as shipped nor of any record.

    No source at all is fine.
    """
    if source and not view.has_source(source) and source not in load_sources():
        raise UnknownSource()


def match(
    view: View,
    compiled: Compiled,
    record: Record,
    *,
    limit: int = PERSONS_LISTED,
    everyone: bool = False,
) -> Matches:
    """The persons of an index whom a record may be of.

    Args: compiled, the release that made what the view sees; limit, the most persons to list;
    everyone, to list also those who are certainly not whom the record is of.
    """
    row = standardise(record)
    keys = compiled.keys(row)
    number, held = _held(view, record.key)
    numbers = [each for each in view.candidates(keys) if each != number]
    asked = compiled.compared(row)
    best = _best(compiled, asked, compiled.known(view, numbers))
    confidence = compiled.confidence(weight for weight, _ in best).tolist()
    probability, p_null = posterior(confidence)
    found = zip(best, confidence, probability, strict=True)
    thresholds = compiled.release.thresholds
    listed = [each for each in found if everyone or each[0][0] >= thresholds.review][:limit]
    persons = [_match(view, compiled, asked, each) for each in listed]
    if sum(weight >= thresholds.conflict for weight, _ in best) > 1:
        # a record is of one person at most, so nobody is certain where several would be
        persons = [_at_most_probable(each) for each in persons]
    return Matches(
        release=compiled.release.name,
        provisional=view.state.provisional or compiled.release.calibration.provisional,
        keys=len(keys),
        candidates=len(numbers),
        p_null=p_null if keys else None,
        held=held,
        persons=tuple(persons),
    )


Best = tuple[int, Known]
"""A weight in milli-bits, and the record that has it."""


def _best(compiled: Compiled, asked: Comparable, candidates: Iterable[Known]) -> list[Best]:
    """The best-supported record of each person, the strongest first; then in order of keys."""
    weight = compiled.scorer.weight
    of_person: defaultdict[str, list[Best]] = defaultdict(list)
    for known in candidates:
        of_person[known.person_id].append((weight(asked, known.row), known))
    found = [min(of_one, key=_order) for of_one in of_person.values()]
    return sorted(found, key=_order)


def _order(best: Best) -> tuple[int, RecordKey]:
    return -best[0], best[1].key


def _match(
    view: View, compiled: Compiled, asked: Comparable, found: tuple[Best, float, float]
) -> Match:
    (weight, known), confidence, probability = found
    person = view.person_of(known.person_id)
    assert person is not None
    conflicts = contradictions(asked["verified_identifiers"] or frozenset(), _verified(person))
    policy = strictest(list(conflicts.values()))
    return Match(
        person_id=known.person_id,
        grade=grade(weight, compiled.release.thresholds, conflict=policy),
        weight=weight,
        confidence=confidence,
        probability=probability,
        best=known.key,
        records=tuple(member.key for member in person.members),
        conflicts=tuple(conflicts),
    )


def _verified(person: PersonRows) -> frozenset[str]:
    return frozenset(f"{each.system}|{each.value}" for each in person.identifiers if each.verified)


def _at_most_probable(match: Match) -> Match:
    is_certain = match.grade is MatchGrade.CERTAIN
    return replace(match, grade=MatchGrade.PROBABLE) if is_certain else match


def _held(view: View, key: RecordKey) -> tuple[int | None, str | None]:
    """The number and the person of the index's own record of a key, if it has one."""
    person = view.person_with(key) if key.source_id else None
    return (person.anchors[0], person.person_id) if person else (None, None)
