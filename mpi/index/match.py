"""Use case: which person of the index is a record of, if any? Nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from mpi.access.restricted import without_location
from mpi.access.sight import EVERYTHING, Sight
from mpi.attributes import standardise
from mpi.errors import UnknownSource
from mpi.index import shown
from mpi.index.compiled import Compiled
from mpi.index.cross_references import PLACES, tellable
from mpi.linking.posterior import contradictions, grade, posterior, strictest
from mpi.model.scoring import Comparable
from mpi.model.thresholds import MILLI
from mpi.records import PERSONS_LISTED, MatchGrade, Record, RecordKey
from mpi.sources import load_sources
from mpi.store.near_rows import Candidate
from mpi.store.rows import PersonRows
from mpi.store.view import View


@dataclass(frozen=True, slots=True)
class Match:
    """A person whom the record may be of.

    `weight` is that of the best-supported record, `best`, in milli-bits. `confidence` is the
    calibrated probability that the record is of this person, as if there were no other;
    `probability` the same given that it is of one person at most. `conflicts` are identifier
    systems in which the record and the person hold verified values that contradict each other.
    `restricted` is for those who show the person, and `withheld`, the identifier systems of which
    something is hidden from whoever asked, for the audit: neither is told with the match.
    """

    person_id: str
    grade: MatchGrade
    weight: int
    confidence: float
    probability: float
    best: RecordKey
    records: tuple[RecordKey, ...]
    conflicts: tuple[str, ...]
    restricted: bool = False
    withheld: tuple[str, ...] = ()

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

    def _repr_html_(self) -> str:
        """For a notebook."""
        return shown.matched(self.as_dict())


def check_source(view: View, source: str) -> None:
    """Raise UnknownSource for a name that is neither described as shipped nor of any record.

    No source at all is fine.
    """
    if source and not view.has_source(source) and source not in load_sources():
        raise UnknownSource()


@dataclass(frozen=True, slots=True)
class Listing:
    """Which persons to list: the most of them, whether also those who are certainly not whom the
    record is of, and of what the caller may know.
    """

    limit: int = PERSONS_LISTED
    everyone: bool = False
    sight: Sight = EVERYTHING


def match(view: View, compiled: Compiled, record: Record, listing: Listing = Listing()) -> Matches:
    """The persons of an index whom a record may be of.

    Records of which the caller may not know take no part, so that nothing in the answer tells of
    them. Whoever is restricted is compared as if the record said nothing of where somebody is, and
    is no candidate by it. Args: compiled, the release that made what the view sees.
    """
    sight = listing.sight
    row = standardise(record)
    keys = compiled.keys(row)
    near, unlocated = view.near.matching(keys), row
    if any(each.restricted for each in near):
        unlocated = standardise(without_location(record))
        near = _fair(view, near, compiled.keys(unlocated))
    candidates = [each for each in near if each.key != record.key and sight.knows(each.key.source)]
    asked = _Asked(compiled.compared(row), compiled.compared(unlocated))
    best = _best(compiled, asked, _known(view, compiled, candidates))
    confidence = compiled.confidence(weight for weight, _ in best).tolist()
    probability, p_null = posterior(confidence)
    found = zip(best, confidence, probability, strict=True)
    thresholds = compiled.release.thresholds
    listed = [
        (best, sure, chance)
        for best, sure, chance in found
        if (listing.everyone or best[0] >= thresholds.review) and sure >= sight.minimum_confidence
    ]
    persons = [_match(view, compiled, asked, each, sight) for each in listed[: listing.limit]]
    if sum(weight >= thresholds.conflict for weight, _ in best) > 1:
        # a record is of one person at most, so nobody is certain where several would be
        persons = [_at_most_probable(each) for each in persons]
    return Matches(
        release=compiled.release.name,
        provisional=view.state.provisional or compiled.release.calibration.provisional,
        keys=len(keys),
        candidates=len(candidates),
        p_null=p_null if keys else None,
        held=_held(view, record.key) if sight.knows(record.source) else None,
        persons=tuple(persons),
    )


class Known(NamedTuple):
    """A record of the index, ready to be compared."""

    key: RecordKey
    person_id: str
    row: Comparable
    restricted: bool


class _Asked(NamedTuple):
    """The record to match, as it is compared: whole, and without location."""

    whole: Comparable
    unlocated: Comparable

    def of(self, known: Known) -> Comparable:
        """What is compared with a record of the index."""
        return self.unlocated if known.restricted else self.whole


def _fair(view: View, near: list[Candidate], keys: Sequence[int]) -> list[Candidate]:
    """Candidates, those of restricted persons only if they share a key that is no location's."""
    fair = {each.record_no for each in view.near.matching(keys)}
    return [each for each in near if not each.restricted or each.record_no in fair]


