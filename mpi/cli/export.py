"""`mpi export`: whole tables out of the index, for analysts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.documenting import example, help_of
from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_json, show_table
from mpi.training.streams import Stream

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

LABELS_EXAMPLE = "mpi export labels --to labels.parquet"

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


def labels(
    to: ToOption,
    index: IndexOption = "",
    *,
    stream: Annotated[
        Stream, typer.Option("--stream", help="Which labels; the two are never mixed.")
    ] = Stream.EVALUATION,
    sample: Annotated[
        str,
        typer.Option(
            "--sample",
            metavar="NAME",
            help="Of which sample. Without it: the one drawn last.",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Write what reviewers said of a sample, as mpi evaluate and mpi train read it.

    One row per pair, with the stratum and probability it was drawn with; the label is empty where
    reviewers have not come to one.
    """
    from mpi.index.index import Index

    with Index.open(index_url(index)) as opened:
        rows = opened.review_room().labels(to, stream=stream, sample=sample)
    _show("labels", to, rows, as_json=as_json)


def _write(what: str, to: Path, *, index: str, as_json: bool) -> None:
    from mpi.index.index import Index

    with (
        Index.open(index_url(index)) as opened,
        shown_progress() as progress,
        progress.step(f"write {what}"),
    ):
        rows = opened.export(what, to)
    _show(what, to, rows, as_json=as_json)


def _show(what: str, to: Path, rows: int, *, as_json: bool) -> None:
    if as_json:
        show_json({"rows": rows, "file": str(to)})
    else:
        show_table(f"Exported {what}", ("", ""), [("rows", rows), ("file", str(to))])


export = typer.Typer(no_args_is_help=True)
for _name, _command, _example in (
    ("cross-references", cross_references, EXAMPLE),
    ("labels", labels, LABELS_EXAMPLE),
    ("links", links, LINKS_EXAMPLE),
):
    export.command(_name, help=help_of(_command), epilog=example(_example))(_command)
