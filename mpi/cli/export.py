"""`mpi export`: whole tables out of the index, for analysts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.documenting import example, help_of
from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_json, show_table

EXAMPLE = "mpi export cross-references --to cross-references.parquet"

ToOption = Annotated[
    Path,
    typer.Option(
        "--to",
        metavar="FILE",
        help="Where to write; the suffix says the format: .parquet or .csv.",
        show_default=False,
    ),
]

LINKS_EXAMPLE = "mpi export links --to links.csv"


def cross_references(to: ToOption, index: IndexOption = "", *, as_json: JsonOption = False) -> None:
    """Write one row per record: which person it belongs to.

    Columns: source, source_id, person_id, confidence. The confidence is the probability that the
    record is of one individual with the person's golden record.
    """
    _write("cross-references", to, index=index, as_json=as_json)


def links(to: ToOption, index: IndexOption = "", *, as_json: JsonOption = False) -> None:
    """Write one row per scored pair of records.

    Columns: source_l, source_id_l, source_r, source_id_r, match_weight (bits),
    match_probability. The probability follows from the weight and is over-confident: it is not
    the confidence of a look-up.
    """
    _write("links", to, index=index, as_json=as_json)


def _write(what: str, to: Path, *, index: str, as_json: bool) -> None:
    from mpi.index.index import Index

    with (
        Index.open(index_url(index)) as opened,
        shown_progress() as progress,
        progress.step(f"write {what}"),
    ):
        rows = opened.export(what, to)
    if as_json:
        show_json({"rows": rows, "file": str(to)})
    else:
        show_table(f"Exported {what}", ("", ""), [("rows", rows), ("file", str(to))])


export = typer.Typer(no_args_is_help=True)
for _name, _command, _example in (
    ("cross-references", cross_references, EXAMPLE),
    ("links", links, LINKS_EXAMPLE),
):
    export.command(_name, help=help_of(_command), epilog=example(_example))(_command)
