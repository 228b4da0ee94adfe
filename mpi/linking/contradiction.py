"""What stands against a new decision: the chain of earlier ones that says otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import chain

from mpi.linking.deciding import Verdict
from mpi.records import RecordKey

Apart = tuple[RecordKey, RecordKey]
_Near = Mapping[RecordKey, list[RecordKey]]


def contradicting(
    made: Iterable[Verdict], apart: Iterable[Apart], new: Verdict
) -> tuple[RecordKey, ...] | None:
    """The records along which earlier decisions contradict a new one, or None if none do.

    Each record of the chain was decided to be the same as the next; for a new `same`, except at one
    step, where the two were decided to be different or are kept apart by a seal. The chain leads
    from `new.left` to `new.right`; it is the shortest, of equals the first in order of keys.

    Args: made, verdicts in force, of which one about the new one's own pair is replaced by it;
    apart, pairs that a seal keeps apart. Give also those about records that are gone, for they may
    come back. Only decisions that are followed count: of those that contradict each other already,
    the dominance rule drops the later must-links.
    """
    standing = [each for each in made if each.ends != new.ends]
    apart = {_ordered(*pair) for pair in apart}
    barred = apart | {each.ends for each in standing if not each.same}
    joined = _both_ways(each.ends for each in followed(standing, apart))
    if new.same:
        return _across(joined, _both_ways(barred), new)
    return _paths(joined, new.left).get(new.right)


def followed(made: Iterable[Verdict], apart: Iterable[Apart]) -> list[Verdict]:
    """The must-links that clustering follows, by the dominance rule.

    In the order of (version, key); one that would join what a cannot-link or a seal keeps apart is
    passed over.
    """
    every = list(made)
    groups = _Groups(chain(apart, (each.ends for each in every if not each.same)))
    musts = sorted((each for each in every if each.same), key=lambda v: (v.version, v.ends))
    return [each for each in musts if groups.join(*each.ends)]


class _Groups:
    """Records joined so far, by name of their group, and which groups are kept apart."""

    def __init__(self, barred: Iterable[Apart]) -> None:
        self._into: dict[RecordKey, RecordKey] = {}
        self._apart: defaultdict[RecordKey, set[RecordKey]] = defaultdict(set)
        for one, other in barred:
            self._apart[one].add(other)
            self._apart[other].add(one)

    def join(self, one: RecordKey, other: RecordKey) -> bool:
        """Join the groups of two records, unless they are kept apart; whether they are one now."""
        a, b = self._find(one), self._find(other)
        if b in self._apart[a]:
            return False
        if a != b:
            self._into[b] = a
            for third in self._apart.pop(b, ()):
                self._apart[third].discard(b)
                self._apart[third].add(a)
                self._apart[a].add(third)
        return True

    def _find(self, record: RecordKey) -> RecordKey:
        while record in self._into:
            record = self._into[record]
        return record


def _across(joined: _Near, barred: _Near, new: Verdict) -> tuple[RecordKey, ...] | None:
    """The shortest chain of same, same, different, same: with exactly one step apart."""
    here, there = (_paths(joined, end) for end in (new.left, new.right))
    found = [
        (*here[one], *reversed(there[other]))
        for one in here
        for other in barred.get(one, ())
        if other in there
    ]
    return min(found, key=lambda path: (len(path), path), default=None)


def _paths(joined: _Near, start: RecordKey) -> dict[RecordKey, tuple[RecordKey, ...]]:
    """The shortest path from a record to every one joined with it, the first in order of keys."""
    found: dict[RecordKey, tuple[RecordKey, ...]] = {start: (start,)}
    ahead = [start]
    while ahead:
        following: dict[RecordKey, tuple[RecordKey, ...]] = {}
        for here in ahead:
            for there in joined.get(here, ()):
                if there not in found:
                    path = (*found[here], there)
                    following[there] = min(path, following.get(there, path))
        found |= following
        ahead = sorted(following)
    return found


def _both_ways(pairs: Iterable[Apart]) -> _Near:
    near: defaultdict[RecordKey, list[RecordKey]] = defaultdict(list)
    for one, other in sorted(pairs):
        near[one].append(other)
        near[other].append(one)
    return near


def _ordered(one: RecordKey, other: RecordKey) -> Apart:
    return (one, other) if one < other else (other, one)
