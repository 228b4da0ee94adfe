"""The lint of a release: refuses what no population can have taught, before anybody links with it.

Expectation maximisation and sampling always end with numbers, also where there was nothing to learn
from: an m of 1e-24, a rare kind of agreement worth more than the exact name because chance put
three pairs there, an agreement that counts against a match. A complaint is an *error*, and then
training writes nothing, or a *warning*, which is kept in the release's `metrics.json`.

Comparisons whose weights are set by rule or fitted as a whole (`Learning.FIXED`) have no m and u to
judge. How often each level was seen is in the release (`trained["observed"]`, see
`mpi.training.observed`); one without that is judged on its numbers alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import combinations
from types import MappingProxyType
from typing import Any

from mpi.errors import DegenerateModel
from mpi.model.comparisons import COMPARISONS
from mpi.model.levels import Comparison, Learning, Level
from mpi.model.parameters import LevelParameters, Release
from mpi.model.thresholds import MILLI
from mpi.training.entailment import entails
from mpi.training.observed import ENOUGH_MATCHES

LEAST_M = 1e-6
"""An m below this is what is left when expectation maximisation saw nothing at a level."""

LEAST_PAIR = 0.49
"""What a u may stand for at least, as pairs among all of the feeds: estimating takes half a pair
for none, and rounds it."""

SUM_TOLERANCE = 0.02
"""How far the m, or the u, of a comparison may be from adding up to 1; levels that nothing was seen
at have a little each."""

WORTH = 1.0
"""Bits from which on a difference between two weights is worth a warning."""

OWN_WORTH = 3.0
"""Bits that a level may not claim beyond weaker ones when no match was ever seen at it."""

CONTRARY = 3.0
"""Bits that agreement may not count against a match, nor disagreement for one, nor a level beyond
one that says the same and more."""

IDLE = 0.5
"""A comparison none of whose weights is beyond this many bits says nothing."""

FEW = 10
SPARSE_M = 2e-4
"""Matches seen at a level, or where none were counted its m, below which it is too sparse for its
weight to prove anything about others."""

REASONS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("address", "other"): (
            "who moved has mostly moved out of the area, so that addresses near each other are"
            " those of neighbours more often than addresses far apart are of strangers"
        ),
        ("birth_date", "other"): (
            "a date that is wrong altogether was made up or is somebody else's, while one with a"
            " part in common is mostly that of somebody else"
        ),
    }
)
"""Why a level may weigh more than one that says the same and more, by comparison and level."""


class Severity(StrEnum):
    """What a complaint is worth: an error keeps a release from being written."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a comparison, or with one `level` of it; `check` names the rule."""

    severity: Severity
    check: str
    comparison: str
    level: str
    message: str

    @property
    def about(self) -> str:
        """The comparison, and the level if it is about one."""
        return f"{self.comparison} {self.level}".strip()

    def as_dict(self) -> dict[str, Any]:
        """For `metrics.json`; there the message says what it is about."""
        said = f"{self.about}: {self.message}"
        return asdict(self) | {"severity": self.severity.value, "message": said}


def lint(release: Release) -> list[Complaint]:
    """Every complaint about a release, in the order of its comparisons, errors first in each."""
    seen = release.trained.get("observed", {})
    found: list[Complaint] = []
    for comparison in COMPARISONS:
        if comparison.name in release.levels and comparison.learning is not Learning.FIXED:
            levels = release.levels[comparison.name]
            judged = _Judged(comparison, levels, seen.get("levels", {}).get(comparison.name))
            complaints = list(judged.complaints(seen.get("records")))
            found += sorted(complaints, key=lambda each: each.severity is Severity.WARNING)
    return found


def require_sound(release: Release) -> list[Complaint]:
    """The warnings about a release. Raises DegenerateModel where there is an error."""
    found = lint(release)
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors:
        first = errors[0]
        more = f" And {len(errors) - 1} more like it." if len(errors) > 1 else ""
        raise DegenerateModel(
            f"{first.message}{more} Train on more records, or with --weights-from.",
            comparison=first.comparison,
            level=first.level or None,
        )
    return found


_IN_SHORT: Mapping[str, str] = MappingProxyType(
    {
        "order": "These weigh more than a stronger agreement",
        "idle": "These say nothing either way",
        "unseen": "These count, though no match or no pair of different people was seen at them",
    }
)


def in_short(complaints: Iterable[Complaint]) -> Iterator[str]:
    """Warnings for a summary: one sentence for each check, with the levels it is about."""
    about: dict[str, dict[str, None]] = {}
    for each in complaints:
        if each.severity is Severity.WARNING:
            about.setdefault(each.check, {})[each.about] = None
    for check, said in _IN_SHORT.items():
        if check in about:
            yield f"{said}: {', '.join(about[check])}. `metrics.json` has the numbers."


