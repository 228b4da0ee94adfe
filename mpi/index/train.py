"""Use case: learn a release from feeds and write it, whole or not at all."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from mpi.errors import AlreadyReleased, UnwritableOutput
from mpi.index.progress import Progress, SilentProgress
from mpi.index.shown import ShownAsTable
from mpi.index.staging import staging
from mpi.linking.batch import live_keys
from mpi.linking.delivery import Delivery
from mpi.linking.engines.duckdb import Limits
from mpi.linking.intake import take_in
from mpi.model.calibration import Calibration
from mpi.model.comparisons import COMPARISONS
from mpi.model.parameters import Release, load, publish, save
from mpi.model.standing import PARAMETERS, STAMP
from mpi.sources import Rejects, discover_feeds, load_sources
from mpi.training.blocking_loss import blocking_cost
from mpi.training.card import METRICS, write_card
from mpi.training.estimate import Effort
from mpi.training.labelled import SAW_LABELS, SplitLabels
from mpi.training.labels import LabelFile, read_labels
from mpi.training.lint import Complaint, in_short, require_sound
from mpi.training.sketch import sketch
from mpi.training.streams import Stream
from mpi.training.supplied import Supplied, read_frequencies
from mpi.training.train import TAKEN_OVER, Training, refresh
from mpi.training.train import train as learn

log = logging.getLogger("mpi.training")
# for whoever embeds this package; a door shows the warnings of a summary in its own way
log.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What training may be told besides the feeds and where the release goes.

    `sources`: a folder of further source descriptions. `seed`: of every random draw.
    `weights_from`: the folder of an older release, whose m and u are kept, so that only what
    depends on the size of the feeds is learned. `labels`: a file of what reviewers said of the
    feeds' records, which teach the weights and calibrate the confidence (see
    `mpi.training.labels`). `term_frequencies`: a file that says how common values are, in place of
    counting them in the feeds (see `mpi.training.supplied`).
    """

    sources: Path | None = None
    seed: int = 1
    weights_from: Path | None = None
    labels: Path | None = None
    term_frequencies: Path | None = None


@dataclass(frozen=True, slots=True)
class TrainSummary(ShownAsTable):
    """What was learned from what. `warnings` say what may be wrong with it."""

    release: Release
    folder: Path
    rejects: int
    warnings: tuple[str, ...] = ()

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
            *self._labels(),
            *self._frequencies(),
            ("Calibration", _standing(calibration)),
            ("Written to", str(self.folder)),
        ]

    def _labels(self) -> list[tuple[str, str]]:
        labels = self.release.trained.get("labels")
        if labels is None:
            return []
        counts = {name: n for name, n in labels.items() if isinstance(n, int)}
        counts.pop("needed_persons")
        said = ", ".join(f"{n:,} {name}" for name, n in counts.items() if n)
        pairs, persons = labels["calibrating"], labels["calibrating_persons"]
        found = (f"{n:,} {kind} (in {persons[kind]:,} persons)" for kind, n in pairs.items())
        return [
            ("Labels", said),
            ("Labelled pairs it puts in one person", ", ".join(found)),
        ]

    def _frequencies(self) -> Iterator[tuple[str, str]]:
        supplied = self.release.trained.get("term_frequencies")
        if supplied:
            said = ", ".join(f"{n:,} of {attribute}" for attribute, n in supplied.items())
            yield "Term frequencies from outside", said

    def as_dict(self) -> dict[str, object]:
        """For a program."""
        told = self.release.trained.items()
        trained = {name: each for name, each in told if name not in _FOR_PROGRAMS}
        return {
            "release": self.release.name,
            "identity": self.release.identity,
            "folder": str(self.folder),
            "rejects": self.rejects,
            "suppressed_keys": len(self.release.suppressed),
            "calibration": self.release.calibration.as_dict(),
            "warnings": list(self.warnings),
            **trained,
        }


_FOR_PROGRAMS = ("observed", "sketch", "sketches_of_weights")
"""What a training leaves for later steps and nobody reads."""


def _standing(calibration: Calibration) -> str:
    if calibration.basis.endswith(TAKEN_OVER):
        return "provisional, taken over with the weights"
    if calibration.provisional:
        return f"provisional, on {calibration.examples:,} anchored pairs"
    return f"on {calibration.examples:,} reviewed pairs"


def train(
    feeds: Path,
    to: Path,
    *,
    options: TrainOptions | None = None,
    progress: Progress | None = None,
) -> TrainSummary:
    """Learn a release from every feed in a folder and write it to `to`.

    The release is written beside its place and renamed, so `to` holds a whole release or what was
    there before; a folder that holds anything else is refused, and so is one that was released.
    Raises what reading feeds and loading a release raise, InvalidLabels, InvalidFrequencies,
    TooLittleData, DegenerateModel (nothing is written of what cannot be right), AlreadyReleased and
    UnwritableOutput.
    """
    to = to.absolute()
    _require_replaceable(to)
    given = _Given.of(options or TrainOptions())
    run = _Train(given, to, Limits(threads=os.cpu_count() or 1), progress or SilentProgress())
    return run.train(feeds)


