"""`mpi ingest`: records into the index one by one, as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, SourcesOption, index_url, sources_folder
from mpi.cli.rendering import show_summary

EXAMPLE = "mpi ingest data/feeds/nomis.csv"


def ingest(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A feed named for its source, or NDJSON of records in our own words.",
            show_default=False,
        ),
    ],
    index: IndexOption = "",
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="NAME",
            help="The source system whose feed it is. Without it: the name of the file.",
            show_default=False,
        ),
    ] = "",
    sources: SourcesOption = None,
    *,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects",
            metavar="FILE",
            help="CSV file for rows that cannot be used, with the reason of each.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="TIME",
            help="When the file was delivered (ISO 8601), for sources whose records have no"
            " version. Without it: now.",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Put each record of a file into the index, and delete those that it says are gone.

    A record is compared, stored and settled into its person before the next one is read, while
    the index goes on answering. A record that the file lacks stays. The same file twice changes
    nothing, and an older version never replaces a newer one.
    """
    from mpi.index.feed import FeedOptions, ingest_file
    from mpi.index.index import Index
    from mpi.index.moments import time_of
    from mpi.sources import Rejects

    options = FeedOptions(source, sources_folder(sources), time_of(at) if at else None)
    rejected = Rejects()
    with Index.open(index_url(index)) as opened:
        try:
            summary = ingest_file(opened, file, rejected, options)
        finally:
            if rejects is not None:
                rejected.write(rejects)
    show_summary(summary, title=f"Ingested {file}", as_json=as_json)
