"""Errors as OperationOutcomes, in the format that the client wants to have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route
from starlette.types import Scope

from mpi import errors
from mpi.api.fhir.formats import format_or_json, response
from mpi.api.problems import headers_of, status_of
from mpi.errors import MPIError
from mpi.fhir.outcomes import PROBLEMS, Severity, outcome

ISSUES: Mapping[type[MPIError], str] = MappingProxyType(
    {
        MPIError: "exception",
        errors.InvalidResource: "structure",
        errors.UnknownModifier: "extension",
        errors.InvalidParameter: "invalid",
        errors.UnsupportedParameter: "not-supported",
        errors.UsageError: "invalid",
        errors.InvalidRecord: "invalid",
        errors.InvalidIdentifier: "value",
        errors.UnknownIdentifierSystem: "code-invalid",
        errors.UnknownSource: "code-invalid",
        errors.UnknownSourceDomain: "code-invalid",
        errors.UnknownTargetDomain: "code-invalid",
        errors.UnknownSearchDomain: "not-found",
        errors.TooLittleToMatch: "required",
        errors.SeveralRecords: "multiple-matches",
        errors.IdentifierNotFound: "not-found",
        errors.PersonNotFound: "not-found",
        errors.RecordNotFound: "not-found",
        errors.PersonGone: "deleted",
        errors.RecordErased: "deleted",
        errors.IdempotencyConflict: "conflict",
        errors.ContradictingDecision: "conflict",
        errors.ChangedMeanwhile: "conflict",
        errors.TooLarge: "too-long",
        errors.BatchTooLarge: "too-costly",
        errors.SearchTooBroad: "too-costly",
        errors.TooManyMatches: "multiple-matches",
        errors.NotAuthenticated: "login",
        errors.NotPermitted: "forbidden",
        errors.TooManyRequests: "throttled",
        errors.UnacceptableFormat: "not-supported",
        errors.UnsupportedFormat: "not-supported",
        errors.FhirUnavailable: "not-supported",
    }
)
"""FHIR's issue type for each error; one that is not listed has that of its nearest listed base."""

_OF_STATUS: Mapping[int, str] = MappingProxyType(
    {
        404: "not-found",
        405: "not-supported",
        408: "timeout",
        413: "too-long",
        500: "exception",
        503: "transient",
    }
)
_WARNINGS = (errors.UnknownSearchDomain,)


def install(app: FastAPI) -> None:
    """Make every error of an application an OperationOutcome."""
    app.add_exception_handler(MPIError, of_error)
    app.add_exception_handler(HTTPException, of_status)
    app.add_exception_handler(RequestValidationError, of_validation)
    app.add_exception_handler(Exception, of_anything)


def of_error(request: Request, error: Exception) -> Response:
    """An error of ours; from 500 up it says nothing about the machine."""
    assert isinstance(error, MPIError)
    status = status_of(type(error))
    inside = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
    code = "transient" if status == HTTPStatus.SERVICE_UNAVAILABLE else issue_of(type(error))
    severity: Severity = "warning" if isinstance(error, _WARNINGS) else "error"
    body = outcome(
        code,
        "" if inside else _diagnostics(error),
        severity=severity,
        codes=[(PROBLEMS, error.code)],
        title=error.sentence(),
    )
    request.state.code = error.code
    return response(body, format_or_json(request), status=status, headers=headers_of(error))


def of_status(request: Request, error: Exception) -> Response:
    """What the framework refuses, such as a path or a method that does not exist."""
    assert isinstance(error, HTTPException)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = _allowed(request)
    phrase = HTTPStatus(error.status_code).phrase
    code = _OF_STATUS.get(error.status_code, "processing")
    codes = [(PROBLEMS, phrase.lower().replace(" ", "-"))]
    body = outcome(code, f"{phrase}.", codes=codes, title=f"{phrase}.")
    return response(body, format_or_json(request), status=error.status_code, headers=headers)


def of_problem(scope: Scope, problem: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """A problem of whatever stands around the routes: a body too large, a time that is over."""
    code = _OF_STATUS.get(problem["status"], "processing")
    said = problem.get("detail", problem["title"])
    body = outcome(code, said, codes=[(PROBLEMS, problem["code"])], title=problem["title"])
    return response(body, format_or_json(Request(scope)), status=problem["status"], headers=headers)


def of_validation(request: Request, error: Exception) -> Response:
    """A request that does not fit its declaration: says where, never what was sent."""
    assert isinstance(error, RequestValidationError)
    places = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
    title = "The request does not have the declared form."
    body = outcome("invalid", f"See {places}.", codes=[(PROBLEMS, "invalid-request")], title=title)
    return response(body, format_or_json(request), status=HTTPStatus.BAD_REQUEST)


def of_anything(request: Request, error: Exception) -> Response:
    """What nobody expected; the middleware logs it, without its message."""
    title = "Internal Server Error."
    body = outcome("exception", title, codes=[(PROBLEMS, "internal-server-error")], title=title)
    return response(body, format_or_json(request), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def issue_of(error: type[MPIError]) -> str:
    """The issue type of an error, found along its base classes."""
    return next(ISSUES[cls] for cls in error.__mro__ if cls in ISSUES)


def _diagnostics(error: MPIError) -> str:
    """What happened, with the place: names of elements and parameters, never a value."""
    said = error.detail or error.sentence()
    place = error.where.get("element") or error.where.get("parameter")
    return f"{said} ({place})" if place else said


def _allowed(request: Request) -> str:
    """The methods of all routes of a path; the framework names those of the first."""
    routes: Sequence[Route] = request.app.state.fhir_routes
    here = [each for each in routes if each.matches(request.scope)[0] is not Match.NONE]
    methods = {method for each in here for method in each.methods or ()}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
