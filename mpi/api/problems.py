"""Errors as HTTP: problem details of RFC 9457, the only place that knows of status codes.

A problem never carries a value of a person's attributes, nor, from 500 up, anything about the
machine: what went wrong inside is for the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from mpi import errors
from mpi.errors import MPIError

MEDIA_TYPE = "application/problem+json"
FHIR = "/fhir"
"""Where errors are not problems but OperationOutcomes."""
INVALID_REQUEST = "invalid-request"

STATUS: Mapping[type[MPIError], HTTPStatus] = MappingProxyType(
    {
        MPIError: HTTPStatus.INTERNAL_SERVER_ERROR,
        errors.UsageError: HTTPStatus.BAD_REQUEST,
        errors.UnknownIdentifierSystem: HTTPStatus.BAD_REQUEST,
        errors.UnknownSource: HTTPStatus.BAD_REQUEST,
        errors.InvalidIdentifier: HTTPStatus.UNPROCESSABLE_ENTITY,
        errors.IdentifierNotFound: HTTPStatus.NOT_FOUND,
        errors.PersonNotFound: HTTPStatus.NOT_FOUND,
        errors.PersonGone: HTTPStatus.GONE,
        errors.IndexNotFound: HTTPStatus.SERVICE_UNAVAILABLE,
        errors.IndexOutdated: HTTPStatus.SERVICE_UNAVAILABLE,
        errors.IndexTooNew: HTTPStatus.SERVICE_UNAVAILABLE,
        errors.IndexUnreachable: HTTPStatus.SERVICE_UNAVAILABLE,
        errors.IndexBusy: HTTPStatus.SERVICE_UNAVAILABLE,
        errors.DiskFull: HTTPStatus.SERVICE_UNAVAILABLE,
        errors.NotMatchable: HTTPStatus.SERVICE_UNAVAILABLE,
        errors.RecordNotFound: HTTPStatus.NOT_FOUND,
        errors.InvalidRecord: HTTPStatus.UNPROCESSABLE_ENTITY,
        errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        errors.InvalidResource: HTTPStatus.BAD_REQUEST,
        errors.InvalidParameter: HTTPStatus.BAD_REQUEST,
        errors.UnknownSourceDomain: HTTPStatus.BAD_REQUEST,
        errors.UnknownTargetDomain: HTTPStatus.FORBIDDEN,
        errors.UnknownSearchDomain: HTTPStatus.NOT_FOUND,
        errors.TooLittleToMatch: HTTPStatus.BAD_REQUEST,
        errors.SeveralRecords: HTTPStatus.PRECONDITION_FAILED,
        errors.UnacceptableFormat: HTTPStatus.NOT_ACCEPTABLE,
        errors.UnsupportedFormat: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        errors.FhirUnavailable: HTTPStatus.NOT_IMPLEMENTED,
        errors.IdempotencyConflict: HTTPStatus.CONFLICT,
        errors.ContradictingDecision: HTTPStatus.CONFLICT,
        errors.NothingToUndo: HTTPStatus.NOT_FOUND,
        errors.RecordErased: HTTPStatus.GONE,
        errors.NotAuthenticated: HTTPStatus.UNAUTHORIZED,
        errors.NotPermitted: HTTPStatus.FORBIDDEN,
        errors.SearchTooBroad: HTTPStatus.UNPROCESSABLE_ENTITY,
        errors.TooManyMatches: HTTPStatus.UNPROCESSABLE_ENTITY,
        errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
        errors.BatchTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        errors.InvalidCursor: HTTPStatus.BAD_REQUEST,
        errors.ChangedMeanwhile: HTTPStatus.PRECONDITION_FAILED,
        errors.AuditUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
        errors.IndexStale: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
"""The status of each error; one that is not listed has that of its nearest listed base."""


def status_of(error: type[MPIError]) -> HTTPStatus:
    """The status of an error, found along its base classes."""
    return next(STATUS[cls] for cls in error.__mro__ if cls in STATUS)


def type_uri(code: str) -> str:
    """The URI that names a kind of problem, for ever.

    >>> type_uri("identifier-not-found")
    'urn:mpi:problem:identifier-not-found'
    """
    return f"urn:mpi:problem:{code}"


def problem(
    request_id: str, status: int, code: str, title: str, *, detail: str = ""
) -> dict[str, Any]:
    """The body of a problem; `instance` names the request, never its URL: that has identifiers."""
    body: dict[str, Any] = {
        "type": type_uri(code),
        "title": title,
        "status": int(status),
        "code": code,
        "instance": f"urn:mpi:request:{request_id}",
    }
    return body | ({"detail": detail} if detail else {})


def problem_of_error(request_id: str, error: MPIError) -> dict[str, Any]:
    """The problem that an error of ours is, outside of a route."""
    status = status_of(type(error))
    return problem(request_id, status, error.code, error.sentence())


def problem_of_status(request_id: str, status: int) -> dict[str, Any]:
    """The problem that says no more than its HTTP status, such as `method-not-allowed`."""
    known = HTTPStatus(status)
    code = known.phrase.lower().replace(" ", "-")
    return problem(request_id, status, code, f"{known.phrase}.")


class _Rendered(Response):
    """A problem as a response; under `/fhir` it is an OperationOutcome, whoever refuses."""

    def __init__(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        super().__init__(orjson.dumps(body), body["status"], dict(headers), media_type=MEDIA_TYPE)
        self._problem = body
        self._given = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(FHIR):
            await super().__call__(scope, receive, send)
            return
        from mpi.api.fhir.errors import of_problem

        answer = of_problem(scope, self._problem, self._given)
        await answer(scope, receive, send)


def rendered(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """A problem as a response."""
    return _Rendered(body, headers or {})


def request_id(scope: Scope) -> str:
    """What the middleware called this request."""
    return str(scope["state"]["request_id"])


def of_error(request: Request, error: Exception) -> Response:
    """An error of ours as a response."""
    assert isinstance(error, MPIError)
    status = status_of(type(error))
    inside = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    detail = "" if inside else error.detail
    request.scope["state"]["code"] = error.code
    body = problem(request_id(request.scope), status, error.code, error.sentence(), detail=detail)
    if isinstance(error, errors.ContradictingDecision):
        body["chain"] = [{"source": source, "source_id": key} for source, key in error.chain]
    return rendered(body, headers_of(error))


def headers_of(error: MPIError) -> dict[str, str]:
    """The headers that the status of an error calls for."""
    status = status_of(type(error))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"retry-after": "1"}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return {"retry-after": str(error.where.get("retry_after", 1))}
    return {"www-authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}


def of_status(request: Request, error: Exception) -> Response:
    """What the framework refuses, such as a path or a method that does not exist."""
    assert isinstance(error, HTTPException)
    body = problem_of_status(request_id(request.scope), error.status_code)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if "GET" in headers.get("allow", "").split(", "):
        # the middleware answers it for every route that can be read
        headers["allow"] += ", HEAD"
    return rendered(body, headers)


def of_validation(request: Request, error: Exception) -> Response:
    """A request that does not fit its declaration: says where, never what was sent."""
    assert isinstance(error, RequestValidationError)
    places = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "The request does not have the declared form."
    name = request_id(request.scope)
    return rendered(problem(name, status, INVALID_REQUEST, title, detail=f"See {places}."))


def install(app: FastAPI) -> None:
    """Make every error of the application a problem; what nobody expects is for the middleware."""
    app.add_exception_handler(MPIError, of_error)
    app.add_exception_handler(HTTPException, of_status)
    app.add_exception_handler(RequestValidationError, of_validation)
