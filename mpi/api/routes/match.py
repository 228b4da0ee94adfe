"""From a record to the persons whom it may be of."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response

from mpi.access.mentioned import Mentioned
from mpi.api.documented import BODY, REFUSALS, answer, asked, problems
from mpi.api.match_schemas import ASKED_EXAMPLE, MATCHES_EXAMPLE, AskedRecord, Matches
from mpi.api.routes.dependencies import BodyDep, IndexDep, MetricsDep, json_response
from mpi.api.security import MatchDep
from mpi.errors import (
    IndexUnreachable,
    InvalidRecord,
    NotMatchable,
    SearchNotPermitted,
    SearchTooBroad,
    TooManyMatches,
    UnknownSource,
)
from mpi.fhir.domains import canonical
from mpi.identifiers import SYSTEMS
from mpi.index.given import record_from_json
from mpi.index.match import Match
from mpi.index.match import Matches as Found
from mpi.records import MOST_PERSONS_LISTED, PERSONS_LISTED, Identifier, Record, RecordKey

router = APIRouter(prefix="/v1", tags=["Match"])

LimitParam = Annotated[
    int,
    Query(
        ge=1,
        le=MOST_PERSONS_LISTED,
        description="The most persons to list.",
        examples=[PERSONS_LISTED],
    ),
]
EveryoneParam = Annotated[
    bool,
    Query(
        alias="all",
        description="Whether to list also those of whom the record is certainly not.",
        examples=[False],
    ),
]
_WHAT = "What is known about the individual."


def _mentioned(match: Match) -> Mentioned:
    keys = tuple({match.best: None, **dict.fromkeys(match.records)})
    return Mentioned(match.person_id, keys, withheld=match.withheld, grade=match.grade.value)


def _named(found: Found, asked: RecordKey) -> list[Mentioned]:
    """Whom an answer names: the persons listed, and who holds the record itself."""
    named = {each.person_id: _mentioned(each) for each in found.persons}
    if found.held is not None:
        known = named.get(found.held, Mentioned(found.held))
        keys = tuple(dict.fromkeys((*known.records, asked)))
        named[found.held] = replace(known, records=keys)
    return list(named.values())


def _asked_with(record: Record) -> list[Identifier]:
    """The identifiers of a record as they are kept; what is of no system we know finds nobody."""
    return [canonical(each) for each in record.identifiers if each.system in SYSTEMS]


@router.post(
    "/match",
    summary="Which person is this record of?",
    response_model=Matches,
    responses={
        200: answer("The persons whom it may be of, perhaps none.", MATCHES_EXAMPLE),
        **problems(
            UnknownSource,
            InvalidRecord,
            NotMatchable,
            IndexUnreachable,
            SearchNotPermitted,
            SearchTooBroad,
            TooManyMatches,
            *BODY,
            *REFUSALS,
        ),
    },
    openapi_extra=asked(_WHAT, AskedRecord, ASKED_EXAMPLE),
)
def match(
    question: MatchDep,
    body: BodyDep,
    index: IndexDep,
    metrics: MetricsDep,
    *,
    limit: LimitParam = PERSONS_LISTED,
    everyone: EveryoneParam = False,
) -> Response:
    """Ask which person a record is of, as linking it would find; nothing is written.

    The record is compared with every record of the index that shares a blocking key with it. Each
    person has the weight, confidence and match grade of their best-supported record, and the
    probability that it is they, given that the record is of one person at most; `p_null` is the
    probability that it is of none. A record that says too little to look for anybody is not
    `searchable`.

    Where there is a policy, records of sources that the caller may not know of take no part, nor do
    contradictions in identifiers that it may not see; the record must say enough, and an answer of
    too many persons is refused.
    """
    given = record_from_json(body)
    question.asks(*_asked_with(given))
    record = question.askable(given)
    question.require_demographic(record)
    if everyone:
        question.require_whole_sight()
    found = index.match(record, limit=question.most(limit), everyone=everyone, sight=question.sight)
    question.require_few(len(found.persons))
    listed = replace(found, persons=found.persons[:limit])
    question.answered_about(_named(listed, record.key), release=found.release)
    metrics.graded(each.grade.value for each in listed.persons)
    return json_response(listed.as_dict())
