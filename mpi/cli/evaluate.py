"""`mpi evaluate`: the persons of an index against a known truth, or by reviewers' labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.evaluation_details import show_bands, show_details
from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_summary, show_warnings
from mpi.errors import UsageError

EXAMPLE = "mpi evaluate --truth data/truth.parquet --by ethnicity_group,age_band"


def evaluate(
    truth: Annotated[
        Path | None,
        typer.Option(
            "--truth",
            metavar="FILE",
            help="Parquet or CSV with source, source_id, person, and any columns to break down by.",
            show_default=False,
        ),
    ] = None,
    index: IndexOption = "",
    *,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="Instead of a truth: an evaluation sample that reviewers have labelled (mpi"
            " sample).",
            show_default=False,
        ),
    ] = None,
    searches: Annotated[
        bool,
        typer.Option(
            "--searches",
            help="Instead of a truth: what reviewers found of the individuals searched for (mpi"
            " sample --searches).",
        ),
    ] = False,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="COLUMNS",
            help="Also report by the groups of these columns of the truth, with commas between.",
            show_default=False,
        ),
    ] = None,
    card: Annotated[
        Path | None,
        typer.Option(
            "--card",
            metavar="DIR",
            help="Write the result into this match model, with which the index was linked: its"
            " metrics.json and its model card.",
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Show every group, what each blocking rule finds, and other thresholds.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare the index with a truth, or judge it by labels: accuracy and confidence.

    With a truth also for whom, and what blocking loses. Labels of a sample give the precision with
    its interval and the links missed among scored pairs; what blocking lost they cannot tell.
    Searches give the recall of all pairs, as far as reviewers found them.

    Related people wrongly merged are told by the columns `household` and `twin`, and `siblings`,
    of the truth, if it has them.
    """
    from mpi.index.evaluate import evaluate as run

    columns = _columns(by or ())
    if labels is not None or searches:
        if truth or columns or card or (labels and searches):
            raise UsageError("Give one of --truth, --labels and --searches; the first takes more.")
        _by_review(labels, index_url(index), as_json=as_json)
        return
    if truth is None:
        raise UsageError("Give --truth, --labels or --searches.")
    with shown_progress() as progress:
        found = run(index_url(index), truth, by=columns, card=card, progress=progress)
    show_summary(found, title=f"Against {truth}", as_json=as_json)
    if not as_json:
        show_details(found, everything=everything)


def _by_review(labels: Path | None, url: str, *, as_json: bool) -> None:
    """By a file of labels, or without one by the searches on the review list."""
    if labels is None:
        _by_searches(url, as_json=as_json)
        return
    from mpi.index.judge import evaluate_labels

    found = evaluate_labels(url, labels)
    show_summary(found, title=f"By the labels of {labels}", as_json=as_json)
    if not as_json:
        if found.calibration.bands:
            show_bands(found.calibration)
        show_warnings(found.warnings)


def _by_searches(url: str, *, as_json: bool) -> None:
    from mpi.index.index import Index

    with Index.open(url) as index:
        found = index.review_room().judge_searches()
    show_summary(found, title="By the individuals searched for", as_json=as_json)
    if not as_json:
        show_warnings(found.warnings)


def _columns(given: Iterable[str]) -> tuple[str, ...]:
    """Names given one by one or with commas between; each once, in the order given."""
    names = (name.strip() for text in given for name in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))
