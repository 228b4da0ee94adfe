"""Use case: learn a release from feeds and write it, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mpi.errors import UnwritableOutput
from mpi.index.progress import Progress, SilentProgress
from mpi.linking.engines.duckdb import Limits
from mpi.linking.intake import Delivery, take_in
from mpi.model.parameters import Release, load, publish, save
from mpi.sources import Rejects, discover_feeds, load_sources
from mpi.training.card import write_card
from mpi.training.estimate import Effort
from mpi.training.train import Training, refresh
from mpi.training.train import train as learn


@dataclass(frozen=True, slots=True)
class TrainSummary:
    """What was learned from what."""

    release: Release
    folder: Path
    rejects: int

    def rows(self) -> list[tuple[str, str]]:
        """For a table."""
        trained = self.release.trained
        calibration = self.release.calibration
        return [
            ("Release", f"{self.release.name} ({self.release.identity})"),
            ("Records", f"{trained['records']:,}"),
            ("People, as linked", f"{trained['people']:,}"),
            ("Values or rows rejected", f"{self.rejects:,}"),
            ("Comparisons with data", str(len(self.release.levels))),
            ("Blocking keys suppressed", f"{len(self.release.suppressed):,}"),
            ("Calibration", f"provisional, on {calibration.examples:,} anchored pairs"),
            ("Written to", str(self.folder)),
        ]

    def as_dict(self) -> dict[str, object]:
        """For a program."""
        return {
            "release": self.release.name,
            "identity": self.release.identity,
            "folder": str(self.folder),
            "rejects": self.rejects,
            "suppressed_keys": len(self.release.suppressed),
            "calibration": self.release.calibration.as_dict(),
            **self.release.trained,
        }


def train(
    feeds: Path,
    to: Path,
    *,
    sources: Path | None = None,
    seed: int = 1,
    weights_from: Path | None = None,
    progress: Progress | None = None,
) -> TrainSummary:
    """Learn a release from every feed in a folder and write it to `to`.

    With `weights_from`, the folder of an older release, its m and u are kept and only what depends
    on the size of the feeds is learned. The release is written beside its place and renamed, so
    `to` holds a whole release or what was there before; a folder that holds anything else is
    refused. Raises what reading feeds and loading a release raise, TooLittleData and
    UnwritableOutput.
    """
    progress = progress or SilentProgress()
    rejects = Rejects()
    limits = Limits(threads=os.cpu_count() or 1)
    to = to.absolute()
    _require_replaceable(to)
    older = load(weights_from) if weights_from else None
    with _staging(to) as staged, tempfile.TemporaryDirectory(prefix="mpi-") as folder:
        found = discover_feeds(feeds, load_sources(sources))
        deliveries = [Delivery(feed.source, feed) for feed in found]
        intake = take_in(
            deliveries, Path(folder), rejects, workers=limits.threads, step=progress.step
        )
        training = Training(to.name, Effort(seed=seed), limits=limits)
        if older is None:
            release = learn(intake.rows, training, step=progress.step)
        else:
            release = refresh(intake.rows, older, training, step=progress.step)
        with progress.step("write the release"):
            save(release, Path(staged))
            write_card(release, Path(staged))
            publish(Path(staged), to)
    return TrainSummary(release, to, len(rejects))


def _require_replaceable(to: Path) -> None:
    """Refuse to put a release in the place of anything but an older one."""
    if not to.exists() or (to / "parameters.json").is_file():
        return
    if not to.is_dir() or any(to.iterdir()):
        raise UnwritableOutput("It holds something other than a match model.", folder=to)


def _staging(to: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(
            prefix=f".{to.name}-", dir=to.parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise UnwritableOutput(folder=to) from error
