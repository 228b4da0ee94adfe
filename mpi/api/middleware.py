"""Around every request: a name for it, one line in the log, and a problem when all else fails.

URLs carry identifiers, so the log has the route's template in place of the path, and an unexpected
error is logged by its kind and place in the code, without its message.
"""

from __future__ import annotations

import logging
import re
import traceback
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mpi.api.problems import problem_of_status, rendered

REQUEST_ID = "x-request-id"
log = logging.getLogger("mpi.api")

# what could be an identifier (a run of digits, with or without letters around it) is not taken over
_SAFE = re.compile(
    r"(?!.*[0-9]{6})[A-Za-z0-9._-]{1,64}|[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}"
)
_HERE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class Observed:
    """Middleware that names, times and logs each request, and catches what nobody expected."""

    def __init__(self, app: ASGIApp) -> None:
        """Args: app, what is inside."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        try:
            if not _HERE.fullmatch(Headers(scope=scope).get("host", "")):
                # a page elsewhere may have made its own name lead to this machine
                body = problem_of_status(exchange.request_id, 421)
                await rendered(body)(scope, receive, exchange.send)
                return
            await self._app(exchange.scope, receive, exchange.send)
        except Exception as error:
            exchange.log_error(error)
            if exchange.status == 0:
                body = problem_of_status(exchange.request_id, 500)
                await rendered(body)(scope, receive, exchange.send)
        finally:
            exchange.log()


class _Exchange:
    """One request and its response, as far as it has got.

    The application sees a HEAD as a GET (`scope`), and the answer to it loses its body here.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self.request_id = _request_id(scope)
        self.status = 0
        self._method = scope["method"]
        # a copy: the server must still know that no body follows the headers
        self.scope = {**scope, "method": "GET"} if self._method == "HEAD" else scope
        self._send = send
        self._start = perf_counter()
        self.scope.setdefault("state", {})["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        """Pass a message on; the first carries the status, and gets our headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_ID] = self.request_id
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        elif self._method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    def log(self) -> None:
        """One line: method, route, status, time, request."""
        taken = (perf_counter() - self._start) * 1000
        route = getattr(self.scope.get("route"), "path", "(no route)")
        log.info("%s %s %d %.1f ms %s", self._method, route, self.status, taken, self.request_id)

    def log_error(self, error: Exception) -> None:
        """The kind of an unexpected error and where it arose; its message could hold a value."""
        places = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s in request %s\n%s", type(error).__name__, self.request_id, places)


def _request_id(scope: Scope) -> str:
    """The caller's name for the request if it is harmless, else a new one."""
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _SAFE.fullmatch(given) else uuid4().hex
