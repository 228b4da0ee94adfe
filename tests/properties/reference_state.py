"""What an index must hold, computed from its state alone: records, rulings and release.

An `Answer` speaks of records by key, so that any implementation can be compared with it: build one
of what it holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from mpi.attributes import Row, standardise
from mpi.identifiers import attribute_name
from mpi.linking.compared import Held, Layout
from mpi.linking.deciding import Decided, Verdict, in_force, numbered
from mpi.linking.evidence import Decisions, Pairs
from mpi.linking.possible import REASONS
from mpi.linking.region import Region, Resolved, resolve
from mpi.linking.sealing import SealSide, marks
from mpi.linking.superseding import Supersessions, apply
from mpi.model.blocking import RULE_BITS, blocking_keys
from mpi.model.parameters import Release
from mpi.model.scoring import Scorer
from mpi.records import Record, RecordKey
from tests.properties.small_world import Decide, Delete, Event, Put, Seal, Supersede, Undo

Two = tuple[RecordKey, RecordKey]
"""Two records, the smaller key first."""


class Link(NamedTuple):
    """What an index holds about two records it compared; weight in milli-bits."""

    weight: int
    blocked: bool


class Sure(NamedTuple):
    """A kept confidence: the weight of the pair if it was scored, its bottleneck, and the parts."""

    direct: int | None
    bottleneck: int
    parts: int


@dataclass
class Answer:
    """All that is a function of the state: what an index must hold, by record key.

    `persons` gives each person's members, its golden record and its findings; `possible` the
    strongest pair between two persons, with its weight and the reason why they are two.
    """

    links: dict[Two, Link] = field(default_factory=dict)
    persons: dict[frozenset[RecordKey], tuple[RecordKey, tuple[str, ...]]] = field(
        default_factory=dict
    )
    confidence: dict[Two, Sure] = field(default_factory=dict)
    possible: dict[Two, tuple[int, str]] = field(default_factory=dict)


@lru_cache(maxsize=1 << 14)
def _attributes(record: Record) -> Row:
    return standardise(record)


class Compiled:
    """A release as an index uses it; what it makes of a record is remembered."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.layout = Layout(release)
        self.weight = Scorer(release).weight
        self.held = lru_cache(maxsize=1 << 14)(self._held)
        self.keys = lru_cache(maxsize=1 << 14)(self._keys)

    def _held(self, record: Record) -> Held:
        return self.layout.decode(self.layout.encode(_attributes(record)))

    def _keys(self, record: Record) -> frozenset[int]:
        every = blocking_keys(_attributes(record), frozenset(self.release.suppressed.tolist()))
        return frozenset(key for key in every if key & RULE_BITS in self.release.rules)

    def link(self, one: Record, other: Record) -> Link | None:
        """The link of two records that share a key, if it is strong enough."""
        if not self.keys(one) & self.keys(other):
            return None
        weight = self.weight(self.held(one).row, self.held(other).row)
        return Link(weight, True) if weight >= self.release.thresholds.low else None