def _known(view: View, compiled: Compiled, candidates: list[Candidate]) -> Iterator[Known]:
    held = compiled.held(view.near, {each.record_no: each.changed for each in candidates})
    for each in candidates:
        yield Known(each.key, each.person_id, held[each.record_no].row, each.restricted)


Best = tuple[int, Known]
"""A weight in milli-bits, and the record that has it."""


def _best(compiled: Compiled, asked: _Asked, candidates: Iterable[Known]) -> list[Best]:
    """The best-supported record of each person, the strongest first; then in order of keys."""
    weight = compiled.scorer.weight
    of_person: defaultdict[str, list[Best]] = defaultdict(list)
    for known in candidates:
        of_person[known.person_id].append((weight(asked.of(known), known.row), known))
    found = [min(of_one, key=_order) for of_one in of_person.values()]
    return sorted(found, key=_order)


def _order(best: Best) -> tuple[int, RecordKey]:
    return -best[0], best[1].key


def _match(
    view: View,
    compiled: Compiled,
    asked: _Asked,
    found: tuple[Best, float, float],
    sight: Sight,
) -> Match:
    (weight, known), confidence, probability = found
    person = view.person_of(known.person_id)
    assert person is not None
    known_of = {each.record_no: each.key for each in person.members if sight.knows(each.key.source)}
    verified = _verified(person, known_of, sight)
    stated = asked.of(known)["verified_identifiers"] or frozenset()
    conflicts = contradictions(stated, verified)
    policy = strictest(list(conflicts.values()))

    def told(key: RecordKey) -> RecordKey:
        return sight.key(key, restricted=known.restricted)

    return Match(
        person_id=known.person_id,
        grade=grade(weight, compiled.release.thresholds, conflict=policy),
        weight=weight,
        confidence=confidence,
        probability=probability,
        best=told(known.key),
        records=tuple(map(told, known_of.values())),
        conflicts=tuple(conflicts),
        restricted=known.restricted,
        withheld=_withheld(person, known_of, sight),
    )


def _verified(person: PersonRows, record_nos: Container[int], sight: Sight) -> frozenset[str]:
    """The verified identifiers on some records of a person, of systems that may be told."""
    return frozenset(
        f"{each.system}|{each.value}"
        for each in person.identifiers
        if each.verified and each.record_no in record_nos and tellable(each.system, person, sight)
    )


def _withheld(person: PersonRows, record_nos: Container[int], sight: Sight) -> tuple[str, ...]:
    """The systems of identifiers that whoever asks may not be told."""
    hidden = (
        each.system
        for each in person.identifiers
        if each.record_no not in record_nos or not tellable(each.system, person, sight)
    )
    return tuple(sorted(set(hidden)))


def _held(view: View, key: RecordKey) -> str | None:
    """The person of the index's own record of a key, if it has one."""
    return view.person_id_of(key) if key.source_id else None


def _at_most_probable(match: Match) -> Match:
    is_certain = match.grade is MatchGrade.CERTAIN
    return replace(match, grade=MatchGrade.PROBABLE) if is_certain else match
