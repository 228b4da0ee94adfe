"""`mpi demo`: the whole path in one command, on invented people."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mpi.cli.lookup import show_answer
from mpi.cli.options import JsonOption, ModelOption
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import Summary, show_json, show_line, show_table
from mpi.settings import Settings

if TYPE_CHECKING:
    from mpi.index.look_up import Answer

EXAMPLE = "mpi demo --people 3000 --to demo"
SHIPPED = Path(__file__).parents[2] / "models" / "synthetic-base"
"""The match model that comes with a checkout."""

_TELLING = (
    "People",
    "Records",
    "Values with an error",
    "People who are twins",
    "Calibration",
    "Candidate pairs",
    "Links",
    "Persons",
    "Release",
    "Seconds",
    "persons in truth",
    "persons found",
    "persons exactly right",
    "pairwise precision",
    "pairwise recall",
    "B-cubed F1",
    "false pairs",
    "missed pairs",
    "Twin pairs wrongly merged",
)
"""The rows of the commands' summaries that the demo shows; `--json` has all."""


def demo(
    people: Annotated[
        int, typer.Option("--people", metavar="N", min=100, help="How many to invent.")
    ] = 3000,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="The same seed invents the same people.")
    ] = 7,
    *,
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Folder for everything this makes.")
    ] = Path("demo"),
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Watch feeds of twelve source systems become a master person index.

    Invents people and feeds about them, links the feeds, compares the result with the truth, and
    looks one person up. Uses the model that comes with this program, or trains one if there is
    none, which takes a minute longer.
    """
    url = f"sqlite:///{to / 'mpi.db'}"
    summaries = _invented(to, people=people, seed=seed)
    folder = model or Settings.read().model or SHIPPED
    if folder == SHIPPED and not SHIPPED.exists():
        folder = to / "model"
        summaries |= _trained(to / "feeds", folder, seed=seed)
    summaries |= _linked(to, url, folder)
    found = _known_widest(url)
    if as_json:
        results: dict[str, Any] = {name: each.as_dict() for name, each in summaries.items()}
        show_json(results | {"looked up": found.as_dict()})
        return
    show_line()
    for title, summary in summaries.items():
        show_table(title, ("", ""), _telling(summary, _TELLING))
    _show_found(found, url)
    _show_next(to, folder, found)


def _telling(summary: Summary, labels: Collection[str]) -> list[tuple[str, object]]:
    return [row for row in summary.rows() if row[0] in labels]


def _show_found(found: Answer, url: str) -> None:
    asked = found.asked
    show_line("The person known to the most source systems, asked for by one identifier:\n")
    show_line(f"$ mpi lookup {asked.system} {asked.value} --index {url}\n")
    show_answer(found)


def _show_next(to: Path, model: Path, found: Answer) -> None:
    asked, truth, newer = found.asked, to / "truth.parquet", to / "models" / "next"
    # `make demo` runs the command from a virtual environment that the caller has not activated
    program = "mpi" if shutil.which("mpi") else sys.argv[0]
    show_line(f"Everything is in the folder {to}; nobody in it exists. Next, try:\n")
    for line in (
        f"export MPI_INDEX=sqlite:///{to / 'mpi.db'}",
        f"{program} evaluate --truth {truth} --by ethnicity_group",
        f"{program} sample --to {to / 'labels.csv'}",
        f"{program} train --weights-from {model} --feeds {to / 'feeds'} --to {newer}",
        f"{program} compare {model} {newer} --feeds {to / 'feeds'} --truth {truth}",
        f"{program} release {newer}",
        f"{program} export cross-references --to {to / 'persons.parquet'}",
        f"{program} serve",
        f"curl http://127.0.0.1:8000/v1/cross-references/{asked.system}/{asked.value}",
    ):
        show_line(f"  {line}")


def _invented(to: Path, *, people: int, seed: int) -> dict[str, Summary]:
    from mpi.synthetic import synthesise

    with shown_progress() as progress, progress.step(f"invent {people:,} people"):
        made = synthesise(people=people, seed=seed, to=to, scenario="base")
    return {f"Invented, in {to}": made}


def _trained(feeds: Path, folder: Path, *, seed: int) -> dict[str, Summary]:
    from mpi.index.train import TrainOptions, train

    with shown_progress() as progress:
        trained = train(feeds, folder, options=TrainOptions(seed=seed), progress=progress)
    return {f"Trained {folder}": trained}


def _linked(to: Path, url: str, folder: Path) -> dict[str, Summary]:
    from mpi.index.evaluate import evaluate
    from mpi.index.link import LinkOptions, link

    options = LinkOptions(rejects=to / "rejects.csv")
    with shown_progress() as progress:
        linked = link(to / "feeds", folder, url, options=options, progress=progress)
        with progress.step("compare with the truth"):
            compared = evaluate(url, to / "truth.parquet", by=())
    return {f"Linked into {url}": linked, "Compared with the truth": compared}


def _known_widest(url: str) -> Answer:
    from mpi.index.index import Index

    with Index.open(url, Settings.read().namespace) as index:
        asked = index.widest_identifier()
        return index.cross_references(asked.system, asked.value)
