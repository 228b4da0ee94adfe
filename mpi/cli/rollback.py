"""`mpi rollback`: go back to a release that was in use before."""

from __future__ import annotations

from typing import Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, SourcesOption, index_url, sources_folder
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_summary, show_warnings

EXAMPLE = "mpi rollback --index sqlite:///mpi.db"


def rollback(
    index: IndexOption = "",
    sources: SourcesOption = None,
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="RELEASE",
            help="The id of the release. Without it: the one used before the present one.",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Link the records of the index anew with an older release, which the index has kept.

    No feeds are read. Records and decisions that came since stay; only who is who is decided again.
    Person ids carry over to the same people, and one that goes out of use leads to its successors.
    """
    from mpi.index.link import LinkOptions
    from mpi.index.rollback import rollback as run
    from mpi.store.database import shown

    url = index_url(index)
    with shown_progress() as progress:
        options = LinkOptions(sources=sources_folder(sources))
        summary = run(url, to=to, options=options, progress=progress)
    show_warnings(summary.warnings)
    show_summary(summary, title=f"Rolled back {shown(url)}", as_json=as_json)
