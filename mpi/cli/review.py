"""`mpi review`: the review pages, on this machine."""

from __future__ import annotations

import secrets
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.loaded import set_loaded_apart
from mpi.cli.logs import log_to_stderr
from mpi.cli.options import IndexOption, index_url
from mpi.errors import UsageError
from mpi.settings import Settings

EXAMPLE = "mpi review --port 8001"


def review(
    index: IndexOption = "",
    *,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")
    ] = 8001,
    known: Annotated[
        Path | None,
        typer.Option(
            "--known",
            metavar="FILE",
            help="Labels of pairs whose answer is known; one task in twenty is one of them.",
            show_default=False,
        ),
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the pages in the browser.")
    ] = True,
) -> None:
    """Open the review pages: doubtful links, samples to label, persons to split.

    They listen on this machine only, and ask for nothing but a name: whoever can open them may
    see all that the index holds. For reviewers elsewhere run mpi serve with a policy, which has
    the same pages at /review.
    """
    import uvicorn

    from mpi.index.index import Index

    try:
        from mpi.web.app import PATH
        from mpi.web.local import listening, local_pages
    except ImportError as error:
        said = "The pages need more: pip install 'master-person-index[web]'."
        raise UsageError(said) from error

    log_to_stderr(Settings.read().log)
    with Index.open(index_url(index)) as opened:
        opened.review_room().fill(known)
        app = local_pages(opened, secrets.token_bytes(32))
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            access_log=False,
            log_level="warning",
            server_header=False,
        )
        server = uvicorn.Server(config)
        set_loaded_apart()
        listener = listening(config)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}/"
        sys.stderr.write(f"Review pages: {address}\n")
        if open_browser and sys.stdout.isatty():
            webbrowser.open(address)
        server.run(sockets=[listener])
