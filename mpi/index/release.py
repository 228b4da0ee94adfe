"""Use case: put a release into use, if it passes its gates."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mpi.errors import (
    InvalidReport,
    ModelMismatch,
    ModelNotFound,
    MPIError,
    UnusableModel,
    UsageError,
)
from mpi.index.compare import CompareOptions, compare
from mpi.index.progress import Progress, SilentProgress
from mpi.linking.regrouping import Kind
from mpi.model.parameters import load
from mpi.model.standing import (
    STAMP,
    current_of,
    folder_of,
    make_current,
    read_stamp,
    released_on,
    write_aside,
)
from mpi.training.card import METRICS, read_metrics
from mpi.training.figures import Figures
from mpi.training.gates import judge
from mpi.training.verdicts import Gates, Measured, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class ReleaseOptions:
    """What a release may be told besides its folder.

    `over`: the release it would replace; without it the current one of the folder above. `gates`:
    a TOML file of limits. `comparison`: a report of `mpi compare` of the two; or `feeds` to make
    one of, with `compared` for what that may be told. `on`: the date to note; today if None.
    """

    over: Path | None = None
    gates: Path | None = None
    comparison: Path | None = None
    feeds: Path | None = None
    compared: CompareOptions = field(default_factory=CompareOptions)
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of it: the verdict of every gate, and what changes for those who use the index.

    `over` names the release that is replaced, and `changes` is None where the two were not
    compared.
    """

    folder: Path
    release: Measured
    over: Measured | None
    gates: Gates
    verdicts: Sequence[Verdict]
    changes: Figures | None

    @property
    def refused(self) -> list[Verdict]:
        """The verdicts that keep it back; none if it was released."""
        return [each for each in self.verdicts if each.outcome is Outcome.FAILED]

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Of every gate what there is to show."""
        return [verdict.row() for verdict in self.verdicts]

    def changed(self) -> list[tuple[str, str]]:
        """What would change, for a table; nothing where that is not known."""
        if self.changes is None:
            return []
        return [(label, f"{self.changes[name]:,}") for name, label in _CHANGES.items()]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for a program."""
        return {
            "release": self.release.name,
            "identity": self.release.identity,
            "folder": str(self.folder),
            "released": not self.refused,
            "over": _named(self.over),
            "gates": [each.as_dict() for each in self.verdicts],
            "limits": self.gates.as_dict(),
            "changes": self.changes,
        }


_CHANGES = {
    "records": "Records compared",
    "persons_before": "Persons with the current release",
    "persons_after": "Persons with this one",
    "records_moved": "Records whose person id changes",
    "split": "Persons that split",
    "merge": "Persons that merge",
    "rearranged": "Persons whose records are rearranged",
}


def release(
    folder: Path,
    *,
    options: ReleaseOptions | None = None,
    progress: Progress | None = None,
) -> Judgement:
    """Judge a release by its gates; if all open, note that in it and make it the current one.

    If one stays shut, nothing is written. Raises what loading a release raises, InvalidGates,
    InvalidReport, UnwritableOutput, UsageError where there is nothing to compare with, and with
    `feeds` what comparing raises.
    """
    options = options or ReleaseOptions()
    # without following links: the pointer goes beside the name that was given
    folder = Path(os.path.abspath(folder_of(folder)))
    gates = Gates.read(options.gates) if options.gates else Gates()
    over = folder_of(options.over) if options.over else _replaced(folder.parent)
    candidate, current = _measured(folder), _current(over) if over else None
    if current is not None and current.identity == candidate.identity:
        over, current = None, None
    report = _report(folder, over, options, progress or SilentProgress())
    changes = _changes(report, candidate, current, options.comparison) if report else None
    # one that was in use before may come back whatever the current one does better
    replaced = None if released_on(folder, candidate.identity) else current
    verdicts = _verdicts(candidate, replaced, gates, report if replaced else None)
    found = Judgement(folder, candidate, current, gates, verdicts, changes)
    if not found.refused:
        _put_into_use(found, options.on or datetime.now(UTC).date())
    return found


def _replaced(releases: Path) -> Path | None:
    """The current one of several releases. Raises ModelNotFound where it is gone."""
    try:
        return current_of(releases)
    except ModelNotFound as error:
        raise ModelNotFound(
            "The file `current` beside it names it as the release to be replaced: put it back, or"
            " give another with --over; or remove that file, and none is replaced.",
            **error.where,
        ) from error


def _measured(folder: Path) -> Measured:
    found = load(folder)
    return Measured(found.name, found.identity, read_metrics(folder))


def _current(folder: Path) -> Measured:
    """The release in use; by its stamp where this version of the code cannot link with it."""
    try:
        return _measured(folder)
    except ModelMismatch:
        stamp = read_stamp(folder)
        if stamp is None:
            raise
        return Measured(stamp["release"], stamp["identity"], read_metrics(folder))


def _report(
    folder: Path, over: Path | None, options: ReleaseOptions, progress: Progress
) -> Figures | None:
    """The report of comparing the two: as given, or made from feeds; None if neither is there."""
    if options.comparison is None and options.feeds is None:
        return None
    if over is None:
        raise UsageError("There is no current release to compare with: give --over.")
    if options.comparison is None and options.feeds is not None:
        compared = compare(over, folder, options.feeds, options=options.compared, progress=progress)
        return compared.as_dict()
    path = options.comparison
    assert path is not None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise InvalidReport("It cannot be read as JSON.", file=path) from error


def _changes(
    report: Figures, candidate: Measured, current: Measured | None, path: Path | None
) -> Figures:
    """What would change, by a report that must be of these two releases."""
    try:
        of = report["old"]["identity"], report["new"]["identity"]
        changes = {
            "records": report["records"],
            "persons_before": report["old"]["persons"],
            "persons_after": report["new"]["persons"],
            "records_moved": report["churn"]["records_moved"],
            **{kind.value: report["regroupings"][kind.value]["count"] for kind in Kind},
        }
    except (LookupError, TypeError) as error:
        raise InvalidReport("It is not a report of mpi compare.", file=path) from error
    if current is None or of != (current.identity, candidate.identity):
        raise InvalidReport("It is about other releases than these two.", file=path)
    return changes


def _verdicts(
    candidate: Measured, current: Measured | None, gates: Gates, report: Figures | None
) -> list[Verdict]:
    try:
        return judge(candidate, gates, current=current, comparison=report)
    except (LookupError, TypeError, AttributeError) as error:
        raise UnusableModel(
            "Its figures are not those of this version; evaluate it again with"
            f" mpi evaluate --card. ({type(error).__name__})",
            release=candidate.name,
            file=METRICS,
        ) from error


def _put_into_use(found: Judgement, on: date) -> None:
    """Note in the release that it was released, and make it the current one: both or neither."""
    stamp = found.folder / STAMP
    before = stamp.read_text(encoding="utf-8") if stamp.is_file() else None
    content = found.as_dict() | {"date": on.isoformat()}
    del content["folder"], content["released"]
    if found.over is None and released_on(found.folder, found.release.identity):
        content["over"] = (read_stamp(found.folder) or {}).get("over")
    write_aside(stamp, json.dumps(content, indent=1) + "\n")
    try:
        make_current(found.folder)
    except MPIError:
        if before is None:
            stamp.unlink()
        else:
            write_aside(stamp, before)
        raise


def _named(release: Measured | None) -> dict[str, str] | None:
    return {"release": release.name, "identity": release.identity} if release else None
