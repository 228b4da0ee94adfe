"""What a link says that it did, and of what it warns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from mpi.index.found import Found
from mpi.index.shown import ShownAsTable
from mpi.index.work import Scratch, Work
from mpi.linking.churn import Churn
from mpi.model.blocking import LARGE_BLOCK

MISFIT = 10
"""Feeds this many times larger or smaller than those a release was trained on get a warning."""


@dataclass(frozen=True, slots=True)
class LinkSummary(ShownAsTable):
    """What a link did.

    `released` is the date on which the release was released; None for a candidate. `taken_up` are
    the steps that were finished before. `later` counts, by source, the records kept though a
    snapshot lacks them, because they are newer than it is.
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
    taken_up: tuple[str, ...] = ()
    later: Mapping[str, int] = field(default_factory=dict)

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
        if self.taken_up:
            found.append(("Finished before and taken up", ", ".join(self.taken_up)))
        found += [(f"Newer than the snapshot: {name}", f"{n:,}") for name, n in self.later.items()]
        found += [(f"Finding: {code}", f"{n:,}") for code, n in self.findings.items()]
        found += [(f"Rejected: {reason}", f"{n:,}") for reason, n in self.rejects.items()]
        return [*found, ("Seconds", f"{sum(self.seconds.values()):,.1f}")]

    def as_dict(self) -> dict[str, object]:
        """For a program."""
        return asdict(self)


def begun_anew(work: Work | Scratch) -> Iterator[str]:
    """That finished steps could not be taken up, and why."""
    if work.other:
        yield (
            "What the work folder held was of another link, so it was cleared. It differed in: "
            + ", ".join(work.other)
        )


def misfits(found: Found) -> Iterator[str]:
    """How the feeds differ from those the release was made for, so that it may link them badly."""
    records, trained = sum(found.sources.values()), int(found.release.trained["records"])
    if not 1 / MISFIT <= records / trained <= MISFIT:
        yield (
            f"The release was trained on {trained:,} records and these are {records:,}; its prior,"
            " term frequencies and suppressed keys may not fit. Run `mpi train --weights-from`."
        )
    if grown := found.outgrown:
        yield (
            f"{grown:,} blocking keys are shared by more than {LARGE_BLOCK:,} records; they were"
            " used all the same. The next release will suppress them."
        )
