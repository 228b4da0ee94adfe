"""`mpi evaluate`: the persons of an index against a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.rendering import show_summary

EXAMPLE = "mpi evaluate --truth data/truth.parquet --by ethnicity_group"


def evaluate(
    truth: Annotated[
        Path,
        typer.Option(
            "--truth",
            metavar="FILE",
            help="Parquet or CSV with source, source_id, person, and any columns to break down by.",
            show_default=False,
        ),
    ],
    index: IndexOption = "",
    *,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="COLUMN",
            help="Also report by the groups of this column of the truth; may be repeated.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the persons of the index with a truth: precision, recall, B-cubed."""
    from mpi.index.evaluate import evaluate as run

    found = run(index_url(index), truth, by=tuple(by or ()))
    show_summary(found, title=f"Against {truth}", as_json=as_json)
