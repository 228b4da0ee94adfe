"""Searching for Patients (IHE ITI-78), by GET and by POST."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Response

from mpi.access.disclosure import Disclosed
from mpi.access.question import Question
from mpi.api.fhir.disclosing import (
    SearchQuestion,
    disclosed,
    kept_to,
    patient,
    shows_individuals,
    visible_records,
)
from mpi.api.fhir.door import BodyDep, Door, DoorDep
from mpi.api.fhir.formats import format_of
from mpi.api.media import FORM, MediaType
from mpi.errors import (
    IdentifierNotFound,
    InvalidIdentifier,
    InvalidParameter,
    SearchNotPermitted,
    SearchTooBroad,
    TooManyMatches,
    UnsupportedFormat,
)
from mpi.fhir.bundles import searchset
from mpi.fhir.capability import SEARCH_PARAMETERS
from mpi.fhir.elements import Plain
from mpi.fhir.outcomes import PROBLEMS, SPINE, outcome
from mpi.fhir.searching import Search, search_of
from mpi.index.holdings import Holding
from mpi.records import Identifier, Person

router = APIRouter()

MOST_FOUND = 50
"""Persons whom a search finds at most; of more it says only that they are too many."""

CANDIDATES = 200
"""Persons whose records are looked at, the likeliest; of those who fit a search few others are."""

KNOWN = (*SEARCH_PARAMETERS, "_count", "_offset", "_format", "_pretty")
Pairs = Sequence[tuple[str, str]]
Asked = tuple[Identifier | None, Identifier | None]
"""The identifier that was looked up, and the one that the caller named."""
NOTHING: Asked = (None, None)
Candidate = tuple[Holding, Asked]
Found = tuple[Holding, Person]
"""Somebody who fits, as the index has them and as the caller may see them."""
TOO_BROAD = "Give a family name and a date of birth, or an identifier."


@router.get("/Patient")
def search(question: SearchQuestion, door: DoorDep) -> Response:
    """Search by the query of a URL; further pages have links."""
    pairs = door.pairs()
    return _answered(door, question, pairs, door.base + "/Patient?")


@router.post("/Patient/_search")
def search_by_post(question: SearchQuestion, door: DoorDep, body: BodyDep) -> Response:
    """Search by a form, so that no URL says anything of a person; `_offset` gets further pages."""
    sent = door.request.headers.get("content-type", FORM)
    if MediaType.of(sent).name != FORM:
        raise UnsupportedFormat(f"Read is {FORM}.")
    try:
        form = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise InvalidParameter("It is not a form in UTF-8.") from None
    wanted = next((value for name, value in form if name == "_format"), "")
    if wanted:
        door = replace(door, wanted=format_of(MediaType.of(wanted)))
    return _answered(door, question, [*door.pairs(), *form], "")


def _answered(door: Door, question: Question, pairs: Pairs, url: str) -> Response:
    understood = door.supported([(name.partition(":")[0], v) for name, v in pairs], KNOWN)
    said = [] if understood else [_ignored()]
    asked = search_of(pairs, door.domains)
    question.asks(*(each for one in asked.identifiers for each in one))
    if asked.fits and not shows_individuals(question):
        # beside an identifier it would confirm what the caller is not told
        raise SearchNotPermitted
    try:
        found = dict(_found(door, question, asked))
        if len(found) > MOST_FOUND:
            raise TooManyMatches
        question.require_few(len(found))
    except TooManyMatches:
        question.answered_about([])
        return door.respond(searchset([], door.base, total=0, outcomes=[_too_many(), *said]))
    page = [found[each] for each in list(found)[asked.offset : asked.offset + asked.count]]
    patients = _told(door, question, asked, page)
    links = list(_links(pairs, asked, len(found), url)) if url else []
    return door.respond(
        searchset(patients, door.base, total=len(found), links=links, outcomes=said)
    )


def _told(
    door: Door, question: Question, asked: Search, page: Sequence[tuple[Holding, Person]]
) -> list[Plain]:
    """The Patients of a page, once they are written down."""
    seen = disclosed(question, [holding.person for holding, _ in page])
    told = kept_to([person for _, person in page], asked.domains, domains=door.domains)
    question.answered(Disclosed(tuple(told), seen.withheld))
    holdings = {holding.person.person_id: holding for holding, _ in page}
    return [
        patient(question, holdings[each.person_id], told=each, domains=door.domains)
        for each in told
    ]


def _found(door: Door, question: Question, asked: Search) -> Iterator[tuple[str, Found]]:
    """The persons who fit every parameter, each as the caller may see them."""
    if asked.nobody:
        return
    first, *others = (
        dict(_fitting(door, question, asked, each)) for each in _candidates(door, question, asked)
    )
    for person_id, found in first.items():
        if all(person_id in other for other in others):
            yield person_id, found


def _fitting(
    door: Door, question: Question, asked: Search, candidates: Iterable[Candidate]
) -> Iterator[tuple[str, Found]]:
    """Those of some candidates who exist for the caller and fit."""
    for holding, (looked_up, said) in candidates:
        for told in disclosed(question, [holding.person], looked_up, said=said).persons:
            fits = any(asked.accepts(each) for each in visible_records(holding, told))
            if fits and kept_to([told], asked.domains, domains=door.domains):
                yield told.person_id, (holding, told)


def _candidates(door: Door, question: Question, asked: Search) -> list[Iterable[Candidate]]:
    """Those who may fit: by each identifier and id, or by what is known about the individual."""
    named: list[Iterable[Candidate]] = [
        chain.from_iterable(_holders(door, question, each) for each in one)
        for one in asked.identifiers
    ]
    named += [_unasked(door.index.holdings(one, question.sight)) for one in asked.ids]
    return named or [_alike(door, question, asked)]


def _alike(door: Door, question: Question, asked: Search) -> Iterator[Candidate]:
    """Those whose records resemble what is asked."""
    if not asked.fits:
        raise SearchTooBroad(TOO_BROAD)
    question.require_demographic(asked.record)
    found = door.index.match(asked.record, limit=CANDIDATES, everyone=True, sight=question.sight)
    if not found.keys:
        raise SearchTooBroad(TOO_BROAD)
    return _unasked(door.index.holdings((each.person_id for each in found.persons), question.sight))


def _unasked(holdings: Iterable[Holding]) -> Iterator[Candidate]:
    return ((each, NOTHING) for each in holdings)


def _holders(door: Door, question: Question, identifier: Identifier) -> Iterator[Candidate]:
    if not question.may_ask_with(identifier.system):
        return
    try:
        found = door.index.cross_references(identifier.system, identifier.value, question.sight)
    except (IdentifierNotFound, InvalidIdentifier):
        return
    persons = {each.person_id: each for each in found.persons}
    for holding in door.index.holdings(persons, question.sight):
        # the cross-references of a look-up answer for the identifier asked with
        yield Holding(persons[holding.person.person_id], holding.records), (found.asked, identifier)


def _links(pairs: Pairs, asked: Search, total: int, url: str) -> Iterator[tuple[str, str]]:
    used = [(name, value) for name, value in pairs if name.partition(":")[0] in SEARCH_PARAMETERS]

    def at(offset: int) -> str:
        return url + urlencode([*used, ("_count", asked.count), ("_offset", offset)])

    yield "self", at(asked.offset)
    if 0 < asked.count < total - asked.offset:
        yield "next", at(asked.offset + asked.count)
    if asked.offset and asked.count:
        yield "previous", at(max(asked.offset - asked.count, 0))


def _too_many() -> Plain:
    return outcome(
        "multiple-matches",
        "Too many matches: say more about the individual.",
        severity="information",
        codes=[(SPINE, "TOO_MANY_MATCHES"), (PROBLEMS, TooManyMatches.code)],
        title=TooManyMatches.sentence(),
    )


def _ignored() -> Plain:
    said = "A parameter that is not supported was left out of account."
    return outcome("not-supported", said, severity="warning")
