"""What comparing two releases finds, as a structure: tables and JSON are made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mpi.index import shown
from mpi.linking.churn import Churn
from mpi.linking.regrouping import Kind, Regrouping
from mpi.records import RecordKey
from mpi.training.breakdown import RelatedMerges
from mpi.training.intervals import Interval, Intervals
from mpi.training.metrics import Accuracy
from mpi.training.reliability import Reliability

MOST_KEYS = 5
"""Records named of each person in an example; how many more there are is said as a number."""

_FIGURES = {
    "precision": "pairwise precision",
    "recall": "pairwise recall",
    "f1": "pairwise F1",
    "bcubed_precision": "B-cubed precision",
    "bcubed_recall": "B-cubed recall",
    "bcubed_f1": "B-cubed F1",
}


@dataclass(frozen=True, slots=True)
class Quality:
    """How right one release is on the feeds, by a truth."""

    accuracy: Accuracy
    intervals: Intervals
    related: Mapping[str, RelatedMerges]
    calibration: Reliability

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "accuracy": self.accuracy.as_dict(),
            "intervals": self.intervals.as_dict(),
            "related": {kind: each.as_dict() for kind, each in self.related.items()},
            "calibration": self.calibration.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Side:
    """What one release made of the feeds."""

    name: str
    identity: str
    candidates: int
    links: int
    persons: int
    quality: Quality | None

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "quality"}
        return plain | {"quality": self.quality.as_dict() if self.quality else None}


@dataclass(frozen=True, slots=True)
class Group:
    """The records of one person in an example: how many, and the first few."""

    records: int
    keys: Sequence[RecordKey]

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {"records": self.records, "keys": [list(key) for key in self.keys]}

    def __str__(self) -> str:
        """Record keys, never personal data."""
        named = ", ".join(f"{source} {source_id}" for source, source_id in self.keys)
        more = self.records - len(self.keys)
        return f"{self.records:,}: {named}" + (f" and {more:,} more" if more else "")


@dataclass(frozen=True, slots=True)
class Changed:
    """Persons that changed together, before and after."""

    before: Sequence[Group]
    after: Sequence[Group]

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        sides = {"before": self.before, "after": self.after}
        return {name: [group.as_dict() for group in side] for name, side in sides.items()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two releases on the same feeds.

    `churn` is as if an index linked with the old release were linked again with the new one, and
    `moved` the records whose person id would change, by source system. `differences` is what each
    figure of quality gains, from one bootstrap of people over both; empty without a truth.
    `sketch` is of the records, and tells whether the new release was trained on them.
    """

    records: int
    rejects: int
    old: Side
    new: Side
    churn: Churn
    moved: Mapping[str, int]
    regroupings: Mapping[Kind, Regrouping]
    examples: Mapping[Kind, Sequence[Changed]]
    differences: Mapping[str, Interval]
    sketch: str

    def table(self) -> list[tuple[str, str, str, str]]:
        """What, with the old release, with the new one, and the difference."""
        return [*self._sizes(), *self._qualities(), *self._calibrations()]

    def changes(self) -> list[tuple[str, str]]:
        """What would change for those who use the index."""
        found = [("Records whose person id would change", f"{self.churn.records_moved:,}")]
        found += [(f"  of {source}", f"{n:,}") for source, n in self.moved.items() if n]
        found.append(("Persons with exactly the same records", f"{self.churn.unchanged:,}"))
        for kind, label in _KINDS.items():
            each = self.regroupings[kind]
            said = f"{each.count:,}"
            if each.count:
                parts = ", ".join(f"{n:,} of {size}" for size, n in each.parts.items())
                said += f" ({each.records:,} records; by parts: {parts}; largest {each.largest:,})"
            found.append((label, said))
        return found

    def _repr_html_(self) -> str:
        """For a notebook."""
        names = ("", self.old.name, self.new.name, "change")
        caption = f"{self.records:,} records, linked twice"
        return shown.table(self.table(), names, caption=caption) + shown.table(self.changes())

    def lines(self) -> Iterator[str]:
        """The examples, as text."""
        for kind, sentence in _SENTENCES.items():
            for changed in self.examples[kind]:
                yield sentence.format(len(changed.before), len(changed.after))
                sides = {"before": changed.before, "after": changed.after}
                if kind is not Kind.REARRANGED:
                    sides = {"": changed.after if kind is Kind.SPLIT else changed.before}
                for side, groups in sides.items():
                    for group in groups:
                        yield f"  {side:>6}  {group}" if side else f"  {group}"

    def as_dict(self) -> dict[str, Any]:
        """Everything, for a program and for `mpi release`."""
        return {
            "records": self.records,
            "rejects": self.rejects,
            "old": self.old.as_dict(),
            "new": self.new.as_dict(),
            "churn": asdict(self.churn),
            "moved": dict(self.moved),
            "regroupings": {kind.value: self._regrouping(kind) for kind in Kind},
            "differences": {name: asdict(each) for name, each in self.differences.items()},
            "sketch": self.sketch,
        }

    def _regrouping(self, kind: Kind) -> dict[str, Any]:
        each = self.regroupings[kind]
        return {
            "count": each.count,
            "records": each.records,
            "largest": each.largest,
            "singles": each.singles,
            "parts": {str(size): n for size, n in each.parts.items()},
            "examples": [changed.as_dict() for changed in self.examples[kind]],
        }

    def _sizes(self) -> Iterator[tuple[str, str, str, str]]:
        for name in ("persons", "links", "candidates"):
            old, new = (getattr(side, name) for side in (self.old, self.new))
            yield name.capitalize(), f"{old:,}", f"{new:,}", f"{new - old:+,}"

    def _qualities(self) -> Iterator[tuple[str, str, str, str]]:
        old, new = self.old.quality, self.new.quality
        if old is None or new is None:
            return
        for name, label in _FIGURES.items():
            gain = self.differences[name]
            said = f"{gain.estimate:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})"
            yield label, _said(old.intervals, name), _said(new.intervals, name), said
        for kind, before in old.related.items():
            after = new.related[kind]
            texts = [f"{each.merged:,} of {each.pairs:,}" for each in (before, after)]
            change = f"{after.merged - before.merged:+,}"
            yield f"{kind.capitalize()} wrongly merged", texts[0], texts[1], change

    def _calibrations(self) -> Iterator[tuple[str, str, str, str]]:
        for name, label in _CALIBRATION.items():
            old, new = (
                getattr(each.quality.calibration, name) if each.quality else None
                for each in (self.old, self.new)
            )
            if old is not None and new is not None:
                yield label, f"{old:.4f}", f"{new:.4f}", f"{new - old:+.4f}"


def _said(intervals: Intervals, name: str) -> str:
    found: Interval = getattr(intervals, name)
    return f"{found.estimate:.4f} ({found.low:.4f} to {found.high:.4f})"


_KINDS = {
    Kind.SPLIT: "Persons that split",
    Kind.MERGE: "Persons that merge",
    Kind.REARRANGED: "Persons whose records are rearranged",
}
_SENTENCES = {
    Kind.SPLIT: "One person becomes {1}:",
    Kind.MERGE: "{0} persons become one:",
    Kind.REARRANGED: "{0} persons become {1} others:",
}
_CALIBRATION = {
    "log_loss": "log-loss of the confidence",
    "log_loss_raw": "log-loss of Splink's probability",
    "log_loss_constant": "log-loss of a constant",
    "ece": "expected calibration error",
}
