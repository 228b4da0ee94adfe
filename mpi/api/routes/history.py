"""What happened: events for whoever follows the index, the history of a person, and the past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Response

from mpi.access.mentioned import Mentioned, by_person
from mpi.access.question import Question
from mpi.api.documented import REFUSALS, answer, problems
from mpi.api.history_schemas import (
    EVENTS_EXAMPLE,
    HISTORY_EXAMPLE,
    EventPage,
    PersonHistory,
)
from mpi.api.routes.dependencies import IndexDep, PersonIdParam, json_response
from mpi.api.security import LookUpDep
from mpi.errors import IndexUnreachable, InvalidCursor, PersonNotFound
from mpi.index.events import MOST_EVENTS, IndexEvent
from mpi.index.index import Index
from mpi.index.moments import moment_of
from mpi.records import RecordKey

router = APIRouter(prefix="/v1", tags=["History"])

AfterParam = Annotated[
    str,
    Query(
        description="The cursor of the page before; without it, from the first event.",
        examples=["4711.2"],
    ),
]
LimitParam = Annotated[
    int, Query(ge=1, le=MOST_EVENTS, description="The most events to give.", examples=[100])
]


@router.get(
    "/events",
    summary="What has happened since?",
    response_model=EventPage,
    responses={
        200: answer("The events after the cursor, perhaps none.", EVENTS_EXAMPLE),
        **problems(InvalidCursor, IndexUnreachable, *REFUSALS),
    },
)
def events(
    question: LookUpDep, index: IndexDep, after: AfterParam = "", limit: LimitParam = 100
) -> Response:
    """Follow the index: what happened after a cursor, in order and without gaps.

    To keep a copy of who belongs to whom, apply every `record-moved`, and at a `person-restated`
    forget which other records the person had: some were erased, and cannot be named any more.
    Events with the same `id` are the same. For clients that may see every system.
    """
    question.require_whole_sight()
    page = index.events(after, limit=limit, sight=question.sight)
    question.answered_about(by_person(_named(page.events)))
    return json_response(page.as_dict())


@router.get(
    "/persons/{person_id}/history",
    name="person_history",
    summary="What became of this person id?",
    response_model=PersonHistory,
    responses={
        200: answer("Everything that happened to it.", HISTORY_EXAMPLE),
        **problems(PersonNotFound, IndexUnreachable, *REFUSALS),
    },
)
def history(question: LookUpDep, person_id: PersonIdParam, index: IndexDep) -> Response:
    """Ask for the records that came to a person and left, and how the id ended if it did.

    For clients that may see every system.
    """
    question.require_whole_sight()
    found = index.history(person_id, question.sight)
    turns = found.turns
    named: list[Pair] = [
        (found.person_id, key) for turn in turns for key in (*turn.came, *turn.went)
    ]
    successors: list[Pair] = [(each, None) for turn in turns for each in turn.successors]
    question.answered_about(by_person([(found.person_id, None), *named, *successors]))
    return json_response(found.as_dict())


Pair = tuple[str | None, RecordKey | None]
"""A person and a record of theirs that an answer names; either may be missing."""


def _named(events: Iterable[IndexEvent]) -> Iterator[Pair]:
    for each in events:
        yield each.person_id, None
        yield each.came_from, each.record
        yield each.went_to, each.record
        yield from ((successor, None) for successor in each.successors)
        yield from ((each.person_id, key) for key in each.records)


def as_of(question: Question, index: Index, person_id: str, at: str) -> Response:
    """A person as the index had it at a time, or right after an event, as `moment_of` reads it."""
    question.require_whole_sight()
    whole = index.as_of(person_id, moment_of(at), question.sight)
    found = whole.disclosed()
    identifiers = tuple(each for each, _ in found.identifiers)
    hidden = {each.system for each, _ in whole.identifiers} - {each.system for each in identifiers}
    told = Mentioned(found.person_id, found.records, identifiers, tuple(sorted(hidden)))
    question.answered_about([told, *found.current], release=found.release or "")
    return json_response(found.as_dict())
