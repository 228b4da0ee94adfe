"""The application: an open index behind the routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from mpi.api import problems
from mpi.api.documented import with_schemas
from mpi.api.middleware import Observed
from mpi.api.routes import cross_references, health, links, match, persons
from mpi.identifiers import NAMESPACE
from mpi.index.index import Index
from mpi.settings import version

DESCRIPTION = """
What else is a person known as, and how sure is the index?

Records about one individual, held by prison, probation, NHS and secure-estate systems under
different identifiers, are matched into one **person**. Ask with an identifier of any system; the
answer gives the person's other identifiers, each with its **confidence**: the probability that it
belongs to the individual asked about. A confidence is `provisional` until reviewed labels have
checked it.

Errors are problem details (RFC 9457) with a stable `code`. Every answer carries `X-Request-ID`:
the caller's own if it sent one, and the one to quote when asking about a request.
"""


class _Described(FastAPI):
    """An application whose description has problems and bodies in it."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI description, made once."""
        return with_schemas(super().openapi())


def create_app(index_url: str, namespace: str = NAMESPACE) -> FastAPI:
    """The API over an existing index.

    The index is opened now, so that a service which cannot answer does not start, and closed when
    the application shuts down. `namespace` is where the URIs lie of identifier systems for which
    none is published. Raises as `Index.open`.
    """
    index = Index.open(index_url, namespace)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        yield
        index.close()

    app = _Described(
        title="Master person index",
        summary="Cross-references between health and justice identifiers, with confidence.",
        description=DESCRIPTION,
        version=version(),
        lifespan=life,
        redirect_slashes=False,
        # Their pages load scripts from elsewhere, which would see what is asked.
        docs_url=None,
        redoc_url=None,
        # Its own spans and logs hold whole paths and messages, and paths hold identifiers.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.index = index
    for routes in (cross_references, persons, match, links, health):
        app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(Observed)
    return app
