"""Person ids of a region: what the reference index remembers of them, and how they are given."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from mpi.linking.persons import Assignment, Membership, Occasion, Past, Retirement, assign
from mpi.linking.persons import Retired as How
from mpi.records import RecordKey

SEED = b"seed"
Keys = frozenset[RecordKey]


@dataclass(frozen=True)
class Stay:
    """That a record was of a person from one sequence on, until another (None: still)."""

    key: RecordKey
    person: str
    since: int
    until: int | None = None


@dataclass(frozen=True)
class Retired:
    """An id out of use: its last members, why, and since when."""

    members: Keys
    how: str
    sequence: int


def at_ms(sequence: int) -> int:
    """The time of the event with a sequence."""
    return 1_700_000_000_000 + sequence


class Naming:
    """The records in play when a region's persons get their ids, by number."""

    def __init__(
        self,
        person: Mapping[RecordKey, str],
        retired: Mapping[str, Retired],
        *,
        members: list[RecordKey],
        region: Keys,
    ) -> None:
        self.person = person
        self.past = {name: each for name, each in retired.items() if each.members & region}
        gone = region.union(*(retired.members for retired in self.past.values()))
        self.universe = [*members, *sorted(gone.difference(members))]
        self.number = {key: number for number, key in enumerate(self.universe)}
        self.region = region

    def assign(self, clusters: Collection[Keys], sequence: int) -> Assignment:
        """The ids of the clusters."""
        label = np.full(len(self.universe), -1)
        for number, cluster in enumerate(clusters):
            label[[self.number[key] for key in cluster]] = number
        occasion = Occasion(SEED, sequence, at_ms(sequence))
        return assign(self._old(), label, occasion=occasion, past=Past(self._retirements()))

    def _old(self) -> Membership:
        held = {key: self.person[key] for key in self.region if key in self.person}
        ids = sorted(set(held.values()))
        person = [ids.index(held[key]) if key in held else -1 for key in self.universe]
        return Membership(tuple(ids), np.array(person, dtype=np.int64), np.full(len(ids), -1))

    def _retirements(self) -> list[Retirement]:
        return [
            Retirement(
                person,
                How(retired.how),
                frozenset(self.number[key] for key in retired.members),
                retired.sequence,
            )
            for person, retired in self.past.items()
        ]
