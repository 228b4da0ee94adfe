"""`mpi train`: learn a match model from feeds."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.options import FeedsOption, JsonOption, SourcesOption, sources_folder
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_summary, show_warnings

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
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="What reviewers said: Parquet or CSV of pairs (source_l, source_id_l, source_r,"
            " source_id_r, label) or of known persons (source, source_id, person).",
            show_default=False,
        ),
    ] = None,
    term_frequencies: Annotated[
        Path | None,
        typer.Option(
            "--term-frequencies",
            metavar="FILE",
            help="How common values are, such as a national table of names, in place of counting"
            " them in the feeds: Parquet or CSV of attribute, value, and people or share.",
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
    """Learn a match model from feeds, with or without labels.

    Learns how much agreement on each attribute is worth, and how common each name is. The result
    is a folder that `mpi link --model` reads, with a model card for people. Labels, of a training
    sample or of known persons, correct it, and enough of them calibrate its confidence, which
    otherwise is provisional.
    """
    from mpi.index.train import TrainOptions
    from mpi.index.train import train as run

    options = TrainOptions(
        sources=sources_folder(sources),
        seed=seed,
        weights_from=weights_from,
        labels=labels,
        term_frequencies=term_frequencies,
    )
    with _ended_tidily(), shown_progress() as progress:
        summary = run(feeds, to, options=options, progress=progress)
    show_warnings(summary.warnings)
    show_summary(summary, title=f"Trained {to}", as_json=as_json)


@contextmanager
def _ended_tidily() -> Iterator[None]:
    """Let a termination end the command as an interrupt does, clearing away what is half built."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _: object) -> None:
    raise SystemExit(128 + number)
