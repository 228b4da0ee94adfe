"""Use case: link whole feeds into persons and replace the index with the result."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mpi.errors import UnknownSource, UsageError
from mpi.index.membership import Known, assign_ids
from mpi.index.progress import Progress, SilentProgress
from mpi.index.snapshot import Linked, snapshot
from mpi.index.target import Target
from mpi.linking.batch import link_rows
from mpi.linking.churn import Churn
from mpi.linking.engines.duckdb import Limits
from mpi.linking.intake import Delivery, Intake, take_in
from mpi.linking.key_sizes import KeySizes
from mpi.linking.persons import Occasion, Origin
from mpi.model.blocking import LARGE_BLOCK
from mpi.model.parameters import Release, load
from mpi.model.standing import folder_of, released_on
from mpi.sources import Rejects, discover_feeds, load_sources
from mpi.store.database import file_of
from mpi.store.rows import Event
from mpi.store.store import Store

MISFIT = 10
"""Feeds this many times larger or smaller than those a release was trained on get a warning."""


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """What a link may be told besides feeds, model and index.

    `sources`: a folder of further source descriptions. `rejects`: where to write what could not be
    used. `seed`: of the person ids of an index that does not exist yet; drawn at random if None.
    `at`: the time of the event; now if None.
    """

    sources: Path | None = None
    rejects: Path | None = None
    seed: int | None = None
    at: datetime | None = None
    limits: Limits = field(default_factory=lambda: Limits(threads=os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class LinkSummary:
    """What a link did.

    `released` is the date on which the release was released; None for a candidate.
    """

    release: str
    records: Mapping[str, int]
    candidates: int
    links: int
    persons: int
    origins: Mapping[str, int]
    findings: Mapping[str, int]
    rejects: Mapping[str, int]
    churn: Churn
    warnings: tuple[str, ...]
    seconds: Mapping[str, float]
    released: str | None = None

    def rows(self) -> list[tuple[str, str]]:
        """For a table."""
        found = [
            ("Release", self.release),
            ("Standing", f"released {self.released}" if self.released else "candidate"),
            ("Records", f"{sum(self.records.values()):,} from {len(self.records)} sources"),
            ("Candidate pairs", f"{self.candidates:,}"),
            ("Links", f"{self.links:,}"),
            ("Persons", f"{self.persons:,}"),
            ("Person ids", ", ".join(f"{n:,} {what}" for what, n in self.origins.items())),
        ]
        if self.churn.records:
            found.append(("Records whose person id changed", f"{self.churn.records_moved:,}"))
        found += [(f"Finding: {code}", f"{n:,}") for code, n in self.findings.items()]
        found += [(f"Rejected: {reason}", f"{n:,}") for reason, n in self.rejects.items()]
        return [*found, ("Seconds", f"{sum(self.seconds.values()):,.1f}")]

    def as_dict(self) -> dict[str, object]:
        """For a program."""
        return asdict(self)


def link(
    feeds: Path,
    model: Path,
    index_url: str,
    *,
    options: LinkOptions | None = None,
    progress: Progress | None = None,
) -> LinkSummary:
    """Link every feed in a folder with a release and put the result in the index's place.

    The index is made if there is none. Until the last moment readers see what was there before,
    and whatever fails leaves it as it was. Raises what reading feeds, loading a release and
    opening an index raise, TruncatedSnapshot, IndexBusy, and UsageError for a rejects file that
    would overwrite a feed or the index.
    """
    run = _Link(options or LinkOptions(), progress or SilentProgress(), Rejects())
    if run.options.rejects is not None:
        _check_apart(run.options.rejects, feeds, file_of(index_url))
    with ExitStack() as stack:
        folder = folder_of(model)
        release = load(folder)
        released = released_on(folder, release.identity)
        summary = run.link(feeds, release, Target(index_url, stack))
        return replace(summary, released=released)


def _check_apart(rejects: Path, feeds: Path, index: Path | None) -> None:
    """Refuse a rejects file that would overwrite a feed or the index, if that is a file."""
    to = rejects.resolve()
    is_index = index is not None and (to == index.resolve() or _same_file(rejects, index))
    if is_index or feeds.resolve() in (to, *to.parents):
        raise UsageError("The rejects file must lie outside the feeds and not be the index.")


def _same_file(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


@dataclass(frozen=True, slots=True)
class _Link:
    """One link while it is being made."""

    options: LinkOptions
    progress: Progress
    rejects: Rejects

    def link(self, feeds: Path, release: Release, target: Target) -> LinkSummary:
        """Read, link, give ids, keep."""
        known = target.known()
        with self._rejects_kept():
            intake = self._take_in(feeds, target, known)
        linkage = link_rows(intake.rows, release, self.options.limits, step=self.progress.step)
        store, writer = target.made(self.options.seed)
        with self.progress.step("give person ids"):
            occasion = self._occasion(store)
            assignment, change = assign_ids(known, intake.rows, linkage.labels, occasion)
        linked = Linked(intake, linkage, assignment, release)
        with self.progress.step("look for findings"):
            summary = self._summary(linked, change)
        with self.progress.step("write the index"):
            writer.replace(snapshot(linked), self._event(linked, occasion, change))
        return replace(summary, seconds=dict(self.progress.seconds))

    @contextmanager
    def _rejects_kept(self) -> Iterator[None]:
        """Write what is rejected in here, whatever happens.

        The file is made first, so that a place that cannot be written is found before any work.
        """
        to = self.options.rejects
        if to is not None:
            self.rejects.write(to)
        try:
            yield
        finally:
            if to is not None:
                self.rejects.write(to)

    def _take_in(self, feeds: Path, target: Target, known: Known) -> Intake:
        return take_in(
            self._deliveries(feeds, target, known),
            target.folder,
            self.rejects,
            workers=self.options.limits.threads,
            step=self.progress.step,
        )

    def _deliveries(self, feeds: Path, target: Target, known: Known) -> list[Delivery]:
        """The feeds that came, and the sources that sent none but have records in the index."""
        systems = load_sources(self.options.sources)
        came = {feed.source.name: feed for feed in discover_feeds(feeds, systems)}
        before = known.keys_by_source()
        for name in before.keys() - systems.keys():
            raise UnknownSource(
                "The index holds records of it; give its description with --sources.", source=name
            )
        return [
            Delivery(
                systems[name],
                came.get(name),
                known=before.get(name, frozenset()),
                records=partial(target.records, name),
            )
            for name in sorted(came.keys() | before.keys())
        ]

    def _occasion(self, store: Store) -> Occasion:
        state = store.state()
        at = self.options.at or datetime.now(UTC)
        seed = state.seed.to_bytes(16, "big", signed=True)
        return Occasion(seed, state.sequence + 1, int(at.timestamp() * 1000))

    def _event(self, linked: Linked, occasion: Occasion, change: Churn) -> Event:
        at = datetime.fromtimestamp(occasion.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        detail = {"release": linked.release.identity, **asdict(change)}
        return Event(kind="link", at=at, detail=detail)

    def _summary(self, linked: Linked, change: Churn) -> LinkSummary:
        sources = linked.intake.rows.column("source").value_counts().to_pylist()
        findings = Counter(code for codes in linked.findings.values() for code in codes)
        ids = linked.assignment
        origins = {o.name.lower(): int((ids.origin == o).sum()) for o in Origin}
        return LinkSummary(
            release=f"{linked.release.name} ({linked.release.identity})",
            records={each["values"]: each["counts"] for each in sources},
            candidates=linked.linkage.candidates,
            links=len(linked.linkage.pairs.left),
            persons=len(ids.membership.ids),
            origins=origins | {"retired": len(ids.retired)},
            findings=dict(sorted(findings.items())),
            rejects=self.rejects.by_reason(),
            churn=change,
            warnings=tuple(_misfits(linked)),
            seconds={},
        )


def _misfits(linked: Linked) -> Iterator[str]:
    """How the feeds differ from those the release was made for, so that it may link them badly."""
    records, trained = len(linked.intake.rows), int(linked.release.trained["records"])
    if not 1 / MISFIT <= records / trained <= MISFIT:
        yield (
            f"The release was trained on {trained:,} records and these are {records:,}; its prior,"
            " term frequencies and suppressed keys may not fit. Run `mpi train --weights-from`."
        )
    keys = KeySizes.of(linked.intake.rows).live(linked.release)
    grown = int((keys.size > LARGE_BLOCK).sum())
    if grown:
        yield (
            f"{grown:,} blocking keys are shared by more than {LARGE_BLOCK:,} records; they were"
            " used all the same. The next release will suppress them."
        )
