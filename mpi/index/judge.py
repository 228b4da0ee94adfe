"""Use case: judge an index by the labels of a sample drawn from it, where no truth is known.

Precision is estimated over the pairs within persons, and links missed over the scored pairs between
persons. Pairs that blocking never brought together are in neither: no sample of pairs can tell how
many true ones there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mpi.errors import InvalidLabels
from mpi.index.pairs import KnownPairs, known_pairs
from mpi.index.shown import ShownAsTable
from mpi.store.rows import State
from mpi.store.store import open_store
from mpi.training.design import (
    Judged,
    SampledStratum,
    number_of_same,
    share_of_same,
    strata_of,
)
from mpi.training.intervals import Interval
from mpi.training.labelled import DIFFERENT, SAME, LabelledPairs
from mpi.training.labels import read_labels
from mpi.training.reliability import Reliability
from mpi.training.sampled_reliability import sampled_reliability
from mpi.training.streams import Stream

SPEAKS_FOR = 0.99
"""Share of the index's pairs below which a sample is said not to be of this index as it is now."""


@dataclass(frozen=True, slots=True)
class SampleEvaluation(ShownAsTable):
    """What a labelled sample says about an index.

    `precision` is of the pairs within persons; `if_unsure_differ` is its estimate were every
    unsure pair wrong. `missed` counts same pairs among those scored and left apart, and
    `recall_of_scored` is what that leaves of the same pairs that were scored. None where nothing
    was judged. `unsure` is the share of pairs within persons about which reviewers could not tell.
    `speaks_for` is the share of the pairs within persons for which the sample stands. `strata` are
    those `within` persons and `between` them; `silent` is the share of the pairs of either that are
    in strata of which nobody has decided a pair, and of which the figures therefore say nothing.
    """

    release: Mapping[str, str]
    labels: Mapping[str, int]
    precision: Interval | None
    if_unsure_differ: float | None
    unsure: float
    missed: Interval | None
    recall_of_scored: Interval | None
    speaks_for: float
    strata: Mapping[str, tuple[SampledStratum, ...]]
    silent: Mapping[str, float]
    calibration: Reliability

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the figures less than they seem."""
        found = []
        if not SPEAKS_FOR <= self.speaks_for <= 1 / SPEAKS_FOR:
            found.append(
                f"The sample stands for {self.speaks_for:.1%} of the pairs that are within persons"
                " now: the index has been linked anew since it was drawn, or rows are missing."
            )
        found += [
            f"The figures say nothing of {share:.1%} of the pairs {_SIDES[side]}: of their strata"
            " nobody has decided a pair."
            for side, share in self.silent.items()
            if share
        ]
        if self.labels["unjudged"]:
            found.append(f"{self.labels['unjudged']:,} pairs of the sample have no label.")
        return tuple(found)

    def rows(self) -> list[tuple[str, object]]:
        """For a table."""
        said = ", ".join(f"{count:,} {what}" for what, count in self.labels.items() if count)
        found: list[tuple[str, object]] = [("Labels", said)]
        if self.precision:
            found += [
                ("Precision of pairs within persons", _shares(self.precision)),
                ("the same if unsure pairs were wrong", self.if_unsure_differ),
                ("Unsure, of pairs within persons", self.unsure),
            ]
        if self.missed:
            found.append(("Links missed among scored pairs", _counts(self.missed)))
        if self.recall_of_scored:
            found.append(("Recall of scored pairs, blocking apart", _shares(self.recall_of_scored)))
        return [*found, *self._confidence()]

    def _confidence(self) -> list[tuple[str, object]]:
        judged = self.calibration
        if judged.ece is None:
            return []
        outside = sum(not band.inside for band in judged.bands)
        return [
            ("Confidence: log-loss", judged.log_loss),
            ("Confidence: log-loss of a constant", judged.log_loss_constant),
            ("Confidence: expected calibration error", judged.ece),
            ("Confidence: bands outside their limits", f"{outside} of {len(judged.bands)}"),
        ]

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            "release": dict(self.release),
            "labels": dict(self.labels),
            "precision": self.precision and asdict(self.precision),
            "precision_if_unsure_differ": self.if_unsure_differ,
            "unsure": self.unsure,
            "missed": self.missed and asdict(self.missed),
            "recall_of_scored": self.recall_of_scored and asdict(self.recall_of_scored),
            "speaks_for": self.speaks_for,
            "strata": {side: [s.as_dict() for s in strata] for side, strata in self.strata.items()},
            "silent": dict(self.silent),
            "calibration": self.calibration.as_dict(),
        }


_SIDES = {"within": "within persons", "between": "between persons"}


def _shares(found: Interval) -> str:
    return f"{found.estimate:.4f} ({found.low:.4f} to {found.high:.4f})"


def _counts(found: Interval) -> str:
    return f"{found.estimate:,.0f} ({found.low:,.0f} to {found.high:,.0f})"


def evaluate_labels(index_url: str, labels: Path) -> SampleEvaluation:
    """Judge an index by the labels of an evaluation sample drawn from it (`mpi sample`).

    Raises InvalidLabels, NothingToSample for an index without pairs, and what opening one raises.
    """
    file = read_labels(labels, Stream.EVALUATION)
    store = open_store(index_url)
    try:
        with store.reading() as view:
            known, state = known_pairs(view), view.state
    finally:
        store.close()
    sample = file.resolved(known.keys)
    assert isinstance(sample, LabelledPairs)
    _require_one_design(sample, labels)
    if not ((sample.said == SAME) | (sample.said == DIFFERENT)).any():
        raise InvalidLabels("Nobody has decided a pair of it yet.", file=labels, column="label")
    return _evaluation(state, known, sample)


def _require_one_design(sample: LabelledPairs, path: Path) -> None:
    """Refuse a file in which a stratum has several probabilities: it is of several samples."""
    names, at = np.unique(sample.stratum.astype(str), return_inverse=True)
    lowest = np.full(len(names), np.inf)
    np.minimum.at(lowest, at, sample.probability)
    other = sample.probability > lowest[at] * (1 + 1e-9)
    if other.any():
        raise InvalidLabels(
            "A stratum has several inclusion probabilities; give one sample at a time.",
            file=path,
            row=int(sample.row[other][0]),
        )


def _evaluation(state: State, known: KnownPairs, sample: LabelledPairs) -> SampleEvaluation:
    place = _places(known, sample)
    within = (place >= 0) & known.within[place]
    judged = Judged(sample.said, sample.probability, sample.stratum)
    inside, between = (strata_of(judged, side) for side in (within, (place >= 0) & ~within))
    precision, missed = share_of_same(inside), number_of_same(between)
    confidence = known.confidence[place[within]]
    return SampleEvaluation(
        release={
            "name": state.release.name if state.release else "",
            "identity": state.release.release_id if state.release else "",
        },
        labels=sample.counts(),
        precision=precision,
        if_unsure_differ=_if_unsure_differ(inside),
        unsure=_unsure(inside),
        missed=missed,
        recall_of_scored=_recall(number_of_same(inside), missed),
        speaks_for=sum(s.pairs for s in inside) / max(int(known.within.sum()), 1),
        strata={"within": tuple(inside), "between": tuple(between)},
        silent={"within": _silent(inside), "between": _silent(between)},
        calibration=sampled_reliability(confidence, judged.take(within)),
    )


def _places(known: KnownPairs, sample: LabelledPairs) -> NDArray[np.int64]:
    """The place of each labelled pair among the pairs of the index, which are in order; or -1."""
    code = known.left.astype(np.int64) << 32 | known.right
    wanted = sample.left.astype(np.int64) << 32 | sample.right
    at = np.minimum(np.searchsorted(code, wanted), len(code) - 1)
    return np.where(code[at] == wanted, at, -1)


def _recall(right: Interval | None, missed: Interval | None) -> Interval | None:
    """Of the same pairs scored, the share within persons; both bounds at their worst together."""
    if right is None or missed is None or not right.estimate + missed.estimate:
        return None
    return Interval(
        right.estimate / (right.estimate + missed.estimate),
        right.low / max(right.low + missed.high, 1e-9),
        right.high / max(right.high + missed.low, 1e-9),
    )


def _if_unsure_differ(strata: list[SampledStratum]) -> float | None:
    """The precision if what reviewers were unsure about were different, every time."""
    told = [s for s in strata if s.judged + s.unsure]
    if not told:
        return None
    return sum(s.pairs * s.same / (s.judged + s.unsure) for s in told) / sum(s.pairs for s in told)


def _silent(strata: list[SampledStratum]) -> float:
    """The share of the pairs of some strata that are in those without a decided pair."""
    whole = sum(s.pairs for s in strata)
    return sum(s.pairs for s in strata if not s.judged) / whole if whole else 0.0


def _unsure(strata: list[SampledStratum]) -> float:
    told = [s for s in strata if s.judged + s.unsure]
    whole = sum(s.pairs for s in told)
    return sum(s.pairs * s.unsure / (s.judged + s.unsure) for s in told) / whole if whole else 0.0
