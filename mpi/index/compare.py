"""Use case: what would change for an index if it were linked with another release."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mpi.errors import InvalidTruth, ModelMismatch, UnwritableOutput, UsageError
from mpi.index.comparison import MOST_KEYS, Changed, Comparison, Group, Quality, Side
from mpi.index.progress import Progress, SilentProgress
from mpi.index.truth import KEY, SEED, places, read_truth, related_in
from mpi.linking.batch import Linkage, link_rows, live_keys
from mpi.linking.churn import churn
from mpi.linking.confidence import confidences
from mpi.linking.delivery import Delivery
from mpi.linking.engines.duckdb import Limits
from mpi.linking.intake import take_in
from mpi.linking.persons import Membership, Occasion, assign
from mpi.linking.regrouping import Example, regroupings
from mpi.model.parameters import Release, load
from mpi.model.standing import write_aside
from mpi.records import CONFIDENCE_PARTS, RecordKey
from mpi.sources import Rejects, discover_feeds, load_sources
from mpi.training.intervals import Interval, bootstrap
from mpi.training.metrics import Overlap, accuracy, overlap
from mpi.training.paired import differences
from mpi.training.reliability import Claims, reliability
from mpi.training.sketch import sketch


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What a comparison may be told besides releases and feeds.

    `truth`: a file that says who is who. `sources`: a folder of further source descriptions.
    `to`: where to keep the report, as JSON. `examples`: how many of each kind of change to name.
    """

    truth: Path | None = None
    sources: Path | None = None
    to: Path | None = None
    examples: int = 5
    limits: Limits = field(default_factory=lambda: Limits(threads=os.cpu_count() or 1))


