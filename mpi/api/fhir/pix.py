"""`Patient/$ihe-pix` (IHE ITI-83): what else is the holder of this identifier known as?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter, Response

from mpi.access.disclosure import Disclosed, Withheld
from mpi.access.question import Question
from mpi.api.fhir.disclosing import PixQuestion, disclosed
from mpi.api.fhir.door import BodyDep, Door, DoorDep
from mpi.api.fhir.formats import format_of, resource_of
from mpi.api.fhir.validating import valid
from mpi.api.media import MediaType
from mpi.api.routes.persons import seen_successors
from mpi.errors import IdentifierNotFound, InvalidIdentifier, PersonGone, PersonNotFound
from mpi.fhir.pix import FORMAT, NAMES, NOT_FOUND, PixQuery, answer, pairs_of, query_of
from mpi.index.index import Index
from mpi.index.look_up import Answer, PersonAnswer

router = APIRouter()

Pairs = Sequence[tuple[str, str]]


@router.get("/Patient/$ihe-pix")
def ihe_pix(question: PixQuestion, door: DoorDep) -> Response:
    """Ask in the query of a URL, as IHE has it."""
    return _answered(door, question, door.pairs())


@router.post("/Patient/$ihe-pix")
def ihe_pix_by_post(question: PixQuestion, door: DoorDep, body: BodyDep) -> Response:
    """Ask with a Parameters resource, so that no identifier stands in a URL."""
    sent = resource_of(body, door.request.headers.get("content-type", ""))
    pairs = pairs_of(valid(sent, "Parameters"))
    wanted = next((value for name, value in pairs if name == FORMAT), "")
    if wanted:
        door = replace(door, wanted=format_of(MediaType.of(wanted)))
    return _answered(door, question, pairs)


def _answered(door: Door, question: Question, pairs: Pairs) -> Response:
    door.supported(pairs, NAMES)
    query = query_of(pairs, door.domains, door.base)
    if query.source is None:
        told = _patients(door.index, question, query.person_id)
    else:
        question.asks(query.source)
        found = _holders(door.index, question, query)
        told = disclosed(question, found.persons, found.asked, said=query.source)
    question.answered(told, release=told.persons[0].release if told else "")
    if not told:
        raise IdentifierNotFound(NOT_FOUND)
    return door.respond(answer(told.persons, query, door.domains))


def _holders(index: Index, question: Question, query: PixQuery) -> Answer:
    """Everyone who holds the identifier; one that may not be asked with nobody holds."""
    assert query.source is not None
    if not question.may_ask_with(query.source.system):
        raise IdentifierNotFound(NOT_FOUND)
    try:
        return index.cross_references(query.source.system, query.source.value, question.sight)
    except (IdentifierNotFound, InvalidIdentifier):
        # what is malformed in its domain nobody holds either
        raise IdentifierNotFound(NOT_FOUND) from None


def _patients(index: Index, question: Question, person_id: str) -> Disclosed:
    """The person whom a Patient of ours is, or those who have the records of a former one of which
    the caller may know.
    """
    try:
        found = index.person(person_id, question.sight)
    except (PersonNotFound, PersonGone):
        raise IdentifierNotFound(NOT_FOUND) from None
    if isinstance(found, PersonAnswer):
        return disclosed(question, [found.person])
    successors = seen_successors(question, index, found)
    if not successors:
        return Disclosed((), Withheld({person_id: ()}))
    return disclosed(question, [each.person for each in index.holdings(successors, question.sight)])
