"""Use case: link whole feeds into persons and replace the index with the result."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from mpi.errors import FeedNotFound, UnknownSource, UsageError
from mpi.index.computing import DUCKDB, SPARK, Place, engine_of
from mpi.index.found import Found
from mpi.index.link_summary import LinkSummary, begun_anew, misfits
from mpi.index.membership import Known, assign_ids
from mpi.index.progress import Progress, SilentProgress
from mpi.index.replay import Replay
from mpi.index.ruled import delivery_of, held_systems
from mpi.index.snapshot import Linked, snapshot
from mpi.index.target import Before, Target
from mpi.index.work import (
    Scratch,
    Work,
    digest_of_code,
    digest_of_files,
    digest_of_rulings,
    digest_of_table,
    files_in,
    versions_of_libraries,
    work_folder,
)
from mpi.linking.churn import Churn
from mpi.linking.delivery import Delivery
from mpi.linking.engines.duckdb import Limits
from mpi.linking.engines.spark.asked import Asked
from mpi.linking.persons import Occasion, Origin
from mpi.model.parameters import Release, load
from mpi.model.standing import folder_of, released_on
from mpi.sources import Feed, Rejects, discover_feeds, load_sources
from mpi.store.database import file_of
from mpi.store.rows import Event
from mpi.store.rulings import Rulings


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """What a link may be told besides feeds, model and index.

    `sources`: a folder of further source descriptions. `rejects`: where to write what could not be
    used. `seed`: of the person ids of an index that does not exist yet; drawn at random if None.
    `at`: the time of the event; now if None. `extracted`: when feeds were made, by source system,
    or under "" for all others; see `linking.delivery.Delivery.as_of`. `work`: a folder for finished
    steps; what the same link has finished there before it was killed is taken up. `engine`: where
    to compute it, see `mpi.index.computing`; `limits` are of DuckDB, and `spark` is asked of Spark.
    """

    sources: Path | None = None
    rejects: Path | None = None
    seed: int | None = None
    at: datetime | None = None
    extracted: Mapping[str, datetime] = field(default_factory=dict)
    work: Path | None = None
    limits: Limits = field(default_factory=lambda: Limits(threads=os.cpu_count() or 1))
    engine: str = DUCKDB
    spark: Asked = field(default_factory=Asked)


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
    opening an index raise, TruncatedSnapshot, IndexBusy, DiskFull, OutOfMemory, and UsageError for
    limits that cannot be, a rejects file or work folder that would overwrite a feed or the index,
    or a work folder with anything in it that the link needs.
    """
    run = Linking(options or LinkOptions(), progress or SilentProgress(), Rejects())
    run.options.limits.check()
    if run.options.engine == SPARK and run.options.work is not None:
        raise UsageError("Finished steps are kept on one machine only; leave out --work.")
    _check_places(feeds, model, file_of(index_url), run.options)
    with ExitStack() as stack:
        folder = folder_of(model)
        release = load(folder)
        released = released_on(folder, release.identity)
        target = Target(index_url, stack, temp=run.options.limits.temp)
        summary = run.link(feeds, release, target)
        return replace(summary, released=released)


def _check_places(feeds: Path, model: Path, index: Path | None, options: LinkOptions) -> None:
    """Refuse places that one of another would take; nothing has been touched yet."""
    for what, place in (("rejects file", options.rejects), ("work folder", options.work)):
        if place is not None:
            _check_apart(what, place, feeds, index)
    needed = {
        "feeds": feeds,
        "model": model,
        "index": index,
        "rejects file": options.rejects,
        "folder of sources": options.sources,
        "folder for temporary files": options.limits.temp,
    }
    for what, place in needed.items():
        if options.work is not None and place is not None and _lies_in(place, options.work):
            raise UsageError(f"The work folder must not hold the {what}.", folder=options.work)


def _lies_in(place: Path, folder: Path) -> bool:
    """Whether a place is a folder or below it, by either of its names if it is a link."""
    to = folder.resolve()
    named = place.parent.resolve() / place.name
    return any(to in (each, *each.parents) for each in (named, place.resolve()))


