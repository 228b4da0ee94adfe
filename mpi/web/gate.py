"""Who may use the pages: by name on a developer's own machine, by the policy's callers elsewhere.

With a policy, somebody signs in with an access token of a client that may look up and decide. The
token is checked anew for every page, and what every page told is written to the audit before the
page leaves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol
from uuid import uuid4

from fastapi import Request

from mpi.access.access import Access
from mpi.access.operations import Operation
from mpi.access.question import Question
from mpi.access.sight import Sight
from mpi.errors import MPIError, NotAuthenticated, TooManyRequests, UsageError
from mpi.web.sessions import Session

_NAME = re.compile(r"[^\W\d_][\w .'’-]{0,59}")


class Gate(Protocol):
    """How reviewers come in, and what they may see."""

    @property
    def by_name(self) -> bool:
        """Whether a name is all that is asked for."""
        ...

    def admit(self, request: Request, name: str, token: str, purpose: str) -> Session:
        """A session for somebody. Raises UsageError, NotAuthenticated, NotPermitted."""
        ...

    def question(self, request: Request, session: Session, operation: Operation) -> Question:
        """What somebody who has signed in asks. Raises as `admit`."""
        ...


class ByName:
    """Anybody who gives a name; for pages that only this machine can open."""

    by_name = True

    def admit(self, request: Request, name: str, token: str, purpose: str) -> Session:
        """See `Gate.admit`."""
        told = " ".join(name.split())
        if not _NAME.fullmatch(told):
            raise UsageError("Give a name of up to 60 letters.")
        return Session.begun(told)

    def question(self, request: Request, session: Session, operation: Operation) -> Question:
        """See `Gate.question`."""
        return Access().question(operation, _named(request))


class ByPolicy:
    """Callers whom a policy lets look up and decide."""

    by_name = False

    def __init__(self, access: Access) -> None:
        """Args: access, with a policy."""
        self._access = access

    def admit(self, request: Request, name: str, token: str, purpose: str) -> Session:
        """See `Gate.admit`."""
        authorisation = request.headers.get("authorization") or (f"Bearer {token}" if token else "")
        asked = Session(token=authorisation, purpose=purpose)
        for operation in (Operation.LOOK_UP, Operation.DECIDE):
            caller = self.question(request, asked, operation).caller
        reviewer = f"{caller.client} {caller.user}".strip()
        return Session.begun(reviewer, authorisation, caller.purpose)

    def question(self, request: Request, session: Session, operation: Operation) -> Question:
        """See `Gate.question`."""
        if not session.token:
            raise NotAuthenticated
        if self._access.wants_keys(session.token):
            self._access.fetch_keys()
        question = self._access.question(
            operation, _named(request), credentials=(session.token, ""), purpose=session.purpose
        )
        request.scope.setdefault("state", {}).setdefault("questions", []).append(question)
        refusal = question.refusal
        if refusal is not None:
            if not question.written:
                question.refused(refusal.code, _status(refusal))
            raise refusal
        return question


def _status(refusal: MPIError) -> HTTPStatus:
    """How a refusal is written down."""
    if isinstance(refusal, TooManyRequests):
        return HTTPStatus.TOO_MANY_REQUESTS
    unknown = isinstance(refusal, NotAuthenticated)
    return HTTPStatus.UNAUTHORIZED if unknown else HTTPStatus.FORBIDDEN


def _named(request: Request) -> str:
    """What the middleware called this request, or a name of its own."""
    return str(request.scope.get("state", {}).get("request_id", uuid4().hex))


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in reviewer's request."""

    session: Session
    question: Question

    @property
    def reviewer(self) -> str:
        """Who reviews."""
        return self.session.reviewer

    @property
    def sight(self) -> Sight:
        """What of the index exists for them."""
        return self.question.sight

    def told(self, *persons: str | None) -> None:
        """Write down which persons a page is about, before it leaves."""
        self.question.answered_about([each for each in persons if each])
