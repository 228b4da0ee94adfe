"""`mpi release`: put a match model into use, if it passes its gates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mpi.cli.options import JsonOption, SourcesOption, sources_folder
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_json, show_line, show_table
from mpi.errors import ReleaseRefused

if TYPE_CHECKING:
    from mpi.index.release import Judgement

EXAMPLE = "mpi release models/2026-11 --comparison comparison.json"


def release(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folder of the match model.", show_default=False),
    ],
    *,
    over: Annotated[
        Path | None,
        typer.Option(
            "--over",
            metavar="DIR",
            help="The release it would replace. Without it: the current one of the folder above.",
            show_default=False,
        ),
    ] = None,
    gates: Annotated[
        Path | None,
        typer.Option(
            "--gates",
            metavar="FILE",
            help="TOML file of limits, such as `precision = 0.99`; the others keep their defaults.",
            show_default=False,
        ),
    ] = None,
    comparison: Annotated[
        Path | None,
        typer.Option(
            "--comparison",
            metavar="FILE",
            help="Report of mpi compare --to about the release it would replace and this one.",
            show_default=False,
        ),
    ] = None,
    feeds: Annotated[
        Path | None,
        typer.Option(
            "--feeds",
            metavar="DIR",
            help="Folder of feeds to compare the two on, in place of a report.",
            show_default=False,
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth",
            metavar="FILE",
            help="With --feeds: who is who, to compare how right the two are.",
            show_default=False,
        ),
    ] = None,
    sources: SourcesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a match model the current one of its folder, if every gate opens.

    Judges what mpi train, mpi evaluate --card and mpi compare have written down. If a gate stays
    shut, nothing changes and the exit code is 1. `mpi link --model` takes the folder above for the
    current release in it.
    """
    from mpi.index.compare import CompareOptions
    from mpi.index.release import ReleaseOptions
    from mpi.index.release import release as run

    options = ReleaseOptions(
        over=over,
        gates=gates,
        comparison=comparison,
        feeds=feeds,
        compared=CompareOptions(truth=truth, sources=sources_folder(sources)),
    )
    with shown_progress() as progress:
        found = run(folder, options=options, progress=progress)
    if as_json:
        show_json(found.as_dict())
    else:
        _show(found)
    if found.refused:
        raise ReleaseRefused("; ".join(map(str, found.refused)) + ".", folder=folder)


def _show(found: Judgement) -> None:
    columns = ("gate", "", "measured", "limit", "")
    show_table(f"Gates of {found.release.name}", columns, found.rows(), folding=(columns[-1],))
    if found.changes is not None:
        show_table("What would change", ("", ""), found.changed())
    elif found.over is not None:
        show_line(
            f"What would change against {found.over.name} is not known: give --feeds, or"
            " --comparison with a report of mpi compare."
        )
    else:
        show_line("There is no current release that it would replace.")
    if not found.refused:
        show_line(f"Released: {found.folder.parent / 'current'} names {found.folder.name}.")
