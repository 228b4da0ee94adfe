"""`mpi compare`: what would change if feeds were linked with another release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mpi.cli.options import FeedsOption, JsonOption, SourcesOption, sources_folder
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_json, show_line, show_table

if TYPE_CHECKING:
    from mpi.index.comparison import Comparison

EXAMPLE = "mpi compare models/2026-10 models/2026-11 --feeds data/feeds --truth data/truth.parquet"


def compare(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="Folder of a release.", show_default=False)
    ],
    new: Annotated[
        Path, typer.Argument(metavar="NEW", help="Folder of another one.", show_default=False)
    ],
    feeds: FeedsOption,
    *,
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth",
            metavar="FILE",
            help="Parquet or CSV with source, source_id and person: also compare how right they are"
            " and how well their confidence is calibrated.",
            show_default=False,
        ),
    ] = None,
    sources: SourcesOption = None,
    examples: Annotated[
        int,
        typer.Option("--examples", metavar="N", min=0, help="Changes of each kind to name."),
    ] = 5,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help="Keep the report as JSON, for mpi release.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Link feeds with two releases and say who merges, who splits and whose person id changes.

    No index is read or written. Changes are named by record keys, never by what a record says.
    """
    from mpi.index.compare import CompareOptions
    from mpi.index.compare import compare as run

    found = sources_folder(sources)
    options = CompareOptions(truth=truth, sources=found, to=to, examples=examples)
    with shown_progress() as progress:
        report = run(old, new, feeds, options=options, progress=progress)
    if as_json:
        show_json(report.as_dict())
    else:
        _show(report)


def _show(report: Comparison) -> None:
    sides = [f"{side.name} ({side.identity})" for side in (report.old, report.new)]
    show_table(f"{report.records:,} records, linked twice", ("", *sides, "change"), report.table())
    show_table("What would change", ("", ""), report.changes())
    for line in report.lines():
        show_line(line)
