"""Sessions of signed-in reviewers: a signed cookie that only the pages themselves send back.

The cookie is HttpOnly and SameSite=Strict, and it is bound to the pages' own path. It holds who
signed in and a secret of the session that every form must repeat, so that no other site can send
one in a reviewer's name; and where a policy says who may review, the token, which is checked anew
with every request and so cannot be outlived.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import asdict, dataclass

from fastapi import Request, Response
from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer

from mpi.errors import UsageError

COOKIE = "mpi_review"
HOURS = 8
LONGEST_COOKIE = 3800
"""What browsers keep of one cookie, with its name and attributes."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who signed in. `reviewer` is empty before they have; `form` is what forms must repeat.

    `token` and `purpose` are empty without a policy.
    """

    reviewer: str = ""
    form: str = ""
    token: str = ""
    purpose: str = ""

    @classmethod
    def begun(cls, reviewer: str = "", token: str = "", purpose: str = "") -> Session:
        """A session with a secret of its own."""
        return cls(reviewer, secrets.token_urlsafe(24), token, purpose)

    def accepts(self, given: str) -> bool:
        """Whether a form came from one of this session's pages."""
        return bool(self.form) and hmac.compare_digest(self.form.encode(), given.encode())


class Sessions:
    """Reads and writes sessions; any process with the same secret can."""

    def __init__(self, secret: bytes, path: str, *, seconds: int = HOURS * 3600) -> None:
        """Args: secret, that signs; path, below which the pages are; seconds, that one lasts."""
        self._signer = URLSafeTimedSerializer(secret, salt="mpi.web.sessions")
        self._marker = Signer(secret, salt="mpi.web.shown")
        self._path = path
        self._seconds = seconds

    def of(self, request: Request) -> Session:
        """The session of a request; one of nobody where there is none, or it is forged or old."""
        text = request.cookies.get(COOKIE, "")
        try:
            values = self._signer.loads(text, max_age=self._seconds)
            return Session(**values)
        except (BadSignature, TypeError):
            return Session()

    def mark(self, *words: str) -> str:
        """What a page adds to what it showed, so that a form can say it again and nothing else."""
        return self._marker.get_signature("\x1f".join(words)).decode()

    def marked(self, mark: str, *words: str) -> bool:
        """Whether one of our pages marked these words so."""
        return self._marker.verify_signature("\x1f".join(words), mark)

    def keep(self, response: Response, session: Session, request: Request) -> None:
        """Have the browser keep a session. Raises UsageError for one that it would not keep."""
        content = self._signer.dumps(asdict(session))
        if len(content) > LONGEST_COOKIE:
            raise UsageError("The access token is too long for a session.")
        response.set_cookie(
            COOKIE,
            str(content),
            max_age=self._seconds,
            path=self._path,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )

    def end(self, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(COOKIE, path=self._path, httponly=True, samesite="strict")
