"""`mpi link`: from whole feeds to an index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.options import (
    EngineOption,
    FeedsOption,
    IndexOption,
    JsonOption,
    MemoryOption,
    ModelOption,
    SourcesOption,
    SpillOption,
    TempOption,
    ThreadsOption,
    index_url,
    limits,
    model_folder,
    sources_folder,
    spark_master,
)
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_summary, show_warnings

EXAMPLE = "mpi link --feeds data/feeds --model models/mine"


def link(
    feeds: FeedsOption,
    model: ModelOption = None,
    *,
    index: IndexOption = "",
    sources: SourcesOption = None,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects",
            metavar="FILE",
            help="CSV file for rows that cannot be used, with the reason of each.",
            show_default=False,
        ),
    ] = None,
    extracted: Annotated[
        list[str] | None,
        typer.Option(
            "--extracted",
            metavar="[SOURCE=]TIME",
            help="When the feeds, or that of a source, were extracted (ISO 8601). A record that is"
            " newer stays though its snapshot lacks it. Without it: the newest version in the feed"
            " if versions are times, else now.",
            show_default=False,
        ),
    ] = None,
    engine: EngineOption = "duckdb",
    work: Annotated[
        Path | None,
        typer.Option(
            "--work",
            metavar="DIR",
            help="Folder to keep finished steps in: if this link is killed, the same command goes"
            " on from there. Holds personal data; removed when the link is done.",
            show_default=False,
        ),
    ] = None,
    memory: MemoryOption = "",
    temp: TempOption = None,
    temp_limit: SpillOption = "",
    threads: ThreadsOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Link the records of whole feeds into persons, and write the index.

    An index that exists is replaced in one step when everything is ready, and stays as it was if
    anything fails. Person ids carry over to the same people.
    """
    url, folder = index_url(index), model_folder(model)
    from mpi.index.link import LinkOptions
    from mpi.index.link import link as run
    from mpi.linking.engines.spark.asked import Asked
    from mpi.store.database import shown

    options = LinkOptions(
        sources=sources_folder(sources),
        rejects=rejects,
        engine=engine,
        spark=Asked(spark_master(), threads=threads, memory=memory),
        work=work,
        limits=limits(threads, memory, temp=temp, spill=temp_limit),
        extracted=_times(extracted or []),
    )
    with shown_progress() as progress:
        summary = run(feeds, folder, url, options=options, progress=progress)
    show_warnings(summary.warnings)
    show_summary(summary, title=f"Linked into {shown(url)}", as_json=as_json)


def _times(stated: Iterable[str]) -> dict[str, datetime]:
    """When feeds were extracted, by source; "" for all others. Raises UsageError."""
    from mpi.index.moments import time_of

    parts = (each.rpartition("=") for each in stated)
    return {source: time_of(text) for source, _, text in parts}
