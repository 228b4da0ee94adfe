"""A small invented population, a release trained on it, and an index: made once per session."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from mpi.attributes import RECORD_NUMBER
from mpi.index.link import LinkOptions, link
from mpi.linking.batch import Linkage, link_rows
from mpi.linking.delivery import Delivery
from mpi.linking.engines.duckdb import Limits
from mpi.linking.intake import Intake, standardised, take_in
from mpi.model.comparisons import BIRTH_DATE, IDENTIFIERS, NAME
from mpi.model.frequencies import annotate
from mpi.model.parameters import Release, load, save
from mpi.model.scoring import Scorer, comparable
from mpi.records import Record
from mpi.sources import Rejects, discover_feeds, load_sources
from mpi.synthetic import synthesise
from mpi.training.estimate import Effort
from mpi.training.train import Training, train

PEOPLE = 300
LINKED = LinkOptions(seed=5, at=datetime(2026, 1, 1, tzinfo=UTC))
TRAINING = Training("invented", Effort(u_pairs=2e5, em_pairs=2e5))
BRIEF = (NAME, BIRTH_DATE, next(c for c in IDENTIFIERS if c.name == "id_nhs_number"))
NAMES = {"full_names", "given_set", "family_set"}
"""What the bands of frequency of a name are taken from."""
STORED_ONLY = ["version", "payload"]


def intake_of(feeds: Path, folder: Path, rejects: Rejects | None = None) -> Intake:
    """The standardised rows of some feeds; `folder` is made for their files."""
    folder.mkdir()
    found = [Delivery(feed.source, feed) for feed in discover_feeds(feeds, load_sources())]
    return take_in(found, folder, rejects or Rejects())


def rows_of(records: list[Record]) -> pa.Table:
    """Records as linking reads them: in the order of their keys, and numbered."""
    table = standardised(sorted(records, key=lambda record: record.key)).drop_columns(STORED_ONLY)
    return table.append_column(RECORD_NUMBER, pa.array(np.arange(len(table)), pa.int32()))


@dataclass
class Invented:
    """The files of the population in `folder`, and what was made of them."""

    folder: Path

    def __post_init__(self) -> None:
        synthesise(people=PEOPLE, seed=3, to=self.folder)
        self.feeds = self.folder / "feeds"
        self.truth = self.folder / "truth.parquet"
        self.intake = intake_of(self.feeds, self.folder / "intake")
        self.rows = self.intake.rows

    @cached_property
    def model(self) -> Path:
        """The folder of a release trained on the population."""
        folder = self.folder / "model"
        folder.mkdir()
        save(train(self.rows, TRAINING), folder)
        return folder

    @cached_property
    def release(self) -> Release:
        """That release."""
        return load(self.model)

    @cached_property
    def brief_rows(self) -> pa.Table:
        """The rows with nothing but names, dates of birth and NHS numbers."""
        kept = {RECORD_NUMBER, "source", "source_id", "blocking_keys", "verified_identifiers"}
        kept |= {name for c in BRIEF for name in c.attributes()} | NAMES
        columns = {
            name: column if name in kept else pa.nulls(len(self.rows), column.type)
            for name, column in zip(self.rows.column_names, self.rows.columns, strict=True)
        }
        return pa.table(columns, schema=self.rows.schema)

    @cached_property
    def brief_model(self) -> Path:
        """The folder of a release trained on those: quick to link with, for few comparisons."""
        folder = self.folder / "brief"
        folder.mkdir()
        save(train(self.brief_rows, TRAINING), folder)
        return folder

    @cached_property
    def linkage(self) -> Linkage:
        """The population linked with it."""
        return link_rows(self.rows, self.release, Limits())

    @cached_property
    def brief_release(self) -> Release:
        """The brief release."""
        return load(self.brief_model)

    @cached_property
    def brief_linkage(self) -> Linkage:
        """The population linked with the brief release."""
        return link_rows(self.rows, self.brief_release, Limits())

    @cached_property
    def comparable_rows(self) -> list[dict[str, object]]:
        """The rows as the compiled scorer reads them."""
        return [
            comparable(annotate(row, self.release.frequencies)) for row in self.rows.to_pylist()
        ]

    @cached_property
    def scorer(self) -> Scorer:
        """The release, compiled."""
        return Scorer(self.release)

    @cached_property
    def brief_scorer(self) -> Scorer:
        """The brief release, compiled."""
        return Scorer(self.brief_release)

    @cached_property
    def index(self) -> Path:
        """The file of an index made with the brief model; copy it to write to it."""
        path = self.folder / "mpi.db"
        link(self.feeds, self.brief_model, f"sqlite:///{path}", options=LINKED)
        return path

    def copy_of_feeds(self, to: Path, *names: str) -> Path:
        """A folder with copies of the feeds of some sources, or of all."""
        to.mkdir()
        for path in sorted(self.feeds.iterdir()):
            if not names or path.stem in names:
                shutil.copy(path, to)
        return to

    def copy_of_index(self, to: Path) -> str:
        """The URL of a copy of the index."""
        shutil.copy(self.index, to)
        return f"sqlite:///{to}"
