"""Clusters to persons: ids that stay while records come, go, merge and part.

Records are numbered in any fixed order over everything in play: those active now and those that
were members before. All functions serve a whole index and one region alike. Ids depend on history
by design; replaying the same log gives the same ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from hashlib import blake2b
from typing import TypeVar

import numpy as np

from mpi.linking.evidence import Flags, Integers, Labels
from mpi.linking.matching import Claims, Overlaps, match

_Key = TypeVar("_Key", bound=Hashable)


class Retired(StrEnum):
    """How a person id went out of use."""

    MERGED = "merged"
    SPLIT = "split"
    DELETED = "deleted"


class Origin(IntEnum):
    """Where the id of a current person comes from."""

    KEPT = 0
    MINTED = 1
    REVIVED = 2


@dataclass(frozen=True, slots=True)
class Retirement:
    """A retired person id: its last members, and the persons they went to at that time.

    `sequence` is the log entry that retired it; `founder` the record it was minted for. The id is
    resolved through `members`, never through `successors`, which are for history only.
    """

    person_id: str
    reason: Retired
    members: frozenset[int]
    sequence: int
    successors: tuple[str, ...] = ()
    founder: int = -1


@dataclass(frozen=True, slots=True)
class Membership:
    """Which person each record belongs to.

    `person` is, per record, an index into `ids`, or -1; `founder` is, per person, the record it
    was minted for, or -1 where that is gone.
    """

    ids: tuple[str, ...]
    person: Labels
    founder: Labels

    @classmethod
    def nobody(cls, n: int) -> Membership:
        """No persons yet, over n records."""
        return cls((), np.full(n, -1), np.empty(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Occasion:
    """The log entry on which ids are assigned: all that minting depends on, besides the seed."""

    seed: bytes
    sequence: int
    at_ms: int

    def mint(self, ordinal: int) -> str:
        """The new id with this number among those of the entry."""
        return mint(self.seed, self.sequence, ordinal=ordinal, at_ms=self.at_ms)


@dataclass(frozen=True, slots=True)
class Past:
    """Ids that may be used again: currently retired ones, and those a decision names as survivors.

    A survivor named by a manual merge is kept before all others.
    """

    retired: Collection[Retirement] = ()
    survivors: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Assignment:
    """The ids of all persons now, in the order of their smallest records.

    `origin` says per person whether its id was kept, minted or revived.
    """

    membership: Membership
    origin: Labels
    retired: tuple[Retirement, ...] = field(default=())

    def ids_of(self, origin: Origin) -> list[str]:
        """The ids that were kept, minted or revived."""
        return [self.membership.ids[i] for i in np.flatnonzero(self.origin == origin).tolist()]


def mint(seed: bytes, sequence: int, *, ordinal: int, at_ms: int) -> str:
    """A new person id, shaped like a UUIDv7: the time of the log entry, then keyed random bits.

    `seed` is the index's own secret, at most 64 bytes. The same arguments give the same id, so
    that replaying a log gives the same ids; nothing in it comes from personal data.

    >>> mint(b"seed", 1, ordinal=0, at_ms=1_700_000_000_000)
    '018bcfe5-6800-7542-a7b4-0f1328e2d95e'
    """
    message = sequence.to_bytes(8, "big") + ordinal.to_bytes(8, "big")
    bits = int.from_bytes(blake2b(message, digest_size=10, key=seed).digest(), "big")
    high = (at_ms & 0xFFFFFFFFFFFF) << 16 | 0x7000 | (bits >> 62) & 0xFFF
    low = 1 << 63 | bits & 0x3FFFFFFFFFFFFFFF
    text = f"{high << 64 | low:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def resolve(last_members: Iterable[_Key], current: Mapping[_Key, str]) -> dict[str, int]:
    """Where a retired id leads: the active persons of its last members, with how many each has.

    None means deleted, one is a redirect, several a choice. Most records first.
    """
    count: dict[str, int] = defaultdict(int)
    for record in last_members:
        if record in current:
            count[current[record]] += 1
    return dict(sorted(count.items(), key=lambda item: (-item[1], item[0])))


def assign(
    old: Membership, label: Integers, *, occasion: Occasion, past: Past | None = None
) -> Assignment:
    """Give every cluster an id, keeping ids with their records.

    `label` is, per record, any number of its cluster, or -1 for a record that is no longer active.
    Unchanged clusters keep their id; where a region of overlapping persons and clusters now has
    several clusters, an id once merged away or split up returns to exactly its last members,
    unless that costs an active id its place; the rest keep ids by overlap, then age, then founder;
    what is left is revived after deletion, or minted.
    """
    return _Assigning(old, label, occasion, past or Past()).assignment()


class _Assigning:
    """One assignment while it is being made; persons and clusters are numbers here."""

    def __init__(self, old: Membership, label: Integers, occasion: Occasion, past: Past) -> None:
        self.old, self.occasion, self.past = old, occasion, past
        self.cluster, self.first = _renumber(label)
        self.overlaps = Overlaps.between(old.person, self.cluster)
        # Per cluster the old person whose id it keeps, or -1.
        self.kept: Labels = np.full(self.first.size, -1)
        self.revived: dict[int, Retirement] = {}
        self.parted = self._exact_revivals({Retired.MERGED, Retired.SPLIT})

    def assignment(self) -> Assignment:
        """Apply the rules in order, then write down the ids."""
        simple = self.overlaps.one_to_one()
        self.kept[self.overlaps.cluster[simple]] = self.overlaps.person[simple]
        for region in self.overlaps.take(~simple).regions():
            self._settle(region)
        self._undelete()
        ids, origin, founder = self._named()
        return Assignment(
            Membership(ids, self.cluster, founder), origin, tuple(self._retirements(ids))
        )

    def _settle(self, region: Overlaps) -> None:
        """Revive what had been merged away or split up, and match the rest.

        An id retired long ago may fit a cluster that an active id is about to keep. So of the ids
        that could return, latest first, one does only if as many active ids stay as without it.
        """
        clusters = np.unique(region.cluster).tolist()
        kept = self._match(region)
        for retired, cluster in self._returning(clusters):
            rest = region.take(region.cluster != cluster)
            still = self._match(rest)
            if len(still) == len(kept):
                region, kept = rest, still
                self.revived[cluster] = retired
        for person, cluster in kept:
            self.kept[cluster] = person

    def _returning(self, clusters: list[int]) -> list[tuple[Retirement, int]]:
        """Ids merged away or split up whose last members are one of the clusters, latest first."""
        found = [(self.parted[cluster], cluster) for cluster in clusters if cluster in self.parted]
        return sorted(found, key=lambda pair: (-pair[0].sequence, pair[0].person_id))

    def _match(self, region: Overlaps) -> list[tuple[int, int]]:
        """Which persons keep their id in which cluster."""
        ids, founder = self.old.ids, self.old.founder
        persons = sorted(np.unique(region.person).tolist(), key=ids.__getitem__)
        claims = Claims(
            persons,
            [self.cluster[founder[p]] if founder[p] >= 0 else -1 for p in persons],
            [ids[p] in self.past.survivors for p in persons],
        )
        return match(region, claims) if persons else []

    def _exact_revivals(self, reasons: set[Retired]) -> dict[int, Retirement]:
        """Ids so retired whose last members are exactly one of the clusters: the latest of each."""
        active = set(self.old.ids) if self.past.retired else set()
        size = np.bincount(self.cluster[self.cluster >= 0], minlength=self.first.size)
        found: dict[int, Retirement] = {}
        candidates = [r for r in self.past.retired if r.reason in reasons]
        for retired in sorted(candidates, key=lambda r: (-r.sequence, r.person_id)):
            clusters = {int(self.cluster[record]) for record in retired.members}
            cluster = clusters.pop() if len(clusters) == 1 else -1
            whole = cluster >= 0 and size[cluster] == len(retired.members)
            if whole and retired.person_id not in active:
                found.setdefault(cluster, retired)
        return found

    def _undelete(self) -> None:
        """Revive deleted ids for exactly their last members, where no id was kept or revived."""
        for cluster, retired in self._exact_revivals({Retired.DELETED}).items():
            if self.kept[cluster] < 0:
                self.revived.setdefault(cluster, retired)

    def _named(self) -> tuple[tuple[str, ...], Labels, Labels]:
        """Id, origin and founder of every cluster."""
        origin = np.where(self.kept >= 0, Origin.KEPT, Origin.MINTED)
        founder = self.first.copy()
        stay = self.kept >= 0
        founder[stay] = self.old.founder[self.kept[stay]]
        ids = [self.old.ids[person] if person >= 0 else "" for person in self.kept.tolist()]
        for cluster, retired in self.revived.items():
            ids[cluster] = retired.person_id
            origin[cluster], founder[cluster] = Origin.REVIVED, retired.founder
        for ordinal, cluster in enumerate(np.flatnonzero(origin == Origin.MINTED).tolist()):
            ids[cluster] = self.occasion.mint(ordinal)
        return tuple(ids), origin, founder

    def _retirements(self, ids: tuple[str, ...]) -> Iterator[Retirement]:
        """The old persons that no cluster kept, in the order of `old.ids`."""
        gone = np.ones(len(self.old.ids), dtype=np.bool_)
        gone[self.kept[self.kept >= 0]] = False
        gone[np.bincount(self.old.person[self.old.person >= 0], minlength=gone.size) == 0] = False
        members = _gather(self.old.person, gone)
        successors = self.overlaps.by_person(gone)
        for person in np.flatnonzero(gone).tolist():
            to = tuple(ids[cluster] for cluster in successors.get(person, ()))
            reason = (Retired.DELETED, Retired.MERGED, Retired.SPLIT)[min(len(to), 2)]
            yield Retirement(
                self.old.ids[person],
                reason,
                frozenset(members[person]),
                self.occasion.sequence,
                to,
                int(self.old.founder[person]),
            )


def _renumber(label: Integers) -> tuple[Labels, Labels]:
    """Clusters numbered from 0 by their smallest record, -1 kept; and that record of each."""
    active = np.flatnonzero(label >= 0)
    _, first, inverse = np.unique(label[active], return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(order.size, dtype=np.int64)
    number[order] = np.arange(order.size)
    cluster = np.full(label.size, -1)
    cluster[active] = number[inverse]
    return cluster, active[first[order]]


def _gather(person: Labels, wanted: Flags) -> dict[int, list[int]]:
    """The records of each wanted person."""
    found: dict[int, list[int]] = defaultdict(list)
    held = np.flatnonzero(person >= 0)
    held = held[wanted[person[held]]]
    for record, owner in zip(held.tolist(), person[held].tolist(), strict=True):
        found[owner].append(record)
    return found
