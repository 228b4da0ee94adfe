"""Records into the index, and out of it, one at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from mpi.access.question import Question
from mpi.api.change_schemas import INGESTED_EXAMPLE, GivenRecord, Ingested
from mpi.api.documented import BODY, REFUSALS, answer, asked, problems
from mpi.api.etags import condition_of
from mpi.api.fed import as_told, cause_of, known_person, write_down
from mpi.api.match_schemas import ASKED_EXAMPLE
from mpi.api.routes.dependencies import BodyDep, IndexDep, json_response
from mpi.api.security import FeedDep
from mpi.errors import (
    ChangedMeanwhile,
    IdempotencyConflict,
    IndexBusy,
    InvalidParameter,
    InvalidRecord,
    NotPermitted,
    RecordErased,
    UnknownSource,
    UsageError,
)
from mpi.index.changes import Cause, IngestResult, Status
from mpi.index.conditions import Condition
from mpi.index.given import record_from_json
from mpi.index.moments import time_of
from mpi.records import Record, RecordKey

router = APIRouter(prefix="/v1", tags=["Change"])

SourceParam = Annotated[
    str, Path(description="Short name of the source system.", examples=["hjis"])
]
SourceIdParam = Annotated[
    str, Path(description="The record's key in that system.", examples=["H004711"])
]
KeyHeader = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="Any text that names this request: sent again with it, the request gets the "
        "first answer again and changes nothing.",
        examples=["6f1c2f0e-3d0b-4b0e-9f57-0d6f4a2f3c11"],
    ),
]
TimeParam = Annotated[
    str,
    Query(
        description="When the source system said so (ISO 8601), for one whose records have no "
        "version.",
        examples=["2026-11-22T18:00:00Z"],
    ),
]
VersionParam = Annotated[
    str,
    Query(
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="The version in which it is gone; without it, whatever version there is.",
        examples=["2026-11-22T18:00:00Z"],
    ),
]
IfMatchHeader = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="Change the record only if it stands under one of these tags; `*`, only if the "
        "index holds it. Tags compare strongly.",
        examples=['"2afb9b83f9314e5d029766197f539792"'],
    ),
]
IfNoneMatchHeader = Annotated[
    str | None,
    Header(
        alias="If-None-Match",
        description="Change the record only if it stands under none of these tags; `*`, only if "
        "the index does not hold it.",
        examples=["*"],
    ),
]


async def _condition(
    request: Request, if_match: IfMatchHeader = None, if_none_match: IfNoneMatchHeader = None
) -> Condition:
    """What must be so of the record; the parameters are for the description, and a header may come
    in several lines.
    """
    return condition_of(request)


ConditionDep = Annotated[Condition, Depends(_condition)]
_TAGGED = {
    "ETag": {
        "description": "Names the record as it stands now, for If-Match.",
        "schema": {"type": "string", "examples": ['"2afb9b83f9314e5d029766197f539792"']},
    }
}
_CHANGE_PROBLEMS = (
    ChangedMeanwhile,
    UnknownSource,
    NotPermitted,
    IdempotencyConflict,
    InvalidRecord,
    InvalidParameter,
    IndexBusy,
)
_DELETED = {"status": "deleted", "person_id": None, "searchable": False, "tag": None}
_PATH = "/records/{source}/{source_id:path}"


@router.put(
    _PATH,
    name="put_record",
    summary="Here is what we know about somebody now",
    response_model=Ingested,
    responses={
        200: {
            **answer("The index knew the record.", INGESTED_EXAMPLE | {"status": "updated"}),
            "headers": _TAGGED,
        },
        201: {
            **answer("The record is new.", INGESTED_EXAMPLE),
            "model": Ingested,
            "headers": _TAGGED,
        },
        **problems(*_CHANGE_PROBLEMS, RecordErased, *BODY, *REFUSALS),
    },
    openapi_extra=asked("The record, whole.", GivenRecord, ASKED_EXAMPLE),
)
def put(
    question: FeedDep,
    source: SourceParam,
    source_id: SourceIdParam,
    body: BodyDep,
    index: IndexDep,
    condition: ConditionDep,
    event_time: TimeParam = "",
    idempotency_key: KeyHeader = "",
) -> Response:
    """Put a record: new, or in place of what its source said before.

    When this answers, the record is durable and in its person; persons may have merged or split
    because of it. Messages may come late, out of order or twice: the newest version stays. One with
    neither a version nor an event time counts from when it comes.

    With `If-Match` nothing is put unless the record still is what the sender last saw of it (its
    `ETag`), and with `If-None-Match: *` unless it is new; else 412 `changed-meanwhile`.

    Where there is a policy, it says which identifiers of the client count as verified, and whether
    it may take back that somebody is restricted. A client is told whose record it is only where it
    could look that up.
    """
    _require_feed(question, source)
    record = question.believed(_named(record_from_json(body), source, source_id))
    cause = _cause(question, source, idempotency_key, condition)
    found = index.put(record, event_time=_time(event_time), cause=cause)
    told = known_person(question, index, found.person_id, record.identifiers)
    return _answered(question, found, told)


@router.delete(
    _PATH,
    name="delete_record",
    summary="We hold this record no more",
    response_model=Ingested,
    responses={
        200: answer("It is gone.", INGESTED_EXAMPLE | _DELETED),
        **problems(*_CHANGE_PROBLEMS, *REFUSALS),
    },
)
def delete(
    question: FeedDep,
    source: SourceParam,
    source_id: SourceIdParam,
    index: IndexDep,
    condition: ConditionDep,
    version: VersionParam = "",
    event_time: TimeParam = "",
    idempotency_key: KeyHeader = "",
) -> Response:
    """Delete a record in a version; what was known of it stays in the history of its person.

    A version that comes later than the deletion, but is older, does not bring it back. `If-Match`
    is heeded as when a record is put.
    """
    _require_feed(question, source)
    cause = _cause(question, source, idempotency_key, condition)
    key = RecordKey(source, source_id)
    found = index.delete(key, version=version, event_time=_time(event_time), cause=cause)
    return _answered(question, found, None)


def _cause(question: Question, source: str, key: str, condition: Condition) -> Cause:
    made = Cause(question.caller.client, key, datetime.now(UTC), condition)
    return cause_of(question, source, made)


def _require_feed(question: Question, source: str) -> None:
    if not question.may_feed(source):
        raise NotPermitted("This client does not send records of this source.")


def _time(text: str) -> str:
    """When a message was said, as it orders. Raises InvalidRecord for what is no time."""
    if not text:
        return ""
    try:
        return time_of(text, in_utc=True).isoformat()
    except UsageError as error:
        raise InvalidRecord(error.detail, field="event_time") from None


def _named(record: Record, source: str, source_id: str) -> Record:
    """The record under the key of the path. Raises InvalidRecord where it says another."""
    for field, here in (("source", source), ("source_id", source_id)):
        if getattr(record, field) not in ("", here):
            raise InvalidRecord("It is another one in the path.", field=field)
    return replace(record, source=source, source_id=source_id)


def _answered(question: Question, found: IngestResult, told: str | None) -> Response:
    write_down(question, found.key, found.status.value, persons=(found.person_id, told))
    created = found.status is Status.CREATED and not found.repeated
    body = as_told(question, found, told).as_dict()
    response = json_response(body, 201 if created else 200)
    if found.tag is not None:
        response.headers["etag"] = f'"{found.tag}"'
    return response
