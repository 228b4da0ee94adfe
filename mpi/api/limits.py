"""Limits of every request: how large its body may be, and how long it may take."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mpi.api.problems import problem_of_error, problem_of_status, rendered, request_id
from mpi.errors import TooLarge

LARGEST_BODY = 1024 * 1024
"""Bytes that no body may exceed; a route may allow less."""
LONGEST_SECONDS = 30.0
"""From the first byte of a request to the first of its answer."""


class Limited:
    """Middleware that refuses bodies that are too large, and answers when the time is over."""

    def __init__(
        self, app: ASGIApp, *, largest: int = LARGEST_BODY, longest: float = LONGEST_SECONDS
    ) -> None:
        """Args: app, what is inside; largest, in bytes; longest, in seconds."""
        self._app = app
        self._largest = largest
        self._longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Bounded(scope, receive, send, self._largest)
        if request.announced() > self._largest:
            body = problem_of_error(request_id(scope), TooLarge())
            await rendered(body)(scope, receive, send)
            return
        timer = asyncio.get_running_loop().call_later(self._longest, request.expire)
        try:
            await self._app(scope, request.receive, request.send)
        finally:
            timer.cancel()
            await request.finished()


class _Bounded:
    """One request: what has come of its body, and whether its time is over."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, largest: int) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._largest = largest
        self._size = 0
        self._whole = False
        self._started = False
        self._late: asyncio.Task[None] | None = None

    def announced(self) -> int:
        """The length that the request says its body has; 0 if it does not say."""
        said = Headers(scope=self._scope).get("content-length", "0")
        return int(said) if said.isdecimal() else 0

    async def receive(self) -> Message:
        """The next part of the body. Raises TooLarge."""
        if self._late is not None:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._size > self._largest:
                raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        """Pass a message on, unless its time was over before it began."""
        if self._late is None:
            self._started = True
            await self._send(message)

    def expire(self) -> None:
        """The time is over: answer in place of the application, if it has not begun to."""
        if not self._started:
            self._late = asyncio.get_running_loop().create_task(self._answer())

    async def _answer(self) -> None:
        status = HTTPStatus.SERVICE_UNAVAILABLE if self._whole else HTTPStatus.REQUEST_TIMEOUT
        body = problem_of_status(request_id(self._scope), status)
        headers = {"retry-after": "1"} if self._whole else {"connection": "close"}
        await rendered(body, headers)(self._scope, self._receive, self._send)

    async def finished(self) -> None:
        """Wait until what was begun in place of the application is sent."""
        if self._late is not None:
            await self._late
