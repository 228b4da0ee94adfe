"""The application: an open index behind the routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from mpi.access.access import Access
from mpi.api import fhir, problems
from mpi.api.documented import with_schemas
from mpi.api.limits import Limited
from mpi.api.metrics import Metrics
from mpi.api.middleware import Observed, Surroundings
from mpi.api.paging import Cursors
from mpi.api.routes import (
    batch,
    cross_references,
    decisions,
    health,
    history,
    links,
    match,
    persons,
    records,
)
from mpi.errors import MPIError
from mpi.identifiers import NAMESPACE
from mpi.index.index import Index
from mpi.settings import version
from mpi.sources import SourceSystem, load_sources

DESCRIPTION = """
What else is a person known as, and how sure is the index?

Records about one individual, held by prison, probation, NHS and secure-estate systems under
different identifiers, are matched into one **person**. Ask with an identifier of any system; the
answer gives the person's other identifiers, each with its **confidence**: the probability that it
belongs to the individual asked about. A confidence is `provisional` until reviewed labels have
checked it.

Where the service has a disclosure policy, a request carries a bearer token and a purpose of use
(`X-Purpose-Of-Use`, or in the token), and is answered with what the policy allows its client for
that purpose. What is withheld looks like what is not there. Every answer is in the audit before it
leaves.

Errors are problem details (RFC 9457) with a stable `code`; a parameter that is not as described is
`invalid-request`, 422. Every answer carries `X-Request-ID`: the caller's own if it sent one, and
the one to quote when asking about a request. A route that is read answers HEAD as well.
"""

TAGS = [
    {"name": "Look up", "description": "From an identifier or a person id to the person."},
    {"name": "Match", "description": "From what is known about somebody to who they may be."},
    {"name": "Change", "description": "Records in and out, and what reviewers know better."},
    {"name": "History", "description": "What happened, and what became of a person id."},
    {"name": "Health", "description": "For whatever watches the service."},
]
AGE = ("mpi_index_age_seconds", "Time since something came into the index.", "since")

ROUTES = (cross_references, batch, persons, match, links, records, decisions, history, health)
"""In the order of their description."""


class _Described(FastAPI):
    """An application whose description has problems and bodies in it."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = with_schemas(super().openapi())
        return self.openapi_schema


def create_app(
    index_url: str,
    namespace: str = NAMESPACE,
    access: Access | None = None,
    sources: Mapping[str, SourceSystem] | None = None,
) -> FastAPI:
    """The API over an existing index.

    The index is opened now, so that a service which cannot answer does not start, and closed when
    the application shuts down. `namespace` is where the URIs lie of identifier systems for which
    none is published. `access` says who may ask, and is closed as well; without it everybody may.
    `sources` are the source systems by name, which may feed Patients; without them the shipped
    ones. Raises as `Index.open`, and InvalidSource.
    """
    index = Index.open(index_url, namespace)
    access = access or Access()

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        access.anchor_in(index.audit_anchors(access.audit_name))
        yield
        access.close()
        index.close()

    app = _Described(
        title="Master person index",
        summary="Cross-references between health and justice identifiers, with confidence.",
        description=DESCRIPTION,
        version=version(),
        lifespan=life,
        openapi_tags=TAGS,
        license_info={"name": "MIT License", "identifier": "MIT"},
        redirect_slashes=False,
        # Their pages load scripts from elsewhere, which would see what is asked.
        docs_url=None,
        redoc_url=None,
        # Its own spans and logs hold whole paths and messages, and paths hold identifiers.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        generate_unique_id_function=lambda route: route.name,
    )
    _share(app, index, access)
    for routes in ROUTES:
        app.include_router(routes.router)
    fhir.install(app, namespace, sources or load_sources())
    problems.install(app)
    app.add_middleware(Limited)
    app.add_middleware(Observed, around=_around(app))
    return app


def _share(app: FastAPI, index: Index, access: Access) -> None:
    """Put where every route finds it what all of them use."""
    app.state.index = index
    app.state.access = access
    app.state.cursors = Cursors()
    app.state.metrics = Metrics()
    app.state.metrics.watch(*AGE, lambda: age_of(index, datetime.now(UTC)))


def age_of(index: Index, now: datetime) -> dict[str, float]:
    """How long ago the last event came into the index, in seconds, to the minute; nothing where
    that cannot be told.
    """
    try:
        last = index.state().last_at
    except MPIError:
        return {}
    if not last:
        return {}
    age = (now - datetime.fromisoformat(last)).total_seconds()
    return {"last event": age // 60 * 60}


def _around(app: FastAPI) -> Surroundings:
    access: Access = app.state.access
    return Surroundings(access, app.state.metrics, anywhere=access.knows_callers)