def compare(
    old: Path,
    new: Path,
    feeds: Path,
    *,
    options: CompareOptions | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Link every feed in a folder with two releases and say what differs; no index is written.

    Raises what loading a release and reading feeds raise, InvalidTruth, UnwritableOutput, and
    UsageError for a report that would lie among the feeds.
    """
    options, progress = options or CompareOptions(), progress or SilentProgress()
    if options.to is not None:
        _check_place(options.to, feeds)
    releases = _loaded(old), _loaded(new)
    truth = read_truth(options.truth) if options.truth else None
    with tempfile.TemporaryDirectory(prefix="mpi-") as folder:
        rejects = Rejects()
        found = discover_feeds(feeds, load_sources(options.sources))
        intake = take_in(
            [Delivery(feed.source, feed) for feed in found],
            Path(folder),
            rejects,
            workers=options.limits.threads,
            step=progress.step,
        )
        judge = _Judge.of(intake.rows, truth) if truth is not None else None
        if judge is not None and options.truth and not (judge.row >= 0).any():
            raise InvalidTruth("None of its records is in the feeds.", file=options.truth)
        run = _Comparing(intake.rows, judge, options, progress)
        report = run.compared(*releases, rejects=len(rejects))
    if options.to is not None:
        text = orjson.dumps(report.as_dict(), option=orjson.OPT_INDENT_2).decode()
        write_aside(options.to, text + "\n")
    return report


def _loaded(folder: Path) -> Release:
    """A release. Raises ModelMismatch, and says how else two are compared."""
    try:
        return load(folder)
    except ModelMismatch as error:
        raise ModelMismatch(
            "Both are linked with here, so both must be of this version of the code. To compare"
            " across versions, link and evaluate (mpi evaluate --card) each with its own version,"
            " on the same feeds and truth: mpi release holds the one evaluation against the other.",
            folder=folder,
        ) from error


def _check_place(to: Path, feeds: Path) -> None:
    """Refuse a place for the report before any work is done."""
    if feeds.resolve() in to.resolve().parents:
        raise UsageError("The report must lie outside the feeds.")
    if to.is_dir() or not to.parent.is_dir():
        raise UnwritableOutput("There is no such folder, or it is one.", file=to)


@dataclass(frozen=True, slots=True)
class _Judge:
    """A truth, beside the rows it is about.

    `known` has a row for each record of the truth, `place` is its place among the rows, -1 where
    it is not there, and `row` the other way round.
    """

    known: pd.DataFrame
    place: NDArray[np.int64]
    row: NDArray[np.int64]

    @classmethod
    def of(cls, rows: pa.Table, known: pd.DataFrame) -> _Judge:
        return cls(known, *places(known, rows))

    def table(self, labels: NDArray[np.int64]) -> Overlap:
        """A partition of the rows beside the truth; what the feeds lack stands alone."""
        return overlap(pa.array(labels[self.place], mask=self.place < 0), self.known["person"])

    def quality(self, linkage: Linkage, release: Release) -> Quality:
        """How right a linkage of the rows is."""
        table = self.table(linkage.labels)
        return Quality(
            accuracy(table),
            bootstrap(table, seed=SEED),
            dict(related_in(table, self.known)),
            reliability(self._claims(table, linkage, release)),
        )

    def _claims(self, table: Overlap, linkage: Linkage, release: Release) -> Claims:
        """The confidences that an index would publish, of pairs that the truth knows."""
        found = confidences(linkage.labels, linkage.pairs, release.calibration)
        left, right = self.row[found.left], self.row[found.right]
        use = (left >= 0) & (right >= 0)
        left, right = left[use], right[use]
        return Claims(
            left=left,
            right=right,
            confidence=found.parts[use] / CONFIDENCE_PARTS,
            weight=found.direct[use].astype(np.int64),
            same=table.person[left] == table.person[right],
            person=linkage.labels[found.left[use]],
        )


@dataclass(frozen=True, slots=True)
class _Comparing:
    """One comparison while it is being made."""

    rows: pa.Table
    judge: _Judge | None
    options: CompareOptions
    progress: Progress

    def compared(self, old: Release, new: Release, *, rejects: int) -> Comparison:
        """Link twice and lay the two results beside each other."""
        (left, before), (right, after) = (self._side(release) for release in (old, new))
        first, second = self._ids(before, after)
        found = regroupings(before, after, examples=self.options.examples)
        return Comparison(
            records=len(self.rows),
            rejects=rejects,
            old=left,
            new=right,
            churn=churn(first, second),
            moved=self._moved(first, second),
            regroupings=found,
            examples={k: [self._named(e) for e in each.examples] for k, each in found.items()},
            differences=self._differences(before, after),
            sketch=sketch(self.rows, live_keys(self.rows, new)),
        )

    def _side(self, release: Release) -> tuple[Side, NDArray[np.int64]]:
        """What a release makes of the rows, and the label of each."""

        @contextmanager
        def step(name: str) -> Iterator[None]:
            with self.progress.step(f"{release.name}: {name}"):
                yield

        linkage = link_rows(self.rows, release, self.options.limits, step=step)
        side = Side(
            name=release.name,
            identity=release.identity,
            candidates=linkage.candidates,
            links=len(linkage.pairs.left),
            persons=len(np.unique(linkage.labels)),
            quality=self.judge.quality(linkage, release) if self.judge else None,
        )
        return side, linkage.labels

    def _ids(
        self, before: NDArray[np.int64], after: NDArray[np.int64]
    ) -> tuple[Membership, Membership]:
        """The person ids of an index linked with the one release and then with the other."""
        nobody = Membership.nobody(len(self.rows))
        first = assign(nobody, before, occasion=_occasion(1)).membership
        return first, assign(first, after, occasion=_occasion(2)).membership

    def _moved(self, first: Membership, second: Membership) -> dict[str, int]:
        """Records whose person id changed, by source system."""
        old, new = (np.asarray(each.ids, dtype=object)[each.person] for each in (first, second))
        changed = self.rows.column("source").filter(pa.array(old != new))
        counts = {each["values"]: each["counts"] for each in changed.value_counts().to_pylist()}
        return dict(sorted(counts.items()))

    def _named(self, example: Example) -> Changed:
        """An example with record keys in place of record numbers."""
        return Changed(
            before=[self._group(group) for group in example.before],
            after=[self._group(group) for group in example.after],
        )

    def _group(self, records: tuple[int, ...]) -> Group:
        keys = self.rows.select(KEY).take(list(records[:MOST_KEYS])).to_pylist()
        return Group(len(records), [RecordKey(**key) for key in keys])

    def _differences(
        self, before: NDArray[np.int64], after: NDArray[np.int64]
    ) -> dict[str, Interval]:
        if self.judge is None:
            return {}
        return differences(self.judge.table(before), self.judge.table(after), seed=SEED)


def _occasion(sequence: int) -> Occasion:
    """Ids as an index gives them, but for its secret and the time: they are counted, not kept."""
    return Occasion(b"compare", sequence, 0)