def _check_apart(what: str, place: Path, feeds: Path, index: Path | None) -> None:
    """Refuse what would overwrite a feed or the index, if that is a file."""
    to = place.resolve()
    is_index = index is not None and (to == index.resolve() or _same_file(place, index))
    if is_index or feeds.resolve() in (to, *to.parents):
        raise UsageError(f"The {what} must lie outside the feeds and not be the index.")


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
        known, work, found = self._found(feeds, release, target)
        at = work.at
        store, writer = target.made(self.options.seed)
        with self.progress.step("give person ids"):
            occasion = _occasion(store.state().seed, known, at)
            assignment, change = assign_ids(known, found.keys, found.labels, occasion)
        linked = Linked(found, assignment)
        with self.progress.step("look for findings"):
            summary = self._summary(linked, change, work)
        with self.progress.step("write the index"):
            event = _event(kind, linked, at, change)
            caught = Replay(release, known)
            writer.replace(snapshot(linked), event, since=known.sequence, catch_up=caught)
        return replace(summary, seconds=dict(self.progress.seconds))

    def _found(
        self, feeds: Path | None, release: Release, target: Target
    ) -> tuple[Known, Work | Scratch, Found]:
        """What the index held before, where steps are kept, and what linking found."""
        options = self.options
        with engine_of(options.engine, options.limits, asked=options.spark) as engine:
            with target.before() as before:
                work = target.enter(self._work(feeds, release, before.known, target))
                place = Place(work, self.rejects, self.progress.step)
                with self._rejects_kept():
                    taken = engine.take_in(self._deliveries(feeds, before, work.at), place)
            return before.known, work, engine.link(taken, release, before.known.rulings, place)

    def _work(
        self, feeds: Path | None, release: Release, known: Known, target: Target
    ) -> AbstractContextManager[Work | Scratch]:
        at, options = self._at(known), self.options
        if options.work is None:
            return nullcontext(Scratch(target.folder, at))
        # an index that a killed link made and never wrote to is as good as none
        rulings = known.rulings if known.sequence else Rulings()
        with self.progress.step("look for finished steps"):
            identity = {
                "feeds": digest_of_files(files_in(feeds)),
                "sources": digest_of_files(files_in(options.sources)),
                "release": release.identity,
                "options": [options.seed, options.at, dict(options.extracted)],
                "index": [target.shown, known.sequence, known.last_at],
                "records in the index": digest_of_table(known.members),
                "decisions and other rulings": digest_of_rulings(rulings),
                "code": digest_of_code(),
                "libraries": versions_of_libraries(),
            }
        return work_folder(options.work, identity, at)

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

    def _deliveries(self, feeds: Path | None, before: Before, at: datetime) -> list[Delivery]:
        """The feeds that came, and the sources that sent none but have records in the index."""
        if feeds is None:
            held = held_systems(self.options.sources, before.versions)
            return [delivery_of(each, None, before, at=at) for each in held]
        systems = load_sources(self.options.sources)
        came = {feed.source.name: feed for feed in discover_feeds(feeds, systems)}
        for name in before.versions.keys() - systems.keys():
            raise UnknownSource(
                "The index holds records of it; give its description with --sources.", source=name
            )
        # a feed of Patients is read otherwise than the other feeds of its source
        systems |= {name: feed.source for name, feed in came.items()}
        names, extracted = sorted(came.keys() | before.versions.keys()), self._extracted(came, at)
        return [
            delivery_of(systems[name], came.get(name), before, at=at, extracted=extracted.get(name))
            for name in names
        ]

    def _extracted(self, came: Mapping[str, Feed], at: datetime) -> dict[str, datetime]:
        """When each feed that came was made, if that is stated; before it is linked at the latest.

        A later time would stand before whatever is said of its records until then.
        """
        stated = self.options.extracted
        for name in sorted(stated.keys() - came.keys() - {""}):
            raise FeedNotFound("It is stated when it was extracted.", source=name)
        for name, time in sorted(stated.items()):
            if time.astimezone(UTC) > at:
                said = f"of {name} were" if name else "were"
                raise UsageError(
                    f"The feeds {said} extracted at {time.isoformat()}, after this link: correct"
                    " --extracted."
                )
        found = {name: stated.get(name, stated.get("")) for name in came}
        return {name: time for name, time in found.items() if time is not None}

    def _summary(self, linked: Linked, change: Churn, work: Work | Scratch) -> LinkSummary:
        found, ids = linked.found, linked.assignment
        origins = {o.name.lower(): int((ids.origin == o).sum()) for o in Origin}
        return LinkSummary(
            release=f"{found.release.name} ({found.release.identity})",
            records=found.sources,
            candidates=found.candidates,
            links=found.pairs,
            persons=len(ids.membership.ids),
            origins=origins | {"retired": len(ids.retired)},
            findings=dict(sorted(found.findings.items())),
            rejects=self.rejects.by_reason(),
            churn=change,
            warnings=(*begun_anew(work), *misfits(found)),
            seconds={},
            taken_up=tuple(work.taken),
            later=found.later,
        )


def _occasion(seed: int, known: Known, at: datetime) -> Occasion:
    """The event that the link will be."""
    secret = seed.to_bytes(16, "big", signed=True)
    return Occasion(secret, known.sequence + 1, int(at.timestamp() * 1000))


def _event(kind: str, linked: Linked, at: datetime, change: Churn) -> Event:
    detail = {"release": linked.found.release.identity, **asdict(change)}
    return Event(kind=kind, at=at.isoformat(timespec="milliseconds"), detail=detail)
