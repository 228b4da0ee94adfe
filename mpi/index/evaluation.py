"""What comparing an index with a truth finds, as a structure: tables and JSON are made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mpi.index.shown import ShownAsTable
from mpi.model.thresholds import Thresholds
from mpi.training.blocking_loss import BlockingLoss
from mpi.training.breakdown import RelatedMerges, SourcePair
from mpi.training.curve import Point
from mpi.training.intervals import Intervals
from mpi.training.metrics import Accuracy, WrongMerge
from mpi.training.reliability import Reliability
from mpi.training.subgroups import Subgroup


@dataclass(frozen=True, slots=True)
class Evaluation(ShownAsTable):
    """End-to-end accuracy of an index: a pair lost by blocking is a miss like any other.

    `related` has `twins`, `siblings` and `namesakes` as far as they are known; `groups` and the
    groups of `blocking` are by the columns asked for. `sketch` is of the records of the index, and
    tells whether a release was trained on them (`mpi.training.sketch`).
    """

    release: Mapping[str, str]
    thresholds: Thresholds
    accuracy: Accuracy
    intervals: Intervals
    source_pairs: Sequence[SourcePair]
    groups: Mapping[str, Sequence[Subgroup]]
    related: Mapping[str, RelatedMerges]
    largest_wrong_merge: WrongMerge
    calibration: Reliability
    blocking: BlockingLoss
    curve: Sequence[Point]
    sketch: str

    def rows(self) -> list[tuple[str, object]]:
        """What matters most, for a table."""
        found: list[tuple[str, object]] = list(self.accuracy.rows())
        found += [
            (f"{name}, 95% interval", f"{low:.4f} to {high:.4f}")
            for name, _, low, high in self.intervals.rows()
        ]
        return [*found, *self._merges(), *self._confidence(), *self._lost()]

    def _merges(self) -> list[tuple[str, object]]:
        worst = self.largest_wrong_merge
        found: list[tuple[str, object]] = [
            (
                f"{_PAIRS_OF[kind]} wrongly merged",
                f"{each.merged:,} of {each.pairs:,}, {each.rate:.4f}",
            )
            for kind, each in self.related.items()
        ]
        said = f"{worst.records:,} records of {worst.people:,} people" if worst.people else "none"
        return [*found, ("Largest wrong merge", said)]

    def _confidence(self) -> list[tuple[str, object]]:
        judged = self.calibration
        if judged.log_loss is None:
            return []
        outside = [band for band in judged.bands if not band.inside]
        return [
            ("Confidence: log-loss", judged.log_loss),
            ("Confidence: log-loss of Splink's probability", judged.log_loss_raw),
            ("Confidence: log-loss of a constant", judged.log_loss_constant),
            ("Confidence: expected calibration error", judged.ece),
            ("Confidence: bands outside their limits", f"{len(outside)} of {len(judged.bands)}"),
        ]

    def _lost(self) -> list[tuple[str, object]]:
        lost = self.blocking
        return [
            ("Blocking: share of true pairs found", lost.recall),
            ("Blocking: true pairs lost", f"{lost.lost:,} of {lost.true_pairs:,}"),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for a program, and for `metrics.json`."""
        return {
            "release": dict(self.release),
            "thresholds": self.thresholds.as_dict(),
            "records": self.accuracy.records,
            "persons": self.accuracy.clusters,
            "truth_people": self.accuracy.persons,
            "accuracy": self.accuracy.as_dict(),
            "intervals": self.intervals.as_dict(),
            "source_pairs": [pair.as_dict() for pair in self.source_pairs],
            "groups": {name: [g.as_dict() for g in groups] for name, groups in self.groups.items()},
            "related": {kind: each.as_dict() for kind, each in self.related.items()},
            "largest_wrong_merge": self.largest_wrong_merge.as_dict(),
            "calibration": self.calibration.as_dict(),
            "blocking": self.blocking.as_dict(),
            "curve": [point.as_dict() for point in self.curve],
            "sketch": self.sketch,
        }


_PAIRS_OF = {"twins": "Twin pairs", "siblings": "Sibling pairs", "namesakes": "Namesake pairs"}
