"""One invented population for the checks on the generator, made once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mpi.records import Record, RecordKey
from mpi.sources import Rejects, load_sources, read_feed
from mpi.synthetic import Synthesis, synthesise

PEOPLE = 4_000
SEED = 11


@dataclass
class Population:
    """A population as it stands on disk, read back through the source descriptions."""

    folder: Path
    summary: Synthesis

    @cached_property
    def truth(self):
        """One row of the truth per record, by key."""
        rows = pq.read_table(self.folder / "truth.parquet").to_pylist()
        return {RecordKey(row["source"], row["source_id"]): row for row in rows}

    @cached_property
    def people(self):
        """One row of the truth per person."""
        return {row["person"]: row for row in self.truth.values()}

    @cached_property
    def rejects(self):
        """What reading the feeds back left out."""
        return Rejects()

    @cached_property
    def records(self) -> dict[RecordKey, Record]:
        """Every record, read from the feeds."""
        found = {}
        for name, source in load_sources().items():
            path = self.folder / "feeds" / f"{name}.csv"
            found.update((r.key, r) for r in read_feed(path, source, self.rejects))
        return found

    @cached_property
    def errors(self):
        """Keys of the records that suffered each (attribute, error)."""
        found = defaultdict(list)
        for row in pq.read_table(self.folder / "errors.parquet").to_pylist():
            key = RecordKey(row["source"], row["source_id"])
            found[row["attribute"], row["error"]].append(key)
        return found

    def by_person(self, *sources: str):
        """Records of each person in some sources, or in all."""
        found = defaultdict(list)
        for key, row in self.truth.items():
            if not sources or key.source in sources:
                found[row["person"]].append(self.records[key])
        return found


@pytest.fixture(scope="session")
def population(tmp_path_factory):
    folder = tmp_path_factory.mktemp("population")
    return Population(folder, synthesise(people=PEOPLE, seed=SEED, to=folder))


@pytest.fixture(scope="session")
def make(tmp_path_factory):
    """Make a smaller population of a scenario."""

    def made(scenario: str, people: int = 400, seed: int = SEED) -> Population:
        folder = tmp_path_factory.mktemp(scenario)
        return Population(
            folder, synthesise(people=people, seed=seed, to=folder, scenario=scenario)
        )

    return made
