"""Forms as they arrive: read once, bounded, and refused unless one of our pages sent them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import Depends, Request

from mpi.errors import TooLarge
from mpi.web.sessions import Sessions

LARGEST = 256 * 1024
MOST_FIELDS = 2_000
TOKEN = "form"


class Forged(Exception):
    """A form that did not come from one of our pages."""


class Form:
    """The fields of a form, each with all its values."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        """Args: fields, by name."""
        self._fields = fields

    def one(self, name: str) -> str:
        """The last value of a field; empty if it has none."""
        return self._fields.get(name, [""])[-1]

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return self._fields.get(name, [])

    def named(self, prefix: str) -> dict[str, str]:
        """The fields whose names begin so, by the rest of the name."""
        return {
            name.removeprefix(prefix): values[-1]
            for name, values in self._fields.items()
            if name.startswith(prefix)
        }


async def _form(request: Request) -> Form:
    """Read a form. Raises Forged, TooLarge."""
    _check_origin(request)
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LARGEST:
            raise TooLarge()
    try:
        text = content.decode("utf-8")
        fields = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise TooLarge("It is not a form that our pages send.") from None
    sessions: Sessions = request.app.state.sessions
    form = Form(fields)
    if not sessions.of(request).accepts(form.one(TOKEN)):
        raise Forged
    return form


def _check_origin(request: Request) -> None:
    """Refuse what a browser says was sent by another site's page."""
    origin = request.headers.get("origin", "")
    if origin and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise Forged
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forged


FormDep = Annotated[Form, Depends(_form)]
