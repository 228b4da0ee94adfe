"""Use case: compare the persons of an index with a known truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mpi.errors import InvalidTruth, UnusableModel
from mpi.index.evaluation import Evaluation
from mpi.index.kept import Kept, full_names
from mpi.index.progress import Progress, SilentProgress
from mpi.index.truth import SEED, places, read_truth, related_in
from mpi.linking.engines.duckdb import Limits
from mpi.linking.steps import Step
from mpi.model.blocking import RULE_BITS, RULES, rule_name
from mpi.model.parameters import load
from mpi.model.thresholds import Thresholds
from mpi.records import CONFIDENCE_PARTS
from mpi.store.rows import State
from mpi.store.store import open_store
from mpi.training.blocking_loss import BlockingLoss, blocking_loss
from mpi.training.breakdown import RelatedMerges, by_source_pair, commonest, related_merges
from mpi.training.card import rewrite_card
from mpi.training.curve import Point, curve
from mpi.training.intervals import bootstrap
from mpi.training.metrics import Overlap, accuracy, largest_wrong_merge, overlap, pairs
from mpi.training.reliability import Claims, gaps, reliability
from mpi.training.sketch import sketch
from mpi.training.subgroups import subgroups


def evaluate(
    index_url: str,
    truth: Path,
    *,
    by: Sequence[str] = (),
    card: Path | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Compare the persons of an index with a truth file.

    The truth has `source`, `source_id` and `person`, and any columns named in `by`. Records of the
    truth that the index lacks count as persons of their own, so a record that was lost is missed
    pairs; records without truth are left out. With `card`, the folder of the release that the
    index was linked with, the result goes into its `metrics.json` and its model card. Raises
    InvalidTruth, what opening an index and loading a release raise, and UnusableModel for another
    release than that of the index.
    """
    step = (progress or SilentProgress()).step
    known = read_truth(truth, by)
    with closing(open_store(index_url)) as store:
        if card:
            _require_release_of(store.state(), card)
        with step("read the index"), store.reading() as view:
            kept = Kept.of(view)
    judged = _Judged.of(kept, known)
    if not (judged.position >= 0).any():
        raise InvalidTruth("None of its records is in the index.", file=truth)
    found = judged.evaluation(by, step)
    if card:
        with step("write the model card"):
            rewrite_card(card, found.as_dict())
    return found


def _require_release_of(state: State, folder: Path) -> None:
    """Refuse a release other than that of the index, before any work is done."""
    release = load(folder)
    if state.release is None or state.release.release_id != release.identity:
        raise UnusableModel(
            "The index was linked with another release; link with this one first.", folder=folder
        )


@dataclass(frozen=True, slots=True)
class _Judged:
    """An index beside a truth.

    `known` has a row for each record of the truth; `position` is its place in the index, -1 if it
    is not there, and `row` the other way round. `table` is what both say of who is who.
    """

    kept: Kept
    known: pd.DataFrame
    position: NDArray[np.int64]
    row: NDArray[np.int64]
    table: Overlap

    @classmethod
    def of(cls, kept: Kept, known: pd.DataFrame) -> _Judged:
        position, row = places(known, kept.records)
        person = kept.records.column("person_no").take(pa.array(position, mask=position < 0))
        return cls(kept, known, position, row, overlap(person, known["person"]))

    def evaluation(self, by: Sequence[str], step: Step) -> Evaluation:
        """Everything that is reported."""
        release, claims = self.kept.state.release, self._claims()
        with step("count pairs and resample people"):
            columns = {name: self.known[name] for name in by}
            intervals = bootstrap(self.table, seed=SEED)
            gap = gaps(claims, len(self.known))
            groups = subgroups(self.table, columns, gap, seed=SEED)
        with step("look at related people"):
            related = dict(self._related())
        with step("look at blocking"):
            blocking = self._blocking(by)
        with step("cluster at other thresholds"):
            points = tuple(self._curve())
        return Evaluation(
            release={
                "name": release.name if release else "",
                "identity": release.release_id if release else "",
            },
            thresholds=self._thresholds,
            accuracy=accuracy(self.table),
            intervals=intervals,
            source_pairs=by_source_pair(self.table, self.known["source"]),
            groups=groups,
            related=related,
            largest_wrong_merge=largest_wrong_merge(self.table),
            calibration=reliability(claims),
            blocking=blocking,
            curve=points,
            sketch=sketch(self.kept.records, self.kept.blocking_keys),
        )

    @property
    def _thresholds(self) -> Thresholds:
        release = self.kept.state.release
        return Thresholds.from_dict(release.document.get("thresholds", {}) if release else {})

    def _claims(self) -> Claims:
        """The confidences that are kept of pairs of which both records are in the truth.

        That is every pair in a person of up to 64 records, and of larger ones the spanning tree.
        """
        table = self.kept.confidences
        left = self.row[self.kept.position(table, "record_l")]
        right = self.row[self.kept.position(table, "record_r")]
        use = (left >= 0) & (right >= 0)
        direct = table.column("direct").combine_chunks()
        weight = direct.fill_null(0).to_numpy()
        unknown = direct.is_null().to_numpy(zero_copy_only=False)
        weight = np.where(unknown, table.column("bottleneck").to_numpy(), weight)
        person = self.table.person
        return Claims(
            left=left[use],
            right=right[use],
            confidence=table.column("confidence").to_numpy()[use] / CONFIDENCE_PARTS,
            weight=weight[use],
            same=person[left[use]] == person[right[use]],
            person=table.column("person_no").to_numpy()[use],
        )

    def _related(self) -> Iterator[tuple[str, RelatedMerges]]:
        """Related people, as far as the truth, or the names of the records, can tell."""
        yield from related_in(self.table, self.known)
        written = self.kept.names.take(pa.array(self.position, mask=self.position < 0))
        usual = full_names(commonest(self.table.person, written))
        yield "namesakes", related_merges(self.table, usual)

    def _blocking(self, by: Sequence[str]) -> BlockingLoss:
        keys = self.kept.blocking_keys
        known = self.row >= 0
        person = np.where(known, self.table.person[self.row], -1)
        rows = pa.array(self.row, mask=~known)
        columns = {name: pa.array(self.known[name], from_pandas=True).take(rows) for name in by}
        rules = self._rules(keys.column("key").to_numpy())
        return blocking_loss(keys, person, rules=rules, columns=columns, limits=Limits())

    def _rules(self, keys: NDArray[np.int64]) -> Mapping[int, str]:
        """The names of the release's blocking rules; of older indexes, of those that have keys."""
        release = self.kept.state.release
        kept: Mapping[str, str] = release.document.get("rules", {}) if release else {}
        if kept:
            return dict(sorted((int(number), name) for number, name in kept.items()))
        in_use = np.unique(keys & RULE_BITS).tolist()
        return {n: rule_name(RULES[n]) if n < len(RULES) else f"rule {n}" for n in in_use}

    def _curve(self) -> Iterator[Point]:
        person, there = self.known["person"], self.position >= 0

        def judged(label: NDArray[Any]) -> Any:
            labels = pa.array(label[self.position], mask=~there)
            return pairs(overlap(labels, person))

        return curve(
            len(self.kept.records),
            self.kept.pairs,
            self.kept.verified_values,
            shipped=self._thresholds,
            judged=judged,
        )
