"""`mpi sample`: pairs of records for reviewers to label."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.rendering import show_summary
from mpi.training.streams import Stream

EXAMPLE = "mpi sample --size 500 --to labels.parquet"


def sample(
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="FILE",
            help="Where to write; the suffix says the format: .parquet or .csv.",
            show_default=False,
        ),
    ],
    index: IndexOption = "",
    *,
    size: Annotated[int, typer.Option("--size", metavar="N", min=1, help="Pairs to draw.")] = 500,
    stream: Annotated[
        Stream,
        typer.Option(
            "--stream",
            help="What the labels will be for; no pair is ever drawn for both.",
        ),
    ] = Stream.EVALUATION,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="N", help="Seed of the draw; the same seed, the same pairs."
        ),
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Draw pairs of records for reviewers, who fill in a label: same, different or unsure.

    The file names the records and shows neither their data nor what the index makes of them. Keep
    its other columns, and every row: they say for how many pairs each label stands. Then run
    mpi evaluate --labels, or mpi train --labels for a sample of the training stream.
    """
    from mpi.index.sample import sample as run

    summary = run(index_url(index), to, size=size, stream=stream, seed=seed)
    show_summary(summary, title=f"Drawn into {to}", as_json=as_json)
