"""Around every request: a name for it, one line in the log, and a problem when all else fails.

URLs carry identifiers, so the log has the route's template in place of the path, and an unexpected
error is logged by its kind and place in the code, without its message.
"""

from __future__ import annotations

import logging
import re
import traceback
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mpi.access.access import Access
from mpi.api.metrics import Metrics
from mpi.api.problems import problem_of_error, problem_of_status, rendered
from mpi.api.security import settle
from mpi.errors import AuditUnavailable

REQUEST_ID = "x-request-id"
log = logging.getLogger("mpi.api")

# what could be an identifier (a run of digits, with or without letters around it) is not taken over
_SAFE = re.compile(
    r"(?!.*[0-9]{6})[A-Za-z0-9._-]{1,64}|[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}"
)
_HERE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_NO_ROUTE = "(no route)"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every request meets: who may ask, and what is counted.

    `anywhere` says that the service may be addressed by any name, since it knows its callers by
    their tokens and not by where they are.
    """

    access: Access
    metrics: Metrics
    anywhere: bool = False


class Observed:
    """Middleware that names, times and logs each request, and catches what nobody expected."""

    def __init__(self, app: ASGIApp, around: Surroundings) -> None:
        """Args: app, what is inside."""
        self._app = app
        self._around = around

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send, self._around)
        try:
            if not self._is_addressed(scope):
                # a page elsewhere may have made its own name lead to this machine
                body = problem_of_status(exchange.request_id, 421)
                await rendered(body)(scope, receive, exchange.send)
                return
            await self._app(exchange.scope, receive, exchange.send)
        except Exception as error:
            exchange.log_error(error)
            if exchange.status == 0:
                await exchange.account_for_failure()
                answer = rendered(exchange.failure(), {"retry-after": "1"})
                await answer(scope, receive, exchange.send_settled)
        finally:
            exchange.log()

    def _is_addressed(self, scope: Scope) -> bool:
        host = Headers(scope=scope).get("host", "")
        return self._around.anywhere or _HERE.fullmatch(host) is not None


class _Exchange:
    """One request and its response, as far as it has got.

    The application sees a HEAD as a GET (`scope`), and the answer to it loses its body here.
    """

    def __init__(self, scope: Scope, send: Send, around: Surroundings) -> None:
        self.request_id = _request_id(scope)
        self.status = 0
        self._method = scope["method"]
        # a copy: the server must still know that no body follows the headers
        self.scope = {**scope, "method": "GET"} if self._method == "HEAD" else scope
        self._send = send
        self._start = perf_counter()
        self._metrics = around.metrics
        self._no_audit: AuditUnavailable | None = None
        state = self.scope.setdefault("state", {})
        state["request_id"] = self.request_id
        state["access"] = around.access

    async def send(self, message: Message) -> None:
        """Pass a message on; the first carries the status, and waits until it is accounted for."""
        if message["type"] == "http.response.start":
            try:
                await settle(self.scope, message["status"])
            except AuditUnavailable as error:
                self._no_audit = error
                raise
        await self.send_settled(message)

    async def send_settled(self, message: Message) -> None:
        """Pass a message on, with our headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self.request_id
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        elif self._method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    async def account_for_failure(self) -> None:
        """Write down that nothing was told because something went wrong."""
        if self._no_audit is None:
            self.scope["state"]["code"] = "internal-server-error"
            try:
                await settle(self.scope, HTTPStatus.INTERNAL_SERVER_ERROR)
            except AuditUnavailable as error:
                self._no_audit = error

    def failure(self) -> dict[str, object]:
        """What to answer when nothing else can be."""
        if self._no_audit is not None:
            return problem_of_error(self.request_id, self._no_audit)
        return problem_of_status(self.request_id, HTTPStatus.INTERNAL_SERVER_ERROR)

    def log(self) -> None:
        """One line: method, route, status, time, request; and the same for the metrics."""
        seconds = perf_counter() - self._start
        route = _template(self.scope)
        said = {"method": self._method, "route": route, "status": self.status}
        log.info(
            "%s %s %d %.1f ms %s",
            *(self._method, route, self.status, seconds * 1000, self.request_id),
            extra={"fields": {**said, "seconds": round(seconds, 6), "request": self.request_id}},
        )
        self._metrics.answered(self._method, route, self.status, seconds)
        if self.status >= HTTPStatus.BAD_REQUEST:
            self._metrics.refused(str(self.scope["state"].get("code", self.status)))

    def log_error(self, error: Exception) -> None:
        """The kind of an unexpected error and where it arose; its message could hold a value."""
        places = "".join(traceback.format_tb(error.__traceback__))
        kind = type(error).__name__
        fields = {"error": kind, "request": self.request_id, "places": places}
        said = "%s in request %s\n%s"
        log.error(said, kind, self.request_id, places, extra={"fields": fields})


def _template(scope: Scope) -> str:
    """The route of a request as it was declared, with the path of the application it is in."""
    path = getattr(scope.get("route"), "path", None)
    return _NO_ROUTE if path is None else scope.get("root_path", "") + path


def _request_id(scope: Scope) -> str:
    """The caller's name for the request if it is harmless, else a new one."""
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _SAFE.fullmatch(given) else uuid4().hex
