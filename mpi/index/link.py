"""Use case: link whole feeds into persons and replace the index with the result."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from mpi.errors import UnknownSource, UsageError
from mpi.index.membership import Known, assign_ids
from mpi.index.progress import Progress, SilentProgress
from mpi.index.replay import Replay
from mpi.index.ruled import decisions_of, delivery_of, held_systems
from mpi.index.shown import ShownAsTable
from mpi.index.snapshot import Linked, snapshot
from mpi.index.target import Before, Target
from mpi.linking.batch import Linkage, link_rows
from mpi.linking.churn import Churn
from mpi.linking.delivery import Delivery
from mpi.linking.engines.duckdb import Limits
from mpi.linking.intake import Intake, take_in
from mpi.linking.key_sizes import KeySizes
from mpi.linking.persons import Occasion, Origin
from mpi.model.blocking import LARGE_BLOCK
from mpi.model.parameters import Release, load
from mpi.model.standing import folder_of, released_on
from mpi.sources import Rejects, discover_feeds, load_sources
from mpi.store.database import file_of
from mpi.store.rows import Event

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
class LinkSummary(ShownAsTable):
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
    run = Linking(options or LinkOptions(), progress or SilentProgress(), Rejects())
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
class Linking:
    """One link while it is being made."""

    options: LinkOptions
    progress: Progress
    rejects: Rejects

    def link(
        self, feeds: Path | None, release: Release, target: Target, *, kind: str = "link"
    ) -> LinkSummary:
        """Read, link, give ids, keep; without feeds, what the index holds."""
        with target.before() as before:
            known, at = before.known, self._at(before.known)
            with self._rejects_kept():
                intake = self._take_in(self._deliveries(feeds, before, at), target)
        linkage = self._linkage(intake, release, known)
        store, writer = target.made(self.options.seed)
        with self.progress.step("give person ids"):
            occasion = _occasion(store.state().seed, known, at)
            assignment, change = assign_ids(known, intake.rows, linkage.labels, occasion)
        linked = Linked(intake, linkage, assignment, release)
        with self.progress.step("look for findings"):
            summary = self._summary(linked, change)
        with self.progress.step("write the index"):
            event = _event(kind, linked, at, change)
            caught = Replay(release, known)
            writer.replace(snapshot(linked), event, since=known.sequence, catch_up=caught)
        return replace(summary, seconds=dict(self.progress.seconds))

    def _at(self, known: Known) -> datetime:
        """When it happens; time in the log never goes back."""
        at = (self.options.at or datetime.now(UTC)).astimezone(UTC)
        last = datetime.fromisoformat(known.last_at) if known.last_at else at
        return max(at, last)

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

    def _take_in(self, deliveries: list[Delivery], target: Target) -> Intake:
        return take_in(
            deliveries,
            target.folder,
            self.rejects,
            workers=self.options.limits.threads,
            step=self.progress.step,
        )

    def _linkage(self, intake: Intake, release: Release, known: Known) -> Linkage:
        decisions = decisions_of(known.rulings, intake.rows)
        limits, step = self.options.limits, self.progress.step
        return link_rows(intake.rows, release, limits, decisions=decisions, step=step)

    def _deliveries(self, feeds: Path | None, before: Before, at: datetime) -> list[Delivery]:
        """The feeds that came, and the sources that sent none but have records in the index."""
        if feeds is None:
            held = held_systems(self.options.sources, before.versions)
            return [delivery_of(each, None, before, at) for each in held]
        systems = load_sources(self.options.sources)
        came = {feed.source.name: feed for feed in discover_feeds(feeds, systems)}
        for name in before.versions.keys() - systems.keys():
            raise UnknownSource(
                "The index holds records of it; give its description with --sources.", source=name
            )
        # a feed of Patients is read otherwise than the other feeds of its source
        systems |= {name: feed.source for name, feed in came.items()}
        return [
            delivery_of(systems[name], came.get(name), before, at)
            for name in sorted(came.keys() | before.versions.keys())
        ]

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


def _occasion(seed: int, known: Known, at: datetime) -> Occasion:
    """The event that the link will be."""
    secret = seed.to_bytes(16, "big", signed=True)
    return Occasion(secret, known.sequence + 1, int(at.timestamp() * 1000))


def _event(kind: str, linked: Linked, at: datetime, change: Churn) -> Event:
    detail = {"release": linked.release.identity, **asdict(change)}
    return Event(kind=kind, at=at.isoformat(timespec="milliseconds"), detail=detail)


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
