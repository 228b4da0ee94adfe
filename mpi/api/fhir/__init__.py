"""FHIR R4 over HTTP: IHE's PIXm and PDQm, under `/fhir`.

An application of its own inside the API, so that whatever goes wrong in it, up to a path that does
not exist, is answered with an OperationOutcome. It describes itself by its CapabilityStatement.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI

from mpi.api.fhir import errors, feed, match, metadata, pix, read, search
from mpi.api.problems import FHIR
from mpi.sources import SourceSystem, domains_of


def install(app: FastAPI, namespace: str, sources: Mapping[str, SourceSystem]) -> None:
    """Serve FHIR from an application whose state holds the index.

    Args: namespace, where the URIs lie of identifier systems for which none is published; sources,
    the source systems by name. Raises InvalidSource when two of them claim one domain.
    """
    inside = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    app.state.sources = sources
    app.state.index.accept(sources)
    app.state.domains = domains_of(sources, namespace)
    inside.state = app.state
    # the operations come before what would take their names for ids
    routers = [each.router for each in (metadata, pix, match, search, feed, read)]
    for router in routers:
        inside.include_router(router)
    app.state.fhir_routes = [route for router in routers for route in router.routes]
    errors.install(inside)
    app.mount(FHIR, inside)
