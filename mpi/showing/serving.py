"""A service of this process's own, to ask an index over HTTP from a notebook or a test."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from mpi.api.app import create_app

LOOPBACK = "127.0.0.1"


@contextmanager
def serving(index_url: str) -> Iterator[str]:
    """Serve an index on a free port of the loopback interface while the block runs.

    Gives the service's URL. Raises as `Index.open`.
    """
    with running(create_app(index_url)) as url:
        yield url


@contextmanager
def running(app: ASGIApp) -> Iterator[str]:
    """Run any application so; gives its URL."""
    with socket.socket() as listening:
        listening.bind((LOOPBACK, 0))
        listening.listen()
        server = uvicorn.Server(
            uvicorn.Config(app, access_log=False, log_level="warning", server_header=False)
        )
        thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
