"""The bugs that `planted` plants: each a rule of resolution broken or left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import heappush
from typing import Any

import numpy as np

from mpi.linking import confidence, contradiction, linkage, sealing, settling
from mpi.linking.components import Pieces, connected
from mpi.linking.deciding import Verdict
from mpi.linking.evidence import Decisions, Pairs
from mpi.linking.persons import Past
from mpi.linking.sealing import Sealed
from mpi.linking.superseding import Supersessions
from mpi.records import Record, RecordKey
from tests.properties import reference_ids, reference_state
from tests.properties.reference_ids import Keys
from tests.properties.reference_index import ReferenceIndex
from tests.properties.reference_state import Link, State, Two
from tests.properties.small_world import Decide


@dataclass(frozen=True)
class Bug:
    """What is wrong: with the index that takes events, with its state, or with functions replaced.

    `cap` is the most records that the release clusters with all their weights; a bug that is not
    `harmful` is a check that the laws hold where nothing is wrong.
    """

    what: str
    index: type[ReferenceIndex] = ReferenceIndex
    state: type[State] = State
    replaced: tuple[tuple[Any, str, Any], ...] = ()
    cap: int = 300
    harmful: bool = True


class _DropsOldComponent(ReferenceIndex):
    def _old_region(self, starts: Keys) -> Keys:
        return starts


class _CompletedPairsConnect(ReferenceIndex):
    def _known(self, links: dict[Two, Link]) -> dict[Two, Link]:
        return {ends: link._replace(blocked=True) for ends, link in links.items()}

    def _settle(self, region: Keys) -> None:
        super()._settle(region)
        matched = {key: self.state.matched(key) for key in self.state.records}
        for (a, b), link in self.kept.links.items():
            shares = self.compiled.link(matched[a], matched[b]) is not None
            self.kept.links[a, b] = link._replace(blocked=shares)


class _KeepsCompletedPairs(ReferenceIndex):
    def _settle(self, region: Keys) -> None:
        before = {e: link for e, link in self.kept.links.items() if not link.blocked}
        super()._settle(region)
        self.kept.links = before | self.kept.links


class _KeepsStaleWeights(ReferenceIndex):
    def _forget(self, key: RecordKey) -> None:
        kept = self.kept.links.items()
        there = key in self.state.records
        self.kept.links = {
            e: link for e, link in kept if key not in e or (there and not link.blocked)
        }


class _IgnoresMustLinks(ReferenceIndex):
    def _ties(self) -> Iterator[Two]:
        yield from (ends for ends, link in self.kept.links.items() if link.blocked)
        yield from self._person_chains()


class _NumbersBackwards(ReferenceIndex):
    def _ordered(self, members: Collection[RecordKey]) -> list[RecordKey]:
        return sorted(members, reverse=True)


class _FollowsPointers(ReferenceIndex):
    def _move(self, region: Keys, now: dict[RecordKey, str]) -> None:
        super()._move(region, now)
        self.pointer = getattr(self, "pointer", {})
        for person in self.retired:
            self.pointer.setdefault(person, super().successors(person))

    def successors(self, person: str) -> dict[str, int]:
        return self.pointer[person]


class _LeavesStaysOpen(ReferenceIndex):
    def _move(self, region: Keys, now: dict[RecordKey, str]) -> None:
        super()._move(region & now.keys(), now)
        for key in region - now.keys():
            self.person.pop(key, None)


class _DoorWithoutSeals(ReferenceIndex):
    def contradiction(self, event: Decide) -> tuple[RecordKey, ...] | None:
        sides, self.state.seals = self.state.seals, {}
        try:
            return super().contradiction(event)
        finally:
            self.state.seals = sides


class _AcceptsEqualVersion(State):
    def is_newer(self, version: int, known: int) -> bool:
        return version >= known


class _TakesWhateverComes(State):
    def is_newer(self, version: int, known: int) -> bool:
        return True


class _ForgetsTombstones(State):
    def bury(self, key: RecordKey) -> None:
        super().bury(key)
        self.version.pop(key)


class _DecisionsByArrival(State):
    def verdicts(self) -> list[Verdict]:
        place = {version: number for number, version in enumerate(self.decided)}
        return [replace(each, version=place[each.version]) for each in super().verdicts()]


class _UndoneStillStands(State):
    def verdicts(self) -> list[Verdict]:
        undone, self.undone = self.undone, set()
        try:
            return super().verdicts()
        finally:
            self.undone = undone


def _must_outranks_cannot(self: Any, must: Iterable[tuple[int, int]]) -> None:
    for one, other in must:
        a, b = sorted((self.find(one), self.find(other)))
        if a != b:
            self._absorb(a, b)
        self.decided.add(a)


def _must_by_key(self: Decisions) -> Any:
    ends = np.sort(self.must, axis=1)
    return ends[np.lexsort((ends[:, 1], ends[:, 0]))]


def _raw_bonds(component: Any) -> Any:
    pairs = [(left, right, raw, raw) for left, right, _, raw in component.pairs]
    return _BONDS(replace(component, pairs=pairs))


_BONDS = linkage._bonds


def _propose(*, joins: bool = True, ties: int = 1) -> Any:
    """The rule that queues bonds, without the join rule or with ties broken the other way."""

    def propose(self: Any, a: int, near: dict[int, Any], others: Iterable[int]) -> None:
        least = self.thresholds.join if joins else -(10**9)
        for b in others:
            total, count, strongest = near[b]
            if strongest >= least and total > self.thresholds.average * count:
                low, high = sorted((a, b))
                mean = self.divide(-total, count)
                heappush(self.queue, (mean, ties * low, ties * high, near[b]))

    def merge(self: Any) -> None:
        for a, near in self.bonds.items():
            self._propose(a, near, [b for b in near if b > a])
        while self.queue:
            _, a, b, bond = linkage.heappop(self.queue)
            a, b = abs(a), abs(b)
            if self.bonds.get(a, {}).get(b) is bond and self._may_merge(a, b, bond):
                changed = self._absorb(a, b)
                self._propose(a, self.bonds[a], changed)

    return (
        (linkage._Groups, "_propose", propose),
        (linkage._Groups, "merge_best_first", merge),
    )


def _never_splits(n: int, pairs: Pairs, *, must: Any, thresholds: Any) -> Pieces:
    return Pieces(connected(n, pairs, low=thresholds.low, must=must), np.zeros(n, dtype=bool))


def _nothing_missing(*_: Any, **__: Any) -> tuple[Any, Any]:
    none = np.empty(0, dtype=np.int64)
    return none, none


def _one_step(_: Supersessions, system: str, value: str) -> str:
    return _._new[system, value]


def _as_delivered(record: Record, _: Supersessions) -> Record:
    return record


def _replaced(where: Any, name: str, wrong: Any) -> Any:
    return ((where, name, wrong),)


BUGS = (
    Bug("none", harmful=False),
    Bug("none, in components that are too large", harmful=False, cap=3),
    Bug("the old component of a changed record is left as it was", _DropsOldComponent),
    Bug("an equal version is taken", state=_AcceptsEqualVersion),
    Bug("any version is taken", state=_TakesWhateverComes),
    Bug("a delete leaves no tombstone", state=_ForgetsTombstones),
    Bug("completed pairs connect records", _CompletedPairsConnect),
    Bug("completed pairs stay when their component falls apart", _KeepsCompletedPairs),
    Bug("completed pairs of a changed record keep their weights", _KeepsStaleWeights),
    Bug("a region leaves out what must-links lead to", _IgnoresMustLinks),
    Bug("a region is numbered in another order than that of keys", _NumbersBackwards),
    Bug("decisions count in the order of arrival", state=_DecisionsByArrival),
    Bug("a decision taken back still stands", state=_UndoneStillStands),
    Bug(
        "must-links outrank cannot-links",
        replaced=_replaced(linkage._Groups, "contract", _must_outranks_cannot),
    ),
    Bug(
        "must-links are followed in the order of keys",
        replaced=_replaced(Decisions, "must_in_order", _must_by_key),
    ),
    Bug(
        "seals are not enforced",
        replaced=_replaced(settling, "enforce", lambda made, *_: Sealed(made)),
    ),
    Bug(
        "a record that matches both sides of a seal joins one",
        replaced=_replaced(sealing, "_matching_both", lambda *_: iter(())),
    ),
    Bug(
        "pairs across a seal count in means",
        replaced=_replaced(Sealed, "open", lambda _, pairs: pairs),
    ),
    Bug(
        "superseded values are followed one step only",
        replaced=_replaced(Supersessions, "_end", _one_step),
    ),
    Bug(
        "superseded values are matched on as delivered",
        replaced=_replaced(reference_state, "apply", _as_delivered),
    ),
    Bug(
        "verified values that differ do not hold a merge back",
        replaced=_replaced(linkage._Groups, "_compatible", lambda *_: True),
    ),
    Bug(
        "verified values that differ are always two persons",
        replaced=_replaced(linkage._Groups, "_compatible", lambda *_: False),
    ),
    Bug("weights are not clipped", replaced=_replaced(linkage, "_bonds", _raw_bonds)),
    Bug("a merge needs no strong pair", replaced=_propose(joins=False)),
    Bug("ties go to the largest key", replaced=_propose(ties=-1)),
    Bug(
        "means are rounded to whole bits",
        replaced=_replaced(linkage, "truediv", lambda total, count: total // (count * 1000)),
    ),
    Bug(
        "components that are too large are not split",
        replaced=_replaced(settling, "pieces", _never_splits),
        cap=3,
    ),
    Bug("no pair is completed", replaced=_replaced(settling, "missing", _nothing_missing)),
    Bug(
        "the bottleneck of two records looks at no path",
        replaced=_replaced(confidence, "bottlenecks", lambda _, pairs: pairs),
    ),
    Bug(
        "ids do not come back",
        replaced=_replaced(reference_ids, "Past", lambda *_: Past()),
    ),
    Bug("a retired id leads where it led when it was retired", _FollowsPointers),
    Bug("history does not say that a record left", _LeavesStaysOpen),
    Bug("the door does not know of seals", _DoorWithoutSeals),
    Bug(
        "the door counts decisions that are not followed",
        replaced=_replaced(
            contradiction, "followed", lambda made, _: [each for each in made if each.same]
        ),
    ),
    Bug(
        "the door sees no chains",
        replaced=_replaced(contradiction, "_paths", lambda _, start: {start: (start,)}),
    ),
)
"""All of them, and two checks that nothing is found where nothing is wrong."""