@dataclass
class State:
    """The records, last version first served, and everything that was ever ruled about them."""

    records: dict[RecordKey, Record] = field(default_factory=dict)
    version: dict[RecordKey, int] = field(default_factory=dict)
    decided: dict[int, Decide] = field(default_factory=dict)
    seals: dict[int, Seal] = field(default_factory=dict)
    replaced: dict[int, Supersede] = field(default_factory=dict)
    undone: set[int] = field(default_factory=set)

    def take(self, event: Event) -> bool:
        """Let an event change the state; whether it did."""
        if isinstance(event, Put | Delete):
            return self._take_version(event)
        if isinstance(event, Undo):
            known = event.target in self.undone
            self.undone.add(event.target)
            return not known
        kept: dict[type, dict] = {Decide: self.decided, Seal: self.seals, Supersede: self.replaced}
        known = event.version in kept[type(event)]
        kept[type(event)][event.version] = event
        return not known

    def _take_version(self, event: Put | Delete) -> bool:
        key = event.record.key if isinstance(event, Put) else event.key
        known, held = self.version.get(key, 0), key in self.records
        takes_it_away = isinstance(event, Delete) and held and event.version == known
        if not takes_it_away and not self.is_newer(event.version, known):
            return False
        self.version[key] = event.version
        if isinstance(event, Put):
            self.records[key] = event.record
        else:
            self.bury(key)
        return True

    def is_newer(self, version: int, known: int) -> bool:
        """Whether a version of a record is taken over the one known."""
        return version > known

    def bury(self, key: RecordKey) -> None:
        """Let a record go; its version stays."""
        self.records.pop(key, None)

    def verdicts(self) -> list[Verdict]:
        """The decisions in force."""
        return in_force(
            Decided(d.left, d.right, d.verdict, d.version, undone=d.version in self.undone)
            for d in self.decided.values()
        )

    def supersessions(self) -> Supersessions:
        """Those in force; the last about a value counts."""
        standing = sorted(self.replaced.keys() - self.undone)
        events = (self.replaced[version] for version in standing)
        return Supersessions({(e.system, e.old): e.new for e in events})

    def sides(self) -> list[SealSide]:
        """What the seals in force name; a seal's number is its version."""
        standing = sorted(self.seals.keys() - self.undone)
        return [
            side._replace(seal=version)
            for version in standing
            for side in self.seals[version].sides
        ]

    def matched(self, key: RecordKey) -> Record:
        """A record as it is matched."""
        return apply(self.records[key], self.supersessions())

    def holders(self, system: str, value: str, among: Iterable[RecordKey]) -> set[RecordKey]:
        """Those records that hold an identifier, as they are matched."""
        name = attribute_name(system)
        return {k for k in among if value in (_attributes(self.matched(k))[name] or ())}

    def decisions(self, members: list[RecordKey]) -> Decisions:
        """Everything ruled about some records, which are numbered as they stand."""
        position = {key: number for number, key in enumerate(members)}

        def holders(system: str, value: str) -> list[int]:
            return [position[key] for key in self.holders(system, value, members)]

        sealed = marks(self.sides(), position, holders, self.supersessions())
        return numbered(self.verdicts(), position, sealed=sealed)

    def answer(self, compiled: Compiled) -> Answer:
        """What an index must hold in this state."""
        return self.settled(compiled, sorted(self.records), self.links(compiled))

    def links(self, compiled: Compiled) -> dict[Two, Link]:
        """Every blocked link of two records."""
        found = {}
        matched = {key: self.matched(key) for key in sorted(self.records)}
        for one, other in combinations(matched, 2):
            link = compiled.link(matched[one], matched[other])
            if link is not None:
                found[one, other] = link
        return found

    def settled(
        self, compiled: Compiled, members: list[RecordKey], links: Mapping[Two, Link]
    ) -> Answer:
        """What an index must hold about some records in order, given the links known."""
        held = [compiled.held(self.matched(key)) for key in members]
        region = Region(held, pairs_of(members, links), self.decisions(members))

        def weigh(left: int, right: int) -> int:
            return compiled.weight(held[left].row, held[right].row)

        return _answer(members, resolve(region, compiled.release, weigh))


def pairs_of(members: list[RecordKey], links: Mapping[Two, Link]) -> Pairs:
    """Links as clustering reads them, of records numbered as they stand."""
    position = {key: number for number, key in enumerate(members)}
    rows = [(position[a], position[b], *link) for (a, b), link in links.items()]
    left, right, weight, blocked = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Pairs(left, right, weight, blocked == 1)


def _answer(members: list[RecordKey], found: Resolved) -> Answer:
    groups = defaultdict(list)
    for key, label in zip(members, found.label.tolist(), strict=True):
        groups[label].append(key)
    golden = dict(zip(sorted(groups), found.golden.tolist(), strict=True))
    pairs, sure, possible = found.pairs, found.confidences, found.possible

    def rows(*columns: np.ndarray) -> list[tuple]:
        both = zip(*(column.tolist() for column in columns), strict=True)
        return [((members[min(a, b)], members[max(a, b)]), *rest) for a, b, *rest in both]

    return Answer(
        {
            ends: Link(w, b)
            for ends, w, b in rows(pairs.left, pairs.right, pairs.weight, pairs.blocked)
        },
        {
            frozenset(keys): (members[golden[label]], found.findings.get(label, ()))
            for label, keys in groups.items()
        },
        {
            ends: Sure(direct if known else None, bottleneck, parts)
            for ends, direct, known, bottleneck, parts in rows(
                sure.left, sure.right, sure.direct, sure.known, sure.bottleneck, sure.parts
            )
        },
        {
            ends: (weight, REASONS[reason])
            for ends, weight, reason in rows(
                possible.left, possible.right, possible.weight, possible.reason
            )
        },
    )
