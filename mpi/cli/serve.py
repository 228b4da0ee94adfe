"""`mpi serve`: the index over HTTP."""

from __future__ import annotations

import logging
import sys
from ipaddress import ip_address
from typing import Annotated

import typer

from mpi.cli.options import IndexOption, index_url
from mpi.errors import UsageError
from mpi.settings import Settings

EXAMPLE = "mpi serve --port 8000"


def serve(
    index: IndexOption = "",
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Address to listen on; a loopback address. Without it: MPI_HOST, else 127.0.0.1.",
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
) -> None:
    """Answer look-ups over HTTP, to programs on this machine.

    The API describes itself at /openapi.json. Only loopback addresses are accepted: there is no
    authentication yet, and no policy on who may see what.
    """
    settings = Settings.read()
    address = host or settings.host
    require_loopback(address)
    import uvicorn

    from mpi.api.app import create_app

    log_to_stderr(settings.log)
    app = create_app(index_url(index), settings.namespace)
    # Its access log would hold the identifiers that URLs carry; ours has route templates.
    uvicorn.run(
        app,
        host=address,
        port=settings.port if port is None else port,
        access_log=False,
        log_level=settings.log.lower(),
        server_header=False,
    )


def require_loopback(host: str) -> None:
    """Refuse an address that other machines can reach. Raises UsageError."""
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(
            "Authentication is not configured, so the API listens on loopback only: "
            "give --host 127.0.0.1."
        )


def log_to_stderr(level: str) -> None:
    """Send our log to stderr from this level up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("mpi")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
