"""Invented people, linked, for the notebooks to look at; nobody in it exists."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from mpi.cli.demo import SHIPPED
from mpi.errors import UnwritableOutput
from mpi.index.link import LinkOptions, link
from mpi.index.sample import sample
from mpi.synthetic import synthesise

__all__ = ["SHIPPED", "Example", "example", "repeatable"]

PEOPLE = 1500
SEED = 11
LATE = ("pds", "courts")
"""The source systems that join an index later than the others."""

FIRST, SECOND = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2))
LABELS = 600


@dataclass(frozen=True, slots=True)
class Example:
    """Where the files of an example are.

    `feeds` and `truth` are of the invented people, `index` is the URL of the index made of them
    with the release in `model`, in two links a month apart, the first without the feeds of `LATE`.
    `labels` is a sample of its pairs for which the truth has played the reviewer.
    """

    folder: Path
    model: Path = SHIPPED

    @property
    def feeds(self) -> Path:
        """A feed of each of twelve source systems."""
        return self.folder / "feeds"

    @property
    def truth(self) -> Path:
        """Who each record is of."""
        return self.folder / "truth.parquet"

    @property
    def index(self) -> str:
        """The URL of the index."""
        return f"sqlite:///{self.folder / 'mpi.db'}"

    @property
    def labels(self) -> Path:
        """What reviewers say of a sample."""
        return self.folder / "labels.parquet"

    @property
    def episodes(self) -> pd.DataFrame:
        """Stays, deaths and when somebody was seen, which an index does not keep."""
        columns = ["source", "source_id", "establishment", "custody_from", "custody_to"]
        return pd.read_parquet(self.truth, columns=[*columns, "died", "observed"])


def example(folder: Path | str = "example", *, people: int = PEOPLE) -> Example:
    """The example in a folder; made first where it is not there yet, which takes ten seconds.

    Raises UnwritableOutput for a folder that holds something else.
    """
    wanted = Example(Path(folder))
    if wanted.labels.exists():
        return wanted
    if wanted.folder.exists() and any(wanted.folder.iterdir()):
        raise UnwritableOutput("It holds something other than an example.", folder=wanted.folder)
    wanted.folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".example-", dir=wanted.folder.parent) as staged:
        made = Example(Path(staged) / "example")
        _make(made, people)
        made.folder.replace(wanted.folder)
    return wanted


def repeatable(sources: Path | None = None) -> LinkOptions:
    """Options under which a link gives the same person ids every time.

    For notebooks that are kept, and for nothing else: whoever knows the seed can foretell ids.
    """
    return LinkOptions(sources=sources, seed=SEED, at=FIRST)


def _make(wanted: Example, people: int) -> None:
    """Invent, link twice, label."""
    synthesise(people=people, seed=SEED, to=wanted.folder)
    early = wanted.folder / "early"
    early.mkdir()
    for feed in wanted.feeds.iterdir():
        if feed.name.partition(".")[0] not in LATE:
            shutil.copy(feed, early)
    for feeds, at in ((early, FIRST), (wanted.feeds, SECOND)):
        link(feeds, wanted.model, wanted.index, options=replace(repeatable(), at=at))
    blank = wanted.folder / "sample.parquet"
    sample(wanted.index, blank, size=LABELS)
    _labelled(pd.read_parquet(blank), wanted.truth).to_parquet(wanted.labels)


def _labelled(blank: pd.DataFrame, truth: Path) -> pd.DataFrame:
    """The sample as a reviewer would return it who is always right."""
    person = pd.read_parquet(truth, columns=["source", "source_id", "person"])
    person = person.set_index(["source", "source_id"])["person"]
    keys = ([f"source_{end}", f"source_id_{end}"] for end in "lr")
    left, right = (person.loc[pd.MultiIndex.from_frame(blank[key])].to_numpy() for key in keys)
    said = pd.Series(left == right).map({True: "same", False: "different"})
    return blank.assign(label=said.to_numpy(), reviewer="truth")
