"""What a caller is told of persons, in FHIR: the policy's answer as Patients.

The one place where FHIR meets `mpi.access`. A Patient shows the identifiers that may be told, and
what identifies by sight from a record that the caller may know of: the golden record if it may,
else the first that it may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import Depends

from mpi.access.disclosure import Disclosed
from mpi.access.operations import Operation
from mpi.access.question import Question
from mpi.access.restricted import without_location
from mpi.api.security import permitted
from mpi.fhir.domains import Domains
from mpi.fhir.elements import Plain
from mpi.fhir.writing import person_patient
from mpi.index.holdings import Holding
from mpi.records import Identifier, Person, Record

PixQuestion = Annotated[Question, Depends(permitted(Operation.LOOK_UP, transaction="ITI-83"))]
ReadQuestion = Annotated[Question, Depends(permitted(Operation.LOOK_UP, transaction="ITI-78"))]
SearchQuestion = Annotated[Question, Depends(permitted(Operation.SEARCH, transaction="ITI-78"))]
MatchQuestion = Annotated[Question, Depends(permitted(Operation.MATCH, transaction="ITI-119"))]
FeedQuestion = Annotated[Question, Depends(permitted(Operation.FEED, transaction="ITI-104"))]


def disclosed(
    question: Question,
    persons: Sequence[Person],
    asked: Identifier | None = None,
    *,
    said: Identifier | None = None,
) -> Disclosed:
    """What the caller may be told of some persons.

    Args: asked, the identifier that was looked up; said, the one that the caller named. They differ
    where its issuer replaced the one by the other, which is then told like any other identifier.
    """
    return question.disclose(persons, asked, said=said)


def visible_records(holding: Holding, told: Person) -> list[Record]:
    """The records of a person that exist for a caller, without location if it is restricted."""
    found = [each for each in holding.records if each.key in told.records]
    return [without_location(each) for each in found] if holding.person.restricted else found


def patient(question: Question, holding: Holding, *, told: Person, domains: Domains) -> Plain:
    """A person as the Patient that a caller is shown.

    Whoever may not search by what is known about individuals is not told any of it either.
    """
    records = visible_records(holding, told) if shows_individuals(question) else []
    shown = records[0] if records else None
    return person_patient(told, shown, domains, restricted=holding.person.restricted)


def shows_individuals(question: Question) -> bool:
    """Whether a caller may be told names, birth dates and the like."""
    permission = question.caller.permission
    return permission is None or permission.grant.demographic_search


def kept_to(told: Sequence[Person], uris: frozenset[str], *, domains: Domains) -> list[Person]:
    """The persons with identifiers of some domains alone; those who have none are left out."""
    if not uris:
        return list(told)
    kept = []
    for person in told:
        found = [c for c in person.cross_references if domains.written(c.identifier)[0] in uris]
        if found:
            kept.append(replace(person, cross_references=tuple(found)))
    return kept