@dataclass(frozen=True, slots=True)
class _Judged:
    """A comparison as a release has it, and the pairs seen at its levels if they were counted."""

    comparison: Comparison
    levels: Mapping[str, LevelParameters]
    seen: Mapping[str, Sequence[int]] | None

    def complaints(self, records: int | None) -> Iterator[Complaint]:
        expected = {level.code for level in self.comparison.scored}
        if self.levels.keys() != expected:
            wrong = ", ".join(sorted(expected ^ self.levels.keys()))
            yield self._error("levels", "", f"Its levels are not those of the code: {wrong}.")
            return
        degenerate = list(self._degenerate(records))
        yield from degenerate
        if not degenerate:
            yield from self._sums()
            yield from self._direction()
            yield from self._order()
            yield from self._unseen()

    def _degenerate(self, records: int | None) -> Iterator[Complaint]:
        """Shares that are none, or so small that no pair can have told them."""
        pairs = records * (records - 1) / 2 if records and self._is_learned else math.inf
        for code, level in self.levels.items():
            for name, share, least in (("m", level.m, LEAST_M), ("u", level.u, LEAST_PAIR / pairs)):
                if not (math.isfinite(share) and 0.0 < share <= 1.0 and share >= least):
                    said = f"Its {name} is {share:.3g}, which no pairs can have shown."
                    yield self._error("degenerate", code, said)

    def _sums(self) -> Iterator[Complaint]:
        for name in ("m", "u"):
            total = sum(getattr(level, name) for level in self.levels.values())
            if abs(total - 1.0) > SUM_TOLERANCE:
                yield self._error("sum", "", f"The {name} of its levels add up to {total:.4f}.")

    def _direction(self) -> Iterator[Complaint]:
        """Agreement that counts against a match, disagreement that counts for one, or nothing."""
        first, last = self.comparison.scored[0], self.comparison.scored[-1]
        if max(abs(self._bits(level)) for level in self.comparison.scored) < IDLE:
            yield self._warning("idle", "", "None of its levels says anything.")
        if self._bits(first) <= -CONTRARY and not self._is_sparse(first):
            said = f"The strongest agreement counts against a match, {self._bits(first):+.1f} bits."
            yield self._error("direction", first.code, said)
        if self._bits(last) >= CONTRARY and last.condition is None:
            said = f"Disagreement counts for a match, {self._bits(last):+.1f} bits."
            yield self._error("direction", last.code, said)

    def _order(self) -> Iterator[Complaint]:
        """Levels that weigh more than the strongest, or than one that says the same and more."""
        scored = self.comparison.scored
        for level in scored[1:]:
            if self._bits(level) > self._bits(scored[0]) and not self._reason(level):
                yield self._out_of_order(scored[0], level, Severity.ERROR)
        for strong, weak in combinations(scored, 2):
            excess = self._bits(weak) - self._bits(strong)
            known = self._reason(weak) or not entails(strong.condition, weak.condition)
            if strong is not scored[0] and excess > WORTH and not known:
                # few matches at the stronger make it weigh too little, which does no harm
                harmless = self._is_sparse(strong) or excess <= CONTRARY
                severity = Severity.WARNING if harmless else Severity.ERROR
                yield self._out_of_order(strong, weak, severity)

    def _unseen(self) -> Iterator[Complaint]:
        """Agreement that no pair was seen at, and that counts all the same."""
        if self.seen is None:
            return
        every = sum(matches for matches, _ in self.seen.values())
        for place, level in enumerate(self.comparison.scored):
            weaker = (self._bits(each) for each in self.comparison.scored[place + 1 :])
            matches, others = self.seen[level.code]
            weight = f"it weighs {self._bits(level):+.1f} bits."
            if self._bits(level) <= IDLE:
                continue
            if not matches:
                claims = self._bits(level) - max((0.0, *weaker)) > OWN_WORTH and self._is_learned
                found = self._error if claims and every >= ENOUGH_MATCHES else self._warning
                said = f"None of {every:,} matches was seen at it, and {weight}"
                yield found("unseen", level.code, said)
            elif not others and self._is_learned:
                said = f"No pair of different people was seen at it, and {weight}"
                yield self._warning("unseen", level.code, said)

    def _out_of_order(self, strong: Level, weak: Level, severity: Severity) -> Complaint:
        said = (
            f"It weighs {self._bits(weak):+.1f} bits, more than the stronger level {strong.code}"
            f" with {self._bits(strong):+.1f}."
        )
        return Complaint(severity, "order", self.comparison.name, weak.code, said)

    def _reason(self, level: Level) -> str | None:
        return REASONS.get((self.comparison.name, level.code))

    def _bits(self, level: Level) -> float:
        return self.levels[level.code].weight / MILLI

    def _is_sparse(self, level: Level) -> bool:
        """Whether hardly any match is at a level; by its m where none were counted."""
        if self.seen is None:
            return self.levels[level.code].m < SPARSE_M
        return self.seen[level.code][0] < FEW

    @property
    def _is_learned(self) -> bool:
        return self.comparison.learning is Learning.LEARNED

    def _error(self, check: str, level: str, said: str) -> Complaint:
        return Complaint(Severity.ERROR, check, self.comparison.name, level, said)

    def _warning(self, check: str, level: str, said: str) -> Complaint:
        return Complaint(Severity.WARNING, check, self.comparison.name, level, said)
