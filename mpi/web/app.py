"""The pages as an application of its own, to be mounted where `PATH` says."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from mpi import errors
from mpi.access.access import Access
from mpi.access.question import Question
from mpi.errors import MPIError
from mpi.index.index import Index
from mpi.web import pages, persons, searching, tasks
from mpi.web.forms import Forged
from mpi.web.gate import ByName, ByPolicy
from mpi.web.pages import NotSignedIn
from mpi.web.rendering import page
from mpi.web.sessions import Sessions

PATH = "/review"
log = logging.getLogger("mpi.web")

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

_STATUS = {
    errors.TaskNotFound: HTTPStatus.NOT_FOUND,
    errors.RecordNotFound: HTTPStatus.NOT_FOUND,
    errors.PersonNotFound: HTTPStatus.NOT_FOUND,
    errors.PersonGone: HTTPStatus.GONE,
    errors.TaskClosed: HTTPStatus.CONFLICT,
    errors.ContradictingDecision: HTTPStatus.CONFLICT,
    errors.NothingToUndo: HTTPStatus.CONFLICT,
    errors.NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    errors.NotPermitted: HTTPStatus.FORBIDDEN,
    errors.SearchTooBroad: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyMatches: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UsageError: HTTPStatus.BAD_REQUEST,
    errors.InvalidIdentifier: HTTPStatus.BAD_REQUEST,
    errors.IndexBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.AuditUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def create_pages(index: Index, *, access: Access | None = None, secret: bytes) -> FastAPI:
    """The review pages over an open index, which stays the caller's to close.

    Args: access, whose policy says who may review; without a policy a name is enough, so the
    caller sees to it that only this machine can open the pages; secret, that signs sessions, the
    same in all processes that serve them.
    """
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.room = index.review_room()
    app.state.index = index
    app.state.sessions = Sessions(secret, PATH)
    app.state.gate = ByName() if access is None or access.policy is None else ByPolicy(access)
    for routes in (pages, tasks, persons, searching):
        app.include_router(routes.router)
    app.add_exception_handler(MPIError, _of_error)
    app.add_exception_handler(Forged, _of_forgery)
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(HTTPException, _of_status)
    app.middleware("http")(_with_headers)
    return app


def mount(app: FastAPI, pages: FastAPI) -> None:
    """Put the pages at their path in another application, with or without the last slash."""

    @app.get(PATH, include_in_schema=False)
    def review(_: Request) -> Response:
        return RedirectResponse(f"{PATH}/")

    app.mount(PATH, pages)


async def _with_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("cache-control", "no-store")
    return response


def _of_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, MPIError)
    status = next((_STATUS[cls] for cls in type(error).__mro__ if cls in _STATUS), None)
    if status is None:
        log.error("%s in the review pages", error.code)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    _write_down(request, error.code, status)
    if isinstance(error, errors.NotAuthenticated):
        return _to_sign_in(request, error)
    said = {"title": error.sentence(), "detail": error.detail}
    return page(request, "error.html", said, status=status)


def _write_down(request: Request, code: str, status: HTTPStatus) -> None:
    """Write down that whoever asked was told nothing, before they are told so.

    Raises AuditUnavailable.
    """
    questions: list[Question] = request.scope.get("state", {}).get("questions", [])
    for each in questions:
        if not each.written:
            each.refused(code, status)


def _of_forgery(request: Request, error: Exception) -> Response:
    said = {
        "title": "This form is out of date.",
        "detail": "It was not sent by the page you have open, or you have signed in again since. "
        "Go back to the work list and open the page anew; nothing was kept.",
    }
    _write_down(request, "forged-form", HTTPStatus.FORBIDDEN)
    return page(request, "error.html", said, status=HTTPStatus.FORBIDDEN)


def _to_sign_in(request: Request, error: Exception) -> Response:
    return RedirectResponse(f"{PATH}/sign-in", status_code=HTTPStatus.SEE_OTHER)


def _of_status(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    _write_down(request, str(int(status)), status)
    return page(request, "error.html", {"title": f"{status.phrase}.", "detail": ""}, status=status)
