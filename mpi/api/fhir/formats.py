"""JSON or XML: what a client may send, what it wants to have, and the response in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

import orjson
from fastapi import Request, Response

from mpi.api.fhir.xml import from_xml, to_xml
from mpi.api.media import MediaType
from mpi.errors import InvalidParameter, InvalidResource, UnacceptableFormat, UnsupportedFormat
from mpi.fhir.elements import Plain


class Format(StrEnum):
    """A format of FHIR, by its media type."""

    JSON = "application/fhir+json"
    XML = "application/fhir+xml"


_NAMES = {
    "json": Format.JSON,
    "application/json": Format.JSON,
    "text/json": Format.JSON,
    Format.JSON.value: Format.JSON,
    "xml": Format.XML,
    "application/xml": Format.XML,
    "text/xml": Format.XML,
    Format.XML.value: Format.XML,
}
_ANY = ("*/*", "application/*")


def wanted_format(request: Request) -> Format:
    """The format of the answer: `_format` outweighs `Accept`. Raises UnacceptableFormat."""
    asked = request.query_params.get("_format", "")
    if asked:
        # a plus that was not escaped has become a space
        return format_of(MediaType.of(asked.replace(" ", "+")))
    accept = [MediaType.of(part) for part in request.headers.get("accept", "").split(",")]
    return next(_acceptable([each for each in accept if each.name]))


def format_or_json(request: Request) -> Format:
    """The format of an error: what was wanted, or JSON where that cannot be had."""
    try:
        return wanted_format(request)
    except UnacceptableFormat:
        return Format.JSON


def sent_format(content_type: str) -> Format:
    """The format of a body; JSON where nothing says so. Raises UnsupportedFormat."""
    media = MediaType.of(content_type)
    charset = media.parameters.get("charset", "utf-8")
    found = _NAMES.get(media.name) if media.name else Format.JSON
    if found is None or media.other_version or charset not in ("utf-8", "utf8"):
        raise UnsupportedFormat(f"Read are {', '.join(Format)}, of R4 and in UTF-8.")
    return found


def resource_of(content: bytes, content_type: str) -> object:
    """The JSON of a body in either format. Raises UnsupportedFormat, InvalidResource."""
    if sent_format(content_type) is Format.XML:
        return from_xml(content)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InvalidResource("It is not JSON.") from None


def prefers(request: Request, name: str) -> str:
    """What a client prefers (RFC 7240), such as `strict` of `handling`; empty for nothing said."""
    said = ",".join(request.headers.getlist("prefer")).replace(";", ",").split(",")
    pairs = (part.partition("=") for part in said)
    return next((v.strip().lower() for k, _, v in pairs if k.strip().lower() == name), "")


def response(
    resource: Plain, wanted: Format, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A resource as a response."""
    content = orjson.dumps(resource) if wanted is Format.JSON else to_xml(resource)
    return Response(content, status, dict(headers or {}), media_type=f"{wanted}; charset=utf-8")


def format_of(media: MediaType) -> Format:
    """The format of a media type or of its short name. Raises UnacceptableFormat."""
    found = _NAMES.get(media.name)
    if found is None or media.other_version:
        raise UnacceptableFormat(f"It can be given in {' or '.join(Format)}, of R4.")
    return found


def _acceptable(accept: list[MediaType]) -> Iterator[Format]:
    """The formats that a client accepts, the most wanted first."""
    if not accept:
        yield Format.JSON
    for media in sorted(accept, key=lambda each: -each.quality):
        if media.quality <= 0 or media.other_version:
            continue
        if media.name in _ANY:
            yield Format.JSON
        elif media.name in _NAMES:
            yield _NAMES[media.name]
    raise UnacceptableFormat(f"It can be given in {' or '.join(Format)}, of R4.")


def flag(text: str, parameter: str) -> bool:
    """A boolean of a query. Raises InvalidParameter."""
    if text not in ("true", "false"):
        raise InvalidParameter("Expected true or false.", parameter=parameter)
    return text == "true"
