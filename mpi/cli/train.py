"""`mpi train`: learn a match model from feeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.options import FeedsOption, JsonOption, SourcesOption, sources_folder
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_summary

EXAMPLE = "mpi train --feeds data/feeds --to models/mine"


def train(
    feeds: FeedsOption,
    to: Annotated[
        Path,
        typer.Option(
            "--to", metavar="DIR", help="Folder to write the model to.", show_default=False
        ),
    ],
    *,
    sources: SourcesOption = None,
    weights_from: Annotated[
        Path | None,
        typer.Option(
            "--weights-from",
            metavar="DIR",
            help="Keep what agreement is worth in this older model; learn only what depends on how"
            " many people the feeds hold.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="N", help="Seed of every random draw; the same seed, the same model."
        ),
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Learn a match model from feeds, without labels.

    Learns how much agreement on each attribute is worth, and how common each name is. The result
    is a folder that `mpi link --model` reads, with a model card for people.
    """
    from mpi.index.train import train as run

    with shown_progress() as progress:
        found = sources_folder(sources)
        summary = run(
            feeds, to, sources=found, seed=seed, weights_from=weights_from, progress=progress
        )
    show_summary(summary, title=f"Trained {to}", as_json=as_json)
