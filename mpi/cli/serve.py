"""`mpi serve`: the index over HTTP."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

import typer

from mpi.cli.loaded import set_loaded_apart
from mpi.cli.logs import log_to_stderr
from mpi.cli.options import IndexOption, PolicyOption, SourcesOption, index_url, sources_folder
from mpi.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from mpi.access.access import Access

EXAMPLE = "mpi serve --port 8000"
MOST_AT_ONCE = 1000
"""Requests that are worked on at one time; more are turned away with 503."""
OPEN = "no policy: everybody on this machine may ask everything, and nothing is written down"
log = logging.getLogger("mpi.serve")


def serve(
    index: IndexOption = "",
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Address to listen on; other than loopback only with a policy that says whose "
            "tokens are believed. Without it: MPI_HOST, else 127.0.0.1.",
            show_default=False,
        ),
    ] = "",
    *,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            min=0,
            max=65535,
            help="Port to listen on; 0 takes a free one. Without it: MPI_PORT, else 8000.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyOption = None,
    sources: SourcesOption = None,
) -> None:
    """Answer look-ups over HTTP, to whom the disclosure policy lets ask.

    The API describes itself at /openapi.json. Without a policy anybody on this machine may ask
    everything, and nothing is written down: that is for development, and on loopback only.
    """
    settings = Settings.read()
    address = host or settings.host
    import uvicorn

    from mpi.access.access import opened
    from mpi.access.jwks import is_loopback
    from mpi.api.app import create_app
    from mpi.sources import load_sources

    folder = sources_folder(sources)
    access = opened(policy or settings.policy, folder)
    if not is_loopback(address):
        access.require_authentication()
    log_to_stderr(settings.log)
    app = create_app(index_url(index), settings.namespace, access, load_sources(folder))
    _add_review_pages(app, access)
    if access.policy:
        log.info("policy %s", access.policy.name)
    else:
        log.warning(OPEN)
    set_loaded_apart()
    # Its access log would hold the identifiers that URLs carry; ours has route templates.
    uvicorn.run(
        app,
        host=address,
        port=settings.port if port is None else port,
        access_log=False,
        log_config=None,
        server_header=False,
        limit_concurrency=MOST_AT_ONCE,
    )


def _add_review_pages(app: FastAPI, access: Access) -> None:
    """Serve the review pages too, where what they need is installed."""
    try:
        from mpi.web.app import create_pages, mount
    except ImportError:
        log.info("no review pages: pip install 'master-person-index[web]'")
        return
    secret = app.state.index.review_room().session_secret()
    mount(app, create_pages(app.state.index, access=access, secret=secret))
