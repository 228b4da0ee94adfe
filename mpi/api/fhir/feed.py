"""The identity feed (IHE ITI-104): a source system tells of its records, one at a time.

The record is named in the query by an identifier of a domain that a source system issues. What is
answered says that it was done; as which Patient the person is known now, only to a client that
could look that up, since to feed is not to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from fastapi import APIRouter, Response

from mpi.access.question import Question
from mpi.api.etags import condition_of
from mpi.api.fed import cause_of, known_person, write_down
from mpi.api.fhir.disclosing import FeedQuestion
from mpi.api.fhir.door import BodyDep, Door, DoorDep
from mpi.api.fhir.formats import resource_of
from mpi.api.fhir.validating import valid
from mpi.errors import (
    ChangedMeanwhile,
    InvalidParameter,
    InvalidResource,
    NotPermitted,
    SeveralRecords,
    UnknownSourceDomain,
)
from mpi.fhir.elements import Element, items, text
from mpi.fhir.outcomes import outcome
from mpi.fhir.pix import UNKNOWN_SOURCE
from mpi.fhir.reading import is_replaced, record_of, replacement
from mpi.fhir.searching import MOST_ALTERNATIVES
from mpi.fhir.tokens import Token, alternatives, token, whole_token
from mpi.index.changes import Cause, Status
from mpi.index.conditions import ANY, Condition
from mpi.index.decide import Supersession
from mpi.records import Identifier, Record, RecordKey
from mpi.sources import mark_postcodes

router = APIRouter()

CRITERION = "identifier"
MERGED = "The source system merged two of its records."
_REFERENCE = f"Patient?{CRITERION}="
_UNKNOWN = Condition(none_of=(ANY,))
"""That no record is there yet."""


@dataclass(frozen=True, slots=True)
class Named:
    """The record that a feed is about: as the identifier it was named by, and by its key.

    `identifier` is None in a source's own domain, whose values nobody else knows.
    """

    token: Token
    key: RecordKey
    identifier: Identifier | None


@router.put("/Patient")
def put(question: FeedQuestion, door: DoorDep, body: BodyDep) -> Response:
    """Add or revise a record, or merge it into another: 201 where it is new, else 200.

    `If-Match` takes the tag of an earlier answer about the record: 412 where it has changed since.
    """
    named = _criterion(door, question, door.pairs())
    patient = _patient(door, named, body)
    if is_replaced(patient):
        return _merged(door, question, named, patient)
    return _put(door, question, named, patient, cause=_cause(door, question, named))


@router.post("/Patient")
def create(question: FeedQuestion, door: DoorDep, body: BodyDep) -> Response:
    """Add a record unless it is known (FHIR's conditional create): 201 where it is new, else 200.

    The header `If-None-Exist` names it as the query of an update does.
    """
    condition = door.request.headers.get("if-none-exist", "")
    named = _criterion(door, question, parse_qsl(condition, keep_blank_values=True))
    patient = _patient(door, named, body)
    if door.index.holder(named.key) is None:
        cause = replace(_cause(door, question, named), condition=_UNKNOWN)
        try:
            return _put(door, question, named, patient, cause=cause)
        except ChangedMeanwhile:
            pass  # somebody else added it since, so it is known
    return _known(door, question, named, patient)


def _known(door: Door, question: Question, named: Named, patient: Element) -> Response:
    """That a record is there already, and stays as it is."""
    person_id = door.index.holder(named.key)
    record = _record(door, question, named, patient)
    told = known_person(question, door.index, person_id, record.identifiers)
    write_down(question, named.key, Status.DUPLICATE, persons=(person_id, told))
    return _done(door, 200, "The record is known.", told)


def _patient(door: Door, named: Named, body: bytes) -> Element:
    """The Patient of a body, which has the identifier that it is fed under."""
    sent = resource_of(body, door.request.headers.get("content-type", ""))
    patient = valid(sent, "Patient")
    _check_named(patient, named)
    return patient


def _put(
    door: Door, question: Question, named: Named, patient: Element, *, cause: Cause
) -> Response:
    record = _record(door, question, named, patient)
    # who waits for each answer sends in order; what states a version may also come late
    came = None if record.version else datetime.now(UTC)
    result = door.index.put(record, cause=replace(cause, at=came))
    told = known_person(question, door.index, result.person_id, record.identifiers)
    write_down(question, named.key, result.status, persons=(result.person_id, told))
    status = 201 if result.status is Status.CREATED else 200
    return _done(door, status, f"The record is {result.status}.", told, tag=result.tag)


def _record(door: Door, question: Question, named: Named, patient: Element) -> Record:
    """What a Patient says, as far as the client is believed."""
    source = door.sources[named.key.source]
    record = record_of(patient, door.domains, key=named.key, trusted=source.verified_systems)
    marked = replace(record, postcodes=mark_postcodes(record.postcodes, source))
    return question.believed(marked)


@router.delete("/Patient")
def delete(question: FeedQuestion, door: DoorDep) -> Response:
    """Remove a record; one that is not there is as good as removed."""
    named = _criterion(door, question, door.pairs())
    door.index.delete(named.key, cause=_cause(door, question, named))
    question.wrote(*named.key, "deleted")
    return Response(status_code=204)


def _merged(door: Door, question: Question, named: Named, patient: Element) -> Response:
    """Retire a record in favour of another of its domain, and its identifier with it.

    Both must be there: what is maintained for neither cannot be replaced. Raises RecordNotFound.
    """
    survivor = _survivor(door, question, patient)
    if survivor.key.source != named.key.source or survivor.key == named.key:
        raise InvalidResource("Expected another Patient of the same domain.", element="link")
    replaced = None
    if named.identifier and survivor.identifier:
        old, new = named.identifier, survivor.identifier
        by = question.caller.client
        replaced = Supersession(old.system, old.value, new.value, reason=MERGED, by=by)
    door.index.merge(
        named.key, survivor.key, replaced=replaced, cause=_cause(door, question, named)
    )
    person_id = door.index.holder(survivor.key)
    own = [survivor.identifier] if survivor.identifier else []
    told = known_person(question, door.index, person_id, own)
    write_down(question, named.key, "merged", persons=(person_id, told))
    return _done(door, 200, "The record is merged.", told)


def _survivor(door: Door, question: Question, patient: Element) -> Named:
    other = replacement(patient) or {}
    named = other.get("identifier")
    if isinstance(named, dict):
        return _named(door, question, Token(text(named, "system"), text(named, "value")))
    reference = text(other, "reference")
    if not reference.startswith(_REFERENCE):
        raise InvalidResource("Expected the identifier of the other Patient.", element="link")
    return _named(door, question, whole_token(reference.removeprefix(_REFERENCE), CRITERION))


def _criterion(door: Door, question: Question, pairs: Sequence[tuple[str, str]]) -> Named:
    """The record that a query names. Raises SeveralRecords where it names more than one."""
    if [name for name, _ in pairs] != [CRITERION]:
        raise InvalidParameter("It is given once, and nothing else.", parameter=CRITERION)
    tokens = [token(each) for each in alternatives(pairs[0][1])]
    if not 1 <= len(tokens) <= MOST_ALTERNATIVES:
        said = f"Expected 1 to {MOST_ALTERNATIVES} of system|value."
        raise InvalidParameter(said, parameter=CRITERION)
    named = [_named(door, question, each) for each in tokens]
    held = [each for each in named if len(named) > 1 and door.index.holder(each.key)]
    if len(held) > 1:
        raise SeveralRecords("Name one.")
    return (held or named)[0]


def _named(door: Door, question: Question, asked: Token) -> Named:
    """The record of an identifier, if the caller may feed it."""
    if not (asked.system and asked.value):
        raise InvalidParameter("Expected system|value.", parameter=CRITERION)
    key = door.domains.record_key(asked.system, asked.value)
    if key is None or key.source not in door.sources:
        raise UnknownSourceDomain(UNKNOWN_SOURCE)
    identifier = door.domains.identifier(asked.system, asked.value)
    may_assert = identifier is None or question.may_assert(identifier.system)
    if not (question.may_feed(key.source) and may_assert):
        raise NotPermitted("It may not feed this domain.")
    return Named(asked, key, identifier)


def _check_named(patient: Element, named: Named) -> None:
    """Refuse a Patient that does not itself have the identifier it is fed under."""
    given = [
        text(each, "value")
        for each in items(patient, "identifier")
        if text(each, "system") == named.token.system
    ]
    if named.token.value not in given and (given or named.identifier is not None):
        raise InvalidResource("It has not the identifier of the query.", element="identifier")


def _cause(door: Door, question: Question, named: Named) -> Cause:
    condition = condition_of(door.request, weak=True)
    made = Cause(client=question.caller.client, condition=condition)
    return cause_of(question, named.key.source, made)


def _done(
    door: Door, status: int, said: str, person_id: str | None, *, tag: str | None = None
) -> Response:
    """That it was done. The tag is weak, as FHIR has it, and of the record, not of the person."""
    tagged = {"etag": f'W/"{tag}"'} if tag else {}
    where = {"location": f"{door.base}/Patient/{person_id}"} if person_id else {}
    return door.respond(
        outcome("informational", said, severity="information"), status, **where, **tagged
    )
