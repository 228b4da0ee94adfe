"""`Patient/$match` (IHE ITI-119): which person is this Patient?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response

from mpi.access.question import Question
from mpi.api.fhir.disclosing import MatchQuestion, disclosed, patient
from mpi.api.fhir.door import BodyDep, Door, DoorDep
from mpi.api.fhir.formats import resource_of
from mpi.api.fhir.validating import valid
from mpi.api.media import FORM, MediaType
from mpi.api.routes.dependencies import MetricsDep
from mpi.errors import TooLittleToMatch
from mpi.fhir.bundles import Scored, matches
from mpi.fhir.domains import canonical
from mpi.fhir.matching import MOST_PATIENTS, match_query
from mpi.fhir.reading import record_of
from mpi.records import MatchGrade

if TYPE_CHECKING:
    from mpi.index.match import Match

router = APIRouter()


@router.post("/Patient/$match")
def match(question: MatchQuestion, door: DoorDep, body: BodyDep, metrics: MetricsDep) -> Response:
    """Ask who a Patient is. The score is the calibrated confidence, the most likely come first.

    With `onlyCertainMatches` nobody is returned unless the match is certain, and nobody is certain
    where several could be. Persons of whom nothing may be told are not counted.
    """
    said = door.request.headers.get("content-type", "")
    # what curl -d says of any body; a match writes nothing, so a form of another page does no harm
    sent = resource_of(body, "" if MediaType.of(said).name == FORM else said)
    query = match_query(valid(sent, "Parameters", "Patient"))
    record = record_of(query.patient, door.domains)
    question.asks(*map(canonical, record.identifiers))
    record = question.askable(record)
    question.require_demographic(record)
    found = door.index.match(record, limit=question.most(MOST_PATIENTS), sight=question.sight)
    question.require_few(len(found.persons))
    if not found.keys:
        raise TooLittleToMatch("Give more of name, birth date, address and identifiers.")
    wanted = {
        each.person_id: each
        for each in found.persons
        if not query.only_certain or each.grade is MatchGrade.CERTAIN
    }
    scored = _scored(door, question, wanted, query.count)
    metrics.graded(each.grade.value for each in scored)
    return door.respond(matches(scored, door.base))


def _scored(door: Door, question: Question, found: Mapping[str, Match], count: int) -> list[Scored]:
    """The persons of a match as the caller may see them, at most so many, written down."""
    holdings = {each.person.person_id: each for each in door.index.holdings(found, question.sight)}
    seen = disclosed(question, [each.person for each in holdings.values()]).persons[:count]
    told = disclosed(question, [holdings[each.person_id].person for each in seen])
    question.answered(told, release=told.persons[0].release if told else "")
    return [
        Scored(
            patient(question, holdings[person.person_id], told=person, domains=door.domains),
            found[person.person_id].confidence,
            found[person.person_id].grade,
        )
        for person in told.persons
    ]
