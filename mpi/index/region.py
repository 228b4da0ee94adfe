"""What an event may concern: the records around it, found by following links and decisions."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from mpi.index.arriving import Arrival
from mpi.index.compiled import Compiled
from mpi.index.disturbance import SAME, Disturbance, Edit
from mpi.index.sealed import seal_marks
from mpi.linking.compared import Held
from mpi.linking.deciding import numbered
from mpi.linking.evidence import Decisions, Pairs
from mpi.linking.region import Region, Resolved, resolve
from mpi.model.blocking import LARGE_BLOCK
from mpi.records import RecordKey
from mpi.store.near import Near
from mpi.store.near_rows import DecisionRow, LinkRow, NearRecord, Standing

log = logging.getLogger("mpi.ingest")

OUTGROWN = "it may have outgrown the release, and the next one suppress it."
Ends = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event takes place: the store as it stands, and the release it is matched with."""

    near: Near
    standing: Standing
    compiled: Compiled


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The records that an event may concern, and what is known of them.

    `numbers` are those of the records that are there afterwards, in the order of their keys; `held`
    goes with them. `records` are those there before, `links` theirs. `decided` has every decision
    not undone that touches one. `pairs` are known weights after the event, by numbers.
    """

    place: Place
    disturbance: Disturbance
    numbers: tuple[int, ...]
    keys: tuple[RecordKey, ...]
    held: tuple[Held, ...]
    records: dict[int, NearRecord]
    links: frozenset[LinkRow]
    decided: frozenset[DecisionRow]
    pairs: dict[Ends, tuple[int, bool]]

    def resolved(self) -> Resolved | None:
        """The region settled anew; None if no record is left in it."""
        if not self.numbers:
            return None
        release, weight = self.place.compiled.release, self.place.compiled.scorer.weight
        rows = [each.row for each in self.held]
        region = Region(self.held, self._pairs(), self._decisions())
        return resolve(region, release, lambda left, right: weight(rows[left], rows[right]))

    def _pairs(self) -> Pairs:
        """The known pairs by their places in the region, the smaller first."""
        at = {number: place for place, number in enumerate(self.numbers)}
        rows = [
            (min(at[a], at[b]), max(at[a], at[b]), weight, blocked)
            for (a, b), (weight, blocked) in self.pairs.items()
        ]
        table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 4)
        return Pairs(table[:, 0], table[:, 1], table[:, 2], table[:, 3].astype(np.bool_))

    def _decisions(self) -> Decisions:
        position = {key: place for place, key in enumerate(self.keys)}
        verdicts = self.disturbance.overlay.decisions(self.decided)
        sealed = seal_marks(self.place, self.disturbance, position, self.numbers)
        return numbered(verdicts, position, sealed=sealed)


def surroundings(place: Place, disturbance: Disturbance) -> Surroundings:
    """Find what an event may concern.

    Everything that was connected with the records it changes, and everything that will be. So no
    record outside is connected with one inside, before or after.
    """
    edits = {edit.number: edit for edit in disturbance.edits}
    found = _Spreading(place, disturbance, edits)
    found.compare()
    found.spread()
    return found.surroundings()


@dataclass(slots=True)
class _Spreading:
    """The records met so far; `edits` are those that change, by number."""

    place: Place
    disturbance: Disturbance
    edits: dict[int, Edit]
    met: set[int] = field(default_factory=set)
    records: dict[int, NearRecord] = field(default_factory=dict)
    links: set[LinkRow] = field(default_factory=set)
    decided: set[DecisionRow] = field(default_factory=set)
    new: dict[Ends, int] = field(default_factory=dict)

    def compare(self) -> None:
        """Weigh the records that come with all that share a key with them."""
        edits = self.edits
        low = self.place.compiled.release.thresholds.low
        weight = self.place.compiled.scorer.weight
        for number, edit in edits.items():
            if edit.new is not None:
                sharing = self.place.near.sharing(edit.new.keys)
                if len(sharing) > LARGE_BLOCK:
                    log.warning(
                        "%s: %d records share a blocking key with one", OUTGROWN, len(sharing)
                    )
                for known in edits:
                    sharing.pop(known, None)
                row = edit.new.held.row
                for other, held in self.place.compiled.held(self.place.near, sharing).items():
                    worth = weight(row, held.row)
                    if worth >= low:
                        self.new[number, other] = worth
        self._compare_with_each_other(low)

    def _sharing(self, new: Arrival) -> dict[int, Held]:
        """The records that stay as they are and share a key with one that comes."""
        sharing = self.place.near.sharing(new.keys)
        if len(sharing) > LARGE_BLOCK:
            log.warning(
                "%d records share a blocking key with a new one: %s", len(sharing), OUTGROWN
            )
        for known in self.edits:
            sharing.pop(known, None)
        return self.place.compiled.held(self.place.near, sharing)

    def _compare_with_each_other(self, low: int) -> None:
        """Weigh the records that come together."""
        for one, other in combinations(self.disturbance.edits, 2):
            if one.new and other.new and not set(one.new.keys).isdisjoint(other.new.keys):
                rows = one.new.held.row, other.new.held.row
                worth = self.place.compiled.scorer.weight(*rows)
                if worth >= low:
                    self.new[one.number, other.number] = worth

    def spread(self) -> None:
        """Follow links and decisions until nothing new is met."""
        ends = {end for pair in self.new for end in pair}
        ahead = {*self.edits, *self.disturbance.seeds, *ends}
        while ahead:
            self.met |= ahead
            stored = [number for number in ahead if number >= 0]
            links = self.place.near.links(stored)
            self.links |= links
            for record in self.place.near.records(stored):
                self.records[record.record_no] = record
            following = set(self._connected(links))
            following.update(self._decided(ahead))
            ahead = following - self.met

    def _connected(self, links: Iterable[LinkRow]) -> Iterator[int]:
        low = self.place.compiled.release.thresholds.low
        for link in links:
            if link.blocked and link.weight >= low:
                yield link.record_l
                yield link.record_r

    def _decided(self, numbers: Collection[int]) -> Iterable[int]:
        """The records that were or will be decided to be the same as some."""
        new = self.disturbance.overlay.decided
        if not (self.place.standing.has_decisions or new):
            return ()
        keys = {self._key(number) for number in numbers}
        made = self.place.near.decisions(keys) if self.place.standing.has_decisions else []
        self.decided.update(made)
        touching = [row for row in (*made, *new) if not keys.isdisjoint((row.left, row.right))]
        ends = {end for row in touching if row.verdict == SAME for end in (row.left, row.right)}
        return self._numbers(ends - keys)

    def _numbers(self, keys: set[RecordKey]) -> list[int]:
        arriving = {edit.key: edit.number for edit in self.disturbance.edits}
        held = self.place.near.numbers(keys - arriving.keys())
        return [*held.values(), *(arriving[key] for key in keys & arriving.keys())]

    def _key(self, number: int) -> RecordKey:
        edit = self.edits.get(number)
        return edit.key if edit else self.records[number].key

    def surroundings(self) -> Surroundings:
        """All that was met, as it is after the event."""
        edits = self.edits
        gone = {number for number, edit in edits.items() if edit.new is None}
        keyed = sorted((self._key(number), number) for number in self.met - gone)
        numbers = tuple(number for _, number in keyed)
        return Surroundings(
            self.place,
            self.disturbance,
            numbers,
            tuple(key for key, _ in keyed),
            self._held(numbers),
            self.records,
            frozenset(self.links),
            frozenset(self.decided),
            self._pairs(edits),
        )

    def _held(self, numbers: Collection[int]) -> tuple[Held, ...]:
        held = {number: edit.new.held for number, edit in self.edits.items() if edit.new}
        rest = {n: self.records[n].changed for n in numbers if n not in held}
        held |= self.place.compiled.held(self.place.near, rest)
        return tuple(held[number] for number in numbers)

    def _pairs(self, edits: Collection[int]) -> dict[Ends, tuple[int, bool]]:
        """What is known of pairs: between records that stay as they are, and the new weights."""
        pairs = {
            (link.record_l, link.record_r): (link.weight, bool(link.blocked))
            for link in self.links
            if link.record_l not in edits and link.record_r not in edits
        }
        return pairs | {ends: (weight, True) for ends, weight in self.new.items()}
