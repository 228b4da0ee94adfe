"""Use case: compute everything an index holds again, from its state, and compare.

The state is the records, the decisions, the supersessions, the seals and the release. Links,
persons, confidence, golden records, findings and what real time reads follow from it, by the path
that links whole feeds; so this also holds one record at a time against a million at once.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mpi.errors import NotMatchable
from mpi.index.found import InMemory
from mpi.index.membership import Known
from mpi.index.progress import Progress, SilentProgress
from mpi.index.ruled import decisions_of, delivery_of, held_systems
from mpi.index.snapshot import Linked, snapshot
from mpi.index.target import Before, records_of
from mpi.index.verify_tables import PARTITION, Difference, Held, differences
from mpi.linking.batch import link_rows
from mpi.linking.engines.duckdb import Limits
from mpi.linking.intake import take_in
from mpi.linking.persons import Assignment, Membership
from mpi.model.parameters import Release, release_of
from mpi.records import RecordKey
from mpi.sources import Rejects
from mpi.store.schema import generation
from mpi.store.store import open_store
from mpi.store.view import View
from mpi.store.whole import arrow_schema

EXAMPLES = 3
__all__ = ["PARTITION", "Difference", "Verification", "VerifyOptions", "verify"]


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """`sources`: a folder of further source descriptions. `limits`: what DuckDB may use."""

    sources: Path | None = None
    limits: Limits = field(default_factory=lambda: Limits(threads=os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Verification:
    """How much was checked, and every difference; there should be none."""

    release: str
    records: int
    persons: int
    events: int
    differences: tuple[Difference, ...]

    @property
    def clean(self) -> bool:
        """Whether the index is what its state gives."""
        return not self.differences

    def of(self, what: str) -> int:
        """How many differences there are of a kind."""
        return sum(each.count for each in self.differences if each.what == what)

    def summary(self) -> str:
        """The differences in a line."""
        return ", ".join(f"{each.what} {each.count:,}" for each in self.differences) or "none"

    def rows(self) -> list[tuple[str, object]]:
        """For a table."""
        found: list[tuple[str, object]] = [
            ("Release", self.release),
            ("Records", self.records),
            ("Persons", self.persons),
            ("Events", self.events),
            ("Differences", sum(each.count for each in self.differences)),
        ]
        for each in self.differences:
            first = ", ".join(each.examples)
            found.append(
                (f"  {each.what}", f"{each.count:,}" + (f" ({first}, …)" if first else ""))
            )
        return found

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            "release": self.release,
            "records": self.records,
            "persons": self.persons,
            "events": self.events,
            "clean": self.clean,
            "differences": [
                {"what": each.what, "count": each.count, "examples": list(each.examples)}
                for each in self.differences
            ],
        }


def verify(
    index_url: str, *, options: VerifyOptions | None = None, progress: Progress | None = None
) -> Verification:
    """Compute an index again and compare; nothing is written, and others may go on writing.

    Everything is read as of one moment. Raises what opening an index raises, and NotMatchable for
    one that does not keep the release that made it.
    """
    run = _Verify(options or VerifyOptions(), progress or SilentProgress())
    with closing(open_store(index_url)) as store, store.reading() as view:
        return run.verify(view)


@dataclass(frozen=True, slots=True)
class _Verify:
    """One verification."""

    options: VerifyOptions
    progress: Progress

    def verify(self, view: View) -> Verification:
        known = Known.of(view)
        release = _release(view)
        with self.progress.step("read the index"):
            kept = {name: _whole(view, name) for name in NAMES}
        held = Held.of_generation(kept)
        given = self._given(view, known, release)
        with self.progress.step("compare"):
            found = [*differences(held, given), *_history(view, known)]
        return Verification(
            release=f"{release.name} ({release.identity})",
            records=len(held.keys),
            persons=len(np.unique(held.label)),
            events=view.sequence,
            differences=tuple(found),
        )

    def _given(self, view: View, known: Known, release: Release) -> Held:
        """What the state gives."""
        limits, step = self.options.limits, self.progress.step
        with tempfile.TemporaryDirectory(prefix="mpi-") as folder:
            versions = known.versions_by_source()
            before = Before(known, versions, partial(records_of, view, versions))
            systems = held_systems(self.options.sources, versions)
            at = datetime.now(UTC)
            deliveries = [delivery_of(each, None, before, at=at) for each in systems]
            intake = take_in(deliveries, Path(folder), Rejects(), workers=limits.threads, step=step)
            decisions = decisions_of(known.rulings, intake.rows)
            linkage = link_rows(intake.rows, release, limits, decisions=decisions, step=step)
            linked = Linked(InMemory(intake, linkage, release), _unnamed(linkage.labels))
            return Held.of_snapshot(snapshot(linked))


NAMES = (
    *("record", "compared", "identifier", "blocking_key"),
    *("link", "person", "confidence", "possible"),
)


def _whole(view: View, name: str) -> pa.Table:
    table = getattr(generation(view.generation), name)
    return pa.Table.from_batches(view.whole(table), arrow_schema(table))


def _release(view: View) -> Release:
    files = view.release_files()
    if not files:
        raise NotMatchable("It does not keep the release that made it: link it again.")
    return release_of(files)


def _unnamed(labels: np.ndarray[Any, Any]) -> Assignment:
    """The persons of a linkage, without ids that anybody will see."""
    first, person = np.unique(labels, return_inverse=True)
    ids = tuple(map(str, first.tolist()))
    nobody = np.full(len(ids), -1, dtype=np.int64)
    return Assignment(Membership(ids, person.astype(np.int64), nobody), nobody)


def _history(view: View, known: Known) -> Iterator[Difference]:
    """What outlives every link, against the index as it is."""
    columns = ["source", "source_id", "person_id"]
    live = Counter(_rows(known.members.select(columns)))
    believed = Counter(_rows(view.membership_as_of(view.sequence).select(columns)))
    unlike = (live - believed) + (believed - live)
    yield from _unless_empty("membership", [f"{source}|{key}" for source, key, _ in unlike])
    in_use = set(known.members["person_id"].to_pylist())
    retired = set(known.retired["person_id"].to_pylist())
    yield from _unless_empty("person ids retired and in use", sorted(in_use & retired))
    numbers = [each.sequence for each in view.events()]
    yield from _unless_empty(
        "gaps in the log", [str(n) for n in set(range(1, view.sequence + 1)).difference(numbers)]
    )
    counted = (("records", len(known.members)), ("persons", len(in_use)))
    for what, count in counted:
        if getattr(view.state, what) != count:
            yield Difference(f"count of {what}", abs(getattr(view.state, what) - count))
    keys = (RecordKey(s, i) for s, i, _ in live) if known.rulings.erased else ()
    yield from _unless_empty(
        "erased records", [f"{k.source}|…" for k in keys if known.rulings.is_erased(k)]
    )


def _rows(table: pa.Table) -> list[tuple[str, str, str]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _unless_empty(what: str, names: list[str]) -> Iterator[Difference]:
    if names:
        yield Difference(what, len(names), tuple(sorted(names)[:EXAMPLES]))
