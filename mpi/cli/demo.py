"""`mpi demo`: the whole path in one command, on invented people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mpi.cli.lookup import show_answer
from mpi.cli.options import JsonOption, ModelOption
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import Summary, show_json, show_line, show_summary
from mpi.settings import Settings

if TYPE_CHECKING:
    from mpi.index.look_up import Answer
    from mpi.index.progress import Progress

EXAMPLE = "mpi demo --people 3000 --to demo"
SHIPPED = Path(__file__).parents[2] / "models" / "synthetic-base"
"""The match model that comes with a checkout."""


def demo(
    people: Annotated[int, typer.Option("--people", min=100, help="How many to invent.")] = 3000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed invents the same people.")] = 7,
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
    none.
    """
    url = f"sqlite:///{to / 'mpi.db'}"
    with shown_progress() as progress:
        summaries = _invented(to, people=people, seed=seed, progress=progress)
        summaries |= _linked(to, url, model=model, seed=seed, progress=progress)
    found = _known_widest(url)
    if as_json:
        results: dict[str, Any] = {name: each.as_dict() for name, each in summaries.items()}
        show_json(results | {"looked up": found.as_dict()})
        return
    for title, summary in summaries.items():
        show_summary(summary, title=title, as_json=False)
    asked = found.asked
    show_line(f"$ mpi lookup {asked.system} {asked.value} --index {url}\n")
    show_answer(found)
    show_line("Ask over HTTP, with the interactive description at http://127.0.0.1:8000/docs:")
    show_line(f"  mpi serve --index {url}")


def _invented(to: Path, *, people: int, seed: int, progress: Progress) -> dict[str, Summary]:
    from mpi.synthetic import synthesise

    with progress.step(f"Inventing {people:,} people"):
        made = synthesise(people=people, seed=seed, to=to, scenario="base")
    return {f"Invented, in {to}": made}


def _linked(
    to: Path, url: str, *, model: Path | None, seed: int, progress: Progress
) -> dict[str, Summary]:
    from mpi.index.evaluate import evaluate
    from mpi.index.link import LinkOptions, link
    from mpi.index.train import train

    feeds, summaries = to / "feeds", dict[str, Summary]()
    folder = model or Settings.read().model or SHIPPED
    if folder == SHIPPED and not SHIPPED.exists():
        folder = to / "model"
        trained = train(feeds, folder, sources=None, seed=seed, progress=progress)
        summaries[f"Trained {folder}"] = trained
    options = LinkOptions(rejects=to / "rejects.csv")
    linked = link(feeds, folder, url, options=options, progress=progress)
    summaries[f"Linked into {url}"] = linked
    with progress.step("Comparing with the truth"):
        summaries["Compared with the truth"] = evaluate(url, to / "truth.parquet", by=())
    return summaries


def _known_widest(url: str) -> Answer:
    from mpi.index.index import Index

    with Index.open(url) as index:
        asked = index.widest_identifier()
        return index.cross_references(asked.system, asked.value)
