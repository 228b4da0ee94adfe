"""`mpi sample`: pairs of records for reviewers to label."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.rendering import show_summary
from mpi.errors import UsageError
from mpi.training.streams import Stream

EXAMPLE = "mpi sample --stream evaluation --size 500"


def sample(
    index: IndexOption = "",
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help="Write the pairs to a file, .parquet or .csv, and not on the review list.",
            show_default=False,
        ),
    ] = None,
    *,
    size: Annotated[
        int,
        typer.Option(
            "--size", metavar="N", min=1, help="Pairs or, with --searches, records to draw."
        ),
    ] = 500,
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
    searches: Annotated[
        bool,
        typer.Option(
            "--searches",
            help="Draw records instead, all other records of whose individual reviewers search"
            " for: for mpi evaluate --searches.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Draw pairs of records for reviewers, who say: same, different or unsure.

    They go on the list of mpi review, and mpi export labels writes what came of them. With --to
    they go to a file that names the records and shows nothing of them; fill in its labels, and keep
    every row and column. For how many pairs each label stands is in NAME.design.parquet beside it:
    keep the two in one folder, and that one from reviewers. Then run mpi evaluate --labels, or
    mpi train --labels for a sample of the training stream.
    """
    if searches:
        if to is not None or stream is not Stream.EVALUATION:
            raise UsageError("--searches goes with neither --to nor another stream.")
        _searches(index_url(index), size=size, seed=seed, as_json=as_json)
        return
    from mpi.index.sample import sample as run

    summary = run(index_url(index), to, size=size, stream=stream, seed=seed)
    show_summary(summary, title=f"Drawn into {to or 'the review list'}", as_json=as_json)


def _searches(url: str, *, size: int, seed: int, as_json: bool) -> None:
    from mpi.index.index import Index

    with Index.open(url) as index:
        found = index.review_room().draw_searches(size=size, seed=seed)
    show_summary(found, title="Drawn into the review list", as_json=as_json)
