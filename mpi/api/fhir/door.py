"""What every FHIR route is handed: the index, the URIs it knows, the query, and the body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Annotated

from fastapi import Depends, Request, Response

from mpi.api.fhir.formats import Format, prefers, response, wanted_format
from mpi.api.problems import FHIR
from mpi.api.routes.dependencies import body_up_to
from mpi.errors import FhirUnavailable, UnsupportedParameter
from mpi.fhir.domains import Domains
from mpi.fhir.elements import Plain
from mpi.index.index import Index
from mpi.sources import SourceSystem

LARGEST_BODY = 512 * 1024
"""Bytes of a request's body."""

_NEEDED = ("fhir", "lxml")
_GENERAL = frozenset({"_format", "_pretty"})
"""Parameters of any request: how the answer is to look."""


@cache
def _installed() -> bool:
    return all(find_spec(name) is not None for name in _NEEDED)


@dataclass(frozen=True, slots=True)
class Door:
    """One request: `base` is the URL of the FHIR service, `wanted` the format of the answer."""

    index: Index
    domains: Domains
    sources: Mapping[str, SourceSystem]
    base: str
    wanted: Format
    strict: bool
    request: Request

    def respond(self, resource: Plain, status: int = 200, **headers: str) -> Response:
        """A resource in the format that is wanted; a header's underscores become hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return response(resource, self.wanted, status=status, headers=named)

    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of the query, those left out that are about the answer's looks."""
        every = self.request.query_params.multi_items()
        return [(name, value) for name, value in every if name not in _GENERAL]

    def supported(self, pairs: Sequence[tuple[str, str]], known: Sequence[str]) -> bool:
        """Whether all parameters are known. Raises UnsupportedParameter if that must be so.

        `Prefer: handling=strict` says that it must; otherwise the others are to be left alone.
        """
        unknown = [name for name, _ in pairs if name not in known]
        if unknown and self.strict:
            raise UnsupportedParameter(f"Known are {', '.join(known)}.")
        return not unknown


async def _door(request: Request) -> Door:
    if not _installed():
        raise FhirUnavailable("Install it: pip install 'master-person-index[fhir]'.")
    return Door(
        index=request.app.state.index,
        domains=request.app.state.domains,
        sources=request.app.state.sources,
        base=f"{str(request.base_url).rstrip('/')}{FHIR}",
        wanted=wanted_format(request),
        strict=prefers(request, "handling") == "strict",
        request=request,
    )


DoorDep = Annotated[Door, Depends(_door)]
BodyDep = Annotated[bytes, Depends(body_up_to(LARGEST_BODY))]
