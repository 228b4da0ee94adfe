"""Use case: why are two records of the index taken for one person, or for two?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mpi.access.restricted import without_location
from mpi.attributes import Row, standardise
from mpi.errors import RecordNotFound, UsageError
from mpi.index import shown
from mpi.index.compiled import Compiled
from mpi.linking.intake import record_of
from mpi.model.blocking import RULE_BITS, RULES, rule_name
from mpi.model.comparisons import COMPARISONS
from mpi.model.levels import Level
from mpi.model.thresholds import MILLI
from mpi.records import RESTRICTED, RecordKey
from mpi.store.rows import StoredRecord
from mpi.store.view import View

_LEVELS = {comparison.name: comparison.levels for comparison in COMPARISONS}


@dataclass(frozen=True, slots=True)
class Compared:
    """One aspect of two records: the level that holds, and its weight in milli-bits."""

    comparison: str
    level: Level
    weight: int

    @property
    def sentence(self) -> str:
        """What was found and what it is worth, for a person to read.

        >>> Compared("sex", Level("same", "same sex"), 950).sentence
        'Same sex: 0.95 bits for one person.'
        """
        said = self.level.sentence[:1].upper() + self.level.sentence[1:]
        if self.weight == 0:
            return f"{said}: says nothing."
        which = "for one person" if self.weight > 0 else "against it"
        return f"{said}: {abs(self.weight) / MILLI:.2f} bits {which}."

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; described by `mpi.api.explain_schemas.Compared`."""
        return {
            "comparison": self.comparison,
            "level": self.level.code,
            "match_weight": self.weight / MILLI,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """Two records compared: `weight` is `prior` and all comparisons together, in milli-bits.

    `persons` are those of the left and of the right record. `rules` are the blocking rules under
    which they share a key; without any, linking compares them only if others connect them.
    """

    release: str
    left: RecordKey
    right: RecordKey
    persons: tuple[str, str]
    weight: int
    prior: int
    rules: tuple[str, ...]
    comparisons: tuple[Compared, ...]

    @property
    def sentences(self) -> list[str]:
        """The whole account in words, what weighs most first; what says nothing is left out."""
        said = [each for each in self.comparisons if each.weight]
        ordered = sorted(said, key=lambda each: -abs(each.weight))
        prior = self.prior / MILLI
        return [
            f"Two records drawn at random: {prior:+.2f} bits.",
            *(each.sentence for each in ordered),
            f"Together: {self.weight / MILLI:+.2f} bits.",
        ]

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON; described by `mpi.api.explain_schemas.Explanation`."""
        left, right = self.persons
        return {
            "release": self.release,
            "left": {**self.left._asdict(), "person_id": left},
            "right": {**self.right._asdict(), "person_id": right},
            "one_person": left == right,
            "match_weight": self.weight / MILLI,
            "prior": self.prior / MILLI,
            "shared_rules": list(self.rules),
            "comparisons": [each.as_dict() for each in self.comparisons],
            "sentences": self.sentences,
        }

    def _repr_html_(self) -> str:
        """For a notebook."""
        return shown.explained(self.as_dict())


def key_of(text: str) -> RecordKey:
    """A record key as text: source, bar, key; a slash will do, for shells. Raises UsageError.

    >>> key_of("nomis|A1234BC") == key_of("nomis/A1234BC")
    True
    """
    source, _, source_id = re.sub("[|/]", "|", text, count=1).partition("|")
    if not (source and source_id) or "\x00" in text:
        raise UsageError("A record is named by its source, a bar and its key: source|id.")
    return RecordKey(source, source_id)


def explain(
    view: View, compiled: Compiled, left: RecordKey, right: RecordKey, *, withhold: bool = False
) -> Explanation:
    """Every comparison of two records of an index. Raises RecordNotFound, UsageError.

    Args: withhold, whether the two are compared without location if either is of somebody
    restricted, so that nobody tries addresses on them.
    """
    if left == right:
        raise UsageError("Give two different records.")
    one, other = _stored(view, left), _stored(view, right)
    records = [record_of(each.payload) for each in (one, other)]
    if withhold and any(_is_restricted(view, each) for each in (one, other)):
        records = [without_location(each) for each in records]
    rows = [standardise(each) for each in records]
    levels = compiled.scorer.levels(*(compiled.compared(row) for row in rows))
    return Explanation(
        release=compiled.release.name,
        left=left,
        right=right,
        persons=(one.person_id, other.person_id),
        weight=compiled.release.prior + sum(weight for _, weight in levels.values()),
        prior=compiled.release.prior,
        rules=_shared_rules(compiled, *rows),
        comparisons=tuple(
            Compared(name, _LEVELS[name][number], weight)
            for name, (number, weight) in levels.items()
        ),
    )


def _stored(view: View, key: RecordKey) -> StoredRecord:
    person = view.person_with(key)
    if person is None:
        raise RecordNotFound(source=key.source)
    return next(view.records(person.anchors))


def _is_restricted(view: View, stored: StoredRecord) -> bool:
    person = view.person_of(stored.person_id)
    return person is not None and RESTRICTED in person.findings


def _shared_rules(compiled: Compiled, one: Row, other: Row) -> tuple[str, ...]:
    shared = set(compiled.keys(one)) & set(compiled.keys(other))
    return tuple(rule_name(RULES[number]) for number in sorted({key & RULE_BITS for key in shared}))
