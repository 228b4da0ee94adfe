"""`mpi plan`: what a link will take, before it is run."""

from __future__ import annotations

from typing import Annotated

import typer

from mpi.cli.options import JsonOption
from mpi.cli.rendering import show_summary

EXAMPLE = "mpi plan --records 80000000 --sources 12"


def plan(
    records: Annotated[
        int,
        typer.Option(
            "--records", metavar="N", min=1, help="Records of all feeds.", show_default=False
        ),
    ],
    sources: Annotated[
        int, typer.Option("--sources", metavar="N", min=1, help="Source systems that send them.")
    ] = 12,
    *,
    threads: Annotated[
        int, typer.Option("--threads", metavar="N", min=1, help="Processors to use.")
    ] = 2,
    as_json: JsonOption = False,
) -> None:
    """Say what a link of so many records is expected to take: pairs, memory, disk, hours.

    From runs that were measured; what is assumed beyond them is said with it.
    """
    from mpi.index.forecast import forecast

    found = forecast(records, sources, threads=threads)
    show_summary(found, title="Expected of the link", as_json=as_json)
