"""Reading one Patient by id: a person, or what became of one."""

from __future__ import annotations

from fastapi import APIRouter, Response

from mpi.access.disclosure import Disclosed, Withheld
from mpi.access.question import Question
from mpi.api.fhir.disclosing import ReadQuestion, disclosed, patient
from mpi.api.fhir.door import Door, DoorDep
from mpi.api.routes.persons import seen_successors
from mpi.errors import PersonGone, PersonNotFound
from mpi.fhir.writing import replaced_patient
from mpi.index.look_up import Superseded

router = APIRouter()


@router.get("/Patient/{person_id}")
def read(question: ReadQuestion, person_id: str, door: DoorDep) -> Response:
    """A person; an id that is no longer in use as a Patient replaced by those who have its records.

    Whoever may not be told of a person gets the same answer as for an id never issued.
    """
    (holding,) = door.index.holdings([person_id], question.sight) or (None,)
    if holding is None:
        return _former(door, question, person_id)
    told = disclosed(question, [holding.person])
    question.answered(told, release=holding.person.release)
    if not told:
        raise PersonNotFound
    return door.respond(patient(question, holding, told=told.persons[0], domains=door.domains))


def _former(door: Door, question: Question, person_id: str) -> Response:
    """An id that is no longer in use; one that is gone was never there for a limited sight."""
    try:
        found = door.index.person(person_id, question.sight)
    except PersonGone:
        if question.sight.whole:
            raise
        raise PersonNotFound from None
    assert isinstance(found, Superseded)
    successors = seen_successors(question, door.index, found)
    if not successors:
        question.answered(Disclosed((), Withheld({person_id: ()})))
        raise PersonNotFound
    question.answered_about(successors)
    return door.respond(replaced_patient(found.person_id, successors))
