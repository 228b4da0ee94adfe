"""`mpi synthesise`: invented people, and the feeds that twelve systems would send about them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.options import JsonOption
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_summary

EXAMPLE = "mpi synthesise --people 20000 --seed 1 --to data"


def synthesise(
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="DIR",
            help="Folder for feeds/SOURCE.csv, truth.parquet and a list of the errors made.",
            show_default=False,
        ),
    ],
    people: Annotated[
        int, typer.Option("--people", metavar="N", min=1, help="How many to invent.")
    ] = 20_000,
    *,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="N", help="The same seed gives the same files, byte for byte."
        ),
    ] = 1,
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario",
            metavar="NAME",
            help="Kind of population: `base`, or one made harder in one way, such as "
            "twins_heavy. A wrong name lists them all.",
        ),
    ] = "base",
    as_json: JsonOption = False,
) -> None:
    """Invent people, and feeds about them with realistic errors.

    Nobody in them exists. The truth file says who is who, for `mpi evaluate`.
    """
    from mpi.synthetic import synthesise as run

    with shown_progress() as progress, progress.step(f"invent {people:,} people"):
        summary = run(people=people, seed=seed, to=to, scenario=scenario)
    show_summary(summary, title=f"Invented, in {to}", as_json=as_json)
