"""What of an answer a caller is told: the policy applied to persons, and nothing else.

Every part of an answer is made anew from what the caller may see, so that a person of whom
something is withheld looks like one of whom it was never known:

- a record exists for a caller who knows of its source, if the index is sure enough of it;
- an identifier exists if its system may be seen and such a record holds it; its confidence is
  that of those records;
- a person exists if any such record does, and answers for an identifier if one of them holds it;
- findings, which can be about anything, are told to reviewers only;
- of somebody restricted nobody at all is told which single organisations know them.

What the caller asked with is always repeated, since the caller said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mpi.access.restricted import LOCATING
from mpi.access.sight import Sight
from mpi.records import CrossReference, Identifier, Person, RecordKey


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
    """What a caller is told, and what not; false when there is nothing to tell."""

    persons: tuple[Person, ...]
    withheld: Withheld

    def __bool__(self) -> bool:
        """Whether the caller is told of anybody."""
        return bool(self.persons)


def disclose(
    sight: Sight,
    persons: Iterable[Person],
    *,
    asked: Identifier | None = None,
) -> Disclosed:
    """The persons of an answer as a caller may see them.

    Args: asked, the identifier that the question was about, if it was about one.
    """
    shown, kept_back = [], {}
    for person in persons:
        seen = seen_of(sight, person, asked=asked)
        if seen is person:
            shown.append(seen)
            continue
        if seen is not None:
            shown.append(seen)
        missing = _identifiers(person) - (_identifiers(seen) if seen else frozenset())
        if missing or seen is None:
            kept_back[person.person_id] = tuple(sorted({system for system, _ in missing}))
    return Disclosed(tuple(shown), Withheld(kept_back))


def seen_of(sight: Sight, person: Person, *, asked: Identifier | None = None) -> Person | None:
    """One person as a caller may see them; None if for this caller there is no such person."""
    restricted = person.restricted
    if sight.whole and not restricted:
        return person
    sure = _seen_records(sight, person, asked)
    told = (_seen(sight, each, sure, asked) for each in person.cross_references)
    found = tuple(each for each in told if each and not (restricted and _locates(each, asked)))
    answers = asked is None or any(_is(each.identifier, asked) for each in found)
    if not sure or not answers or (asked is None and not found):
        return None
    return replace(
        person,
        records=tuple(sure),
        cross_references=found,
        findings=person.findings if sight.findings else (),
        confidences=tuple(sure.values()) if person.confidences else (),
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


def _seen(
    sight: Sight, each: CrossReference, sure: Mapping[RecordKey, float], asked: Identifier | None
) -> CrossReference | None:
    """An identifier as a caller may see it, or None."""
    holders = tuple(record for record in each.records if record in sure)
    if not holders:
        return None
    confidence = min(each.confidence, max(sure[record] for record in holders))
    is_asked = asked is not None and _is(each.identifier, asked)
    told = sight.sees(each.identifier.system) and confidence >= sight.minimum_confidence
    if not (told or is_asked):
        return None
    return replace(each, confidence=confidence, records=holders)


def _is(one: Identifier, other: Identifier) -> bool:
    return (one.system, one.value) == (other.system, other.value)


def _locates(each: CrossReference, asked: Identifier | None) -> bool:
    """Whether an identifier would say where somebody is who is restricted."""
    known_to_caller = asked is not None and _is(each.identifier, asked)
    return each.identifier.system in LOCATING and not known_to_caller


def _identifiers(person: Person) -> frozenset[tuple[str, str]]:
    every = (each.identifier for each in person.cross_references)
    return frozenset((each.system, each.value) for each in every)
