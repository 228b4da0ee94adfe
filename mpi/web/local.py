"""The review pages alone, for somebody at this machine."""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from mpi.index.index import Index
from mpi.web.app import PATH, create_pages, mount

HERE = ["127.0.0.1", "localhost", "[::1]"]


def local_pages(index: Index, secret: bytes) -> FastAPI:
    """The pages at their path, for requests to this machine by its own names only.

    A page elsewhere may have made its own name lead here, and is refused by that name.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)

    @app.get("/")
    def root(_: Request) -> Response:
        return RedirectResponse(f"{PATH}/")

    mount(app, create_pages(index, secret=secret))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=HERE)
    return app


def listening(config: uvicorn.Config) -> socket.socket:
    """A socket that a server can be given to listen on, where its port is to be known before.

    asyncio sees to it that small answers leave at once only for sockets that it opens itself; with
    any other each page would wait 40 ms for the client to acknowledge its headers.
    """
    opened = config.bind_socket()
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # whoever is told its address may come before the server does
    opened.listen()
    return opened
