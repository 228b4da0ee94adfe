"""Which persons part and which come together when the same records are linked in two ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from heapq import nsmallest

import numpy as np

from mpi.linking.evidence import Labels
from mpi.linking.matching import Overlaps


class Kind(StrEnum):
    """What happened to persons that share records."""

    SPLIT = "split"
    MERGE = "merge"
    REARRANGED = "rearranged"


@dataclass(frozen=True, slots=True)
class Example:
    """The records of persons that changed together, as they were and as they are now."""

    kind: Kind
    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Regrouping:
    """All changes of one kind.

    `count` of them concern `records` records, the largest `largest`. `parts` says how many have
    how many parts: the persons after a split, before a merge, on both sides of a rearrangement.
    `singles` are those of which the smallest part is one record. `examples` are the largest.
    """

    count: int
    records: int
    largest: int
    singles: int
    parts: Mapping[int, int]
    examples: Sequence[Example]


def regroupings(before: Labels, after: Labels, *, examples: int) -> dict[Kind, Regrouping]:
    """Compare two partitions of the same records, given as one label per record.

    One person in several is a split, several in one a merge; where several share the records of
    several others they are rearranged.
    """
    table = Overlaps.between(before, after)
    found: dict[Kind, list[Overlaps]] = {kind: [] for kind in Kind}
    for region in table.take(~table.one_to_one()).regions():
        found[_kind(region)].append(region)
    places = _Places(before), _Places(after)
    return {kind: _described(kind, regions, places, examples) for kind, regions in found.items()}


def _kind(region: Overlaps) -> Kind:
    persons, clusters = np.unique(region.person).size, np.unique(region.cluster).size
    if persons > 1 and clusters > 1:
        return Kind.REARRANGED
    return Kind.MERGE if persons > 1 else Kind.SPLIT


class _Places:
    """The records under each label, found by search in the sorted labels."""

    def __init__(self, label: Labels) -> None:
        self._order = np.argsort(label, kind="stable")
        self._sorted = label[self._order]

    def records(self, label: int) -> tuple[int, ...]:
        ends = (
            np.searchsorted(self._sorted, label, "left"),
            np.searchsorted(self._sorted, label, "right"),
        )
        return tuple(self._order[slice(*ends)].tolist())


def _described(
    kind: Kind, regions: Sequence[Overlaps], places: tuple[_Places, _Places], examples: int
) -> Regrouping:
    sizes = [int(region.count.sum()) for region in regions]
    shown = nsmallest(examples, range(len(regions)), key=lambda at: (-sizes[at], at))
    return Regrouping(
        count=len(regions),
        records=sum(sizes),
        largest=max(sizes, default=0),
        singles=sum(min(_sizes(kind, region)) == 1 for region in regions),
        parts=dict(sorted(Counter(len(_sizes(kind, region)) for region in regions).items())),
        examples=[_example(kind, regions[at], places) for at in shown],
    )


def _sizes(kind: Kind, region: Overlaps) -> list[int]:
    """The sizes of the parts of a change."""
    sides = {
        Kind.SPLIT: (region.cluster,),
        Kind.MERGE: (region.person,),
        Kind.REARRANGED: (region.person, region.cluster),
    }
    return [size for side in sides[kind] for size in _counted(side, region.count)]


def _counted(label: Labels, count: Labels) -> Iterator[int]:
    place = np.unique(label, return_inverse=True)[1]
    yield from np.bincount(place, weights=count).astype(int).tolist()


def _example(kind: Kind, region: Overlaps, places: tuple[_Places, _Places]) -> Example:
    sides = []
    for label, records in zip((region.person, region.cluster), places, strict=True):
        groups = (records.records(each) for each in np.unique(label).tolist())
        sides.append(tuple(sorted(groups, key=lambda group: (-len(group), group))))
    return Example(kind, *sides)
