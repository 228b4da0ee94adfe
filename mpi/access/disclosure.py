"""What of an answer a caller is told: the policy applied to persons, and nothing else.

Every part of an answer is made anew from what the caller may see, so that a person of whom
something is withheld looks like one of whom it was never known:

- a record exists for a caller who knows of its source, if the index is sure enough of it;
- an identifier exists if its system may be seen and such a record holds it; its confidence is
  that of those records, and so are its basis and whether it is verified;
- a person exists if any such record does, and answers for an identifier if one of them holds it;
- findings, which can be about anything, are told to reviewers only;
- of somebody restricted nobody at all is told which single organisations know them.

What the caller asked with is always repeated, since the caller said it. Where its issuer replaced
that by another value, the person answers for it, and the other is told like any identifier.

The key of a record can be a patient's number. `Sight.keys` says whose keys are told; they are taken
out last (`without_keys`), for until then records are told apart by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mpi.access.restricted import LOCATING
from mpi.access.sight import Sight
from mpi.identifiers import SYSTEMS, clean_identifier
from mpi.records import Basis, CrossReference, Identifier, Person, RecordKey


@dataclass(frozen=True, slots=True)
class Withheld:
    """What a caller was not told, for the audit alone: identifier systems by person."""

    systems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def persons(self) -> tuple[str, ...]:
        """The persons of whom something was withheld."""
        return tuple(self.systems)


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What a caller is told, and what not; false when there is nothing to tell.

    `restricted` are the ids of those of the persons who are, whether or not that is told.
    """

    persons: tuple[Person, ...]
    withheld: Withheld
    restricted: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether the caller is told of anybody."""
        return bool(self.persons)


def disclose(
    sight: Sight,
    persons: Iterable[Person],
    *,
    asked: Identifier | None = None,
    said: Identifier | None = None,
) -> Disclosed:
    """The persons of an answer as a caller may see them.

    Args: asked, the identifier that the question was about, if it was about one; said, the one that
    the caller named, if its issuer may have replaced it by that.
    """
    every = tuple(persons)
    shown, kept_back = [], {}
    for person in every:
        seen = seen_of(sight, person, asked=asked, said=said)
        if seen is not None:
            shown.append(seen)
        if seen is person:
            continue
        missing = _identifiers(person) - (_identifiers(seen) if seen else frozenset())
        systems = {system for system, _ in missing}.union(person.withheld)
        if systems or seen is None:
            kept_back[person.person_id] = tuple(sorted(systems))
    restricted = frozenset(each.person_id for each in every if each.restricted)
    return Disclosed(tuple(shown), Withheld(kept_back), restricted)


def seen_of(
    sight: Sight,
    person: Person,
    *,
    asked: Identifier | None = None,
    said: Identifier | None = None,
) -> Person | None:
    """One person as a caller may see them; None if for this caller there is no such person.

    Args: as of `disclose`; without `said` the caller named what was asked.
    """
    if sight.whole and sight.sealed and not person.restricted and not person.withheld:
        return person
    sure = _seen_records(sight, person, asked)
    held = [each for one in person.cross_references if (each := _held(one, sure))]
    known = said or asked
    told = tuple(each for each in held if _is_told(sight, person, each, known))
    answers = asked is None or any(_is(each.identifier, asked) for each in held)
    if not sure or not answers or (asked is None and not told):
        return None
    return replace(
        person,
        records=tuple(sure),
        cross_references=told,
        findings=sight.told_findings(person.findings),
        confidences=tuple(sure.values()) if person.confidences else (),
        withheld=(),
    )


def without_keys(sight: Sight, person: Person, *, restricted: bool) -> Person:
    """A person as told, without the keys of records that the caller may not be told.

    Args: restricted, whether they are, which the caller need not have been told.
    """
    if sight.keys is None and not restricted:
        return person

    def told(records: Iterable[RecordKey]) -> tuple[RecordKey, ...]:
        return tuple(sorted(sight.key(each, restricted=restricted) for each in records))

    return replace(
        person,
        records=told(person.records),
        cross_references=tuple(
            replace(each, records=told(each.records), verified_by=(), trusted=())
            for each in person.cross_references
        ),
        confidences=(),
    )


def _seen_records(sight: Sight, person: Person, asked: Identifier | None) -> dict[RecordKey, float]:
    """The records that exist for a caller, with how sure the index is of each.

    Those that hold the identifier asked with are no conclusion of the index, so they need no
    confidence.
    """
    confidences = person.confidences or (1.0,) * len(person.records)
    every = person.cross_references if asked else ()
    held = {key for each in every if asked and _is(each.identifier, asked) for key in each.records}
    return {
        record: confidence
        for record, confidence in zip(person.records, confidences, strict=True)
        if sight.knows(record.source) and (record in held or confidence >= sight.minimum_confidence)
    }


def _held(each: CrossReference, sure: Mapping[RecordKey, float]) -> CrossReference | None:
    """An identifier as held by the records that a caller may know of; None if none holds it."""
    holders = tuple(record for record in each.records if record in sure)
    if not holders:
        return None
    verified = tuple(record for record in each.verified_by if record in sure)
    trusted = tuple(record for record in each.trusted if record in sure)
    return replace(
        each,
        identifier=replace(each.identifier, verified=bool(verified)),
        confidence=min(each.confidence, max(sure[record] for record in holders)),
        basis=Basis.VERIFIED_IDENTIFIER if trusted else Basis.PROBABILISTIC,
        records=holders,
        verified_by=verified,
        trusted=trusted,
    )


def _is_told(sight: Sight, person: Person, each: CrossReference, known: Identifier | None) -> bool:
    """Whether a caller is told an identifier; `known` is the one that they named themselves."""
    if known is not None and _is_evidence_of(each.identifier, known):
        return True
    system = each.identifier.system
    if person.restricted and system in LOCATING:
        return False
    return sight.sees(system) and each.confidence >= sight.minimum_confidence


def _is(one: Identifier, other: Identifier) -> bool:
    return (one.system, one.value) == (other.system, other.value)


def _is_evidence_of(one: Identifier, said: Identifier) -> bool:
    """Whether a value says no more than another: it is that one, or the part that is evidence."""
    if one.system != said.system:
        return False
    evidence = clean_identifier(said.system, said.value) if said.system in SYSTEMS else None
    return one.value in (said.value, evidence)


def _identifiers(person: Person) -> frozenset[tuple[str, str]]:
    every = (each.identifier for each in person.cross_references)
    return frozenset((each.system, each.value) for each in every)