@dataclass(frozen=True, slots=True)
class _Given:
    """The files that the options name, read before any work."""

    options: TrainOptions
    older: Release | None
    labels: LabelFile | None
    supplied: Supplied | None

    @classmethod
    def of(cls, options: TrainOptions) -> _Given:
        named = options.weights_from, options.labels, options.term_frequencies
        weights_from, labels, frequencies = named
        return cls(
            options,
            load(weights_from) if weights_from else None,
            read_labels(labels, Stream.TRAINING) if labels else None,
            read_frequencies(frequencies) if frequencies else None,
        )


@dataclass(frozen=True, slots=True)
class _Train:
    """One training while it is under way."""

    given: _Given
    to: Path
    limits: Limits
    progress: Progress

    def train(self, feeds: Path) -> TrainSummary:
        """Read, learn, check, write."""
        rejects = Rejects()
        with staging(self.to) as staged, tempfile.TemporaryDirectory(prefix="mpi-") as folder:
            rows = self._rows(feeds, Path(folder), rejects)
            release = self._learned(rows)
            complaints = require_sound(release)
            with self.progress.step("count what blocking costs"):
                cost = blocking_cost(rows, release, self.limits)
            figures = {"blocking": cost, "lint": [each.as_dict() for each in complaints]}
            with self.progress.step("write the release"):
                _write(release, figures, staged)
                # it may have been released since
                _require_replaceable(self.to)
                publish(staged, self.to)
        warnings = tuple(_warnings(release, complaints, self.given.supplied))
        for warning in warnings:
            log.warning(warning)
        return TrainSummary(release, self.to, len(rejects), warnings)

    def _rows(self, feeds: Path, folder: Path, rejects: Rejects) -> pa.Table:
        found = discover_feeds(feeds, load_sources(self.given.options.sources))
        deliveries = [Delivery(feed.source, feed) for feed in found]
        return take_in(
            deliveries, folder, rejects, workers=self.limits.threads, step=self.progress.step
        ).rows

    def _learned(self, rows: pa.Table) -> Release:
        older, labels = self.given.older, self.given.labels
        training = Training(
            self.to.name,
            Effort(seed=self.given.options.seed),
            limits=self.limits,
            labels=_split(labels, rows, older) if labels else None,
            supplied=self.given.supplied,
        )
        if older is None:
            release = learn(rows, training, step=self.progress.step)
        else:
            release = refresh(rows, older, training, step=self.progress.step)
        known_by = sketch(rows, live_keys(rows, release))
        return replace(release, trained={**release.trained, "sketch": known_by})


def _write(release: Release, figures: Mapping[str, Any], folder: Path) -> None:
    """Every file of a release; its card is drawn from the figures in `metrics.json`."""
    save(release, folder)
    text = json.dumps(figures, indent=1, allow_nan=False)
    (folder / METRICS).write_text(text + "\n", encoding="utf-8")
    write_card(release, folder)


def _warnings(
    release: Release, complaints: list[Complaint], supplied: Supplied | None
) -> Iterator[str]:
    dropped = [c.name for c in COMPARISONS if c.name not in release.levels]
    if dropped:
        yield f"Not compared, for want of data to learn from: {', '.join(dropped)}."
    if "labels" in release.trained and release.calibration.provisional:
        yield _too_few(release.trained["labels"])
    if supplied and supplied.unusable:
        yield f"{supplied.unusable:,} term frequencies are of values that say nothing."
    yield from in_short(complaints)


def _too_few(labels: Mapping[str, Any]) -> str:
    """Why confidence stays provisional, and what would change that."""
    needed = labels["needed_persons"]
    lacking = [
        f"{n:,} with pairs labelled {kind}"
        for kind, n in labels["calibrating_persons"].items()
        if n < needed
    ]
    said = (
        "The labels are too few to calibrate the confidence on, which stays provisional: of the"
        f" persons that the model makes it takes {needed} with pairs labelled the same and {needed}"
        f" with pairs labelled different, and there are {' and '.join(lacking)}."
    )
    if labels["calibrating_persons"]["different"]:
        return said
    return (
        f"{said} Nothing that it puts together was labelled different: more labels may show some."
    )


def _split(labels: LabelFile, rows: pa.Table, older: Release | None) -> SplitLabels:
    """The labels for weights and calibration; all are held out from weights that saw none."""
    keys = rows.select(["source", "source_id"])
    found = labels.resolved(keys)
    if older is not None and SAW_LABELS not in older.trained:
        return SplitLabels.all_held_out(found)
    return SplitLabels.of(found, keys)


def _require_replaceable(to: Path) -> None:
    """Refuse to put a release in the place of anything but an older candidate."""
    if (to / STAMP).is_file():
        raise AlreadyReleased("Train into a folder of another name.", folder=to)
    if not to.exists() or (to / PARAMETERS).is_file():
        return
    if not to.is_dir() or any(to.iterdir()):
        raise UnwritableOutput("It holds something other than a match model.", folder=to)
