"""Who is who after an event: the persons of a region, and the ids that they keep, lose or get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mpi.index.region import Surroundings
from mpi.linking.evidence import Labels
from mpi.linking.persons import (
    Assignment,
    Membership,
    Occasion,
    Origin,
    Past,
    Retired,
    Retirement,
    assign,
)
from mpi.records import RecordKey
from mpi.store.near_rows import PersonRow, RetiredRow

NOT_YET = "~"
"""Begins what stands for an id that is minted once the event has its sequence."""


class _Later(Occasion):
    """Stands in for an occasion whose sequence is not known yet."""

    def mint(self, ordinal: int) -> str:
        return f"{NOT_YET}{ordinal}"


@dataclass(frozen=True, slots=True)
class Gone:
    """A person id that is no longer in use, and why."""

    person: PersonRow
    how: str
    members: tuple[RecordKey, ...]
    successors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Persons:
    """The persons of a region.

    `before` are those that had a record in it, by number. Of those there afterwards, in the order
    of their smallest records: `members`, by place in the region; `ids`, some of which stand for
    ones not minted yet (see `NOT_YET`); `origin`. `gone` are those that are no more.
    """

    before: Mapping[int, PersonRow]
    members: tuple[tuple[int, ...], ...]
    ids: tuple[str, ...]
    origin: tuple[Origin, ...]
    gone: tuple[Gone, ...]

    @property
    def minted(self) -> int:
        """How many ids are to be minted."""
        return sum(origin is Origin.MINTED for origin in self.origin)


def name_persons(around: Surroundings, label: Labels | None) -> Persons:
    """Give the clusters of a region their ids; `label` is the cluster of each of its records."""
    met = {record.person_no for record in around.records.values()}
    before = {row.person_no: row for row in around.place.near.persons(met)}
    members = _members(label)
    kept = _kept(around, before, members)
    if kept is not None:
        return Persons(before, members, tuple(kept), (Origin.KEPT,) * len(kept), ())
    made = _Naming(around, before, members).assignment()
    ids = made.membership.ids
    origin = tuple(Origin(each) for each in made.origin.tolist())
    return Persons(before, members, ids, origin, _gone(around, before, made))


def _members(label: Labels | None) -> tuple[tuple[int, ...], ...]:
    """The places of the records of each cluster, in the order of the smallest."""
    clusters: defaultdict[int, list[int]] = defaultdict(list)
    for place, name in enumerate([] if label is None else label.tolist()):
        clusters[name].append(place)
    return tuple(tuple(clusters[name]) for name in sorted(clusters))


def _person_of(around: Surroundings, place: int) -> int:
    """The number of the person that a record of the region had before; -1 for none."""
    record = around.records.get(around.numbers[place])
    return record.person_no if record else -1


def _kept(
    around: Surroundings,
    before: Mapping[int, PersonRow],
    members: tuple[tuple[int, ...], ...],
) -> list[str] | None:
    """The ids, where each person before has become one now; None where it is not so simple."""
    numbers: list[int] = []
    for places in members:
        of_one = {_person_of(around, place) for place in places} - {-1}
        if len(of_one) != 1:
            return None
        numbers += of_one
    if len(numbers) != len(before) or len(set(numbers)) != len(before):
        return None
    return [before[number].person_id for number in numbers]


def _gone(
    around: Surroundings, before: Mapping[int, PersonRow], made: Assignment
) -> tuple[Gone, ...]:
    person = {row.person_id: row for row in before.values()}
    keys: defaultdict[int, list[RecordKey]] = defaultdict(list)
    for record in around.records.values():
        keys[record.person_no].append(record.key)
    return tuple(
        Gone(
            row := person[each.person_id],
            each.reason.value,
            tuple(sorted(keys[row.person_no])),
            each.successors,
        )
        for each in made.retired
    )


class _Naming:
    """Persons and records as `linking.persons` numbers them."""

    def __init__(
        self,
        around: Surroundings,
        before: Mapping[int, PersonRow],
        members: tuple[tuple[int, ...], ...],
    ) -> None:
        self.around, self.members = around, members
        self.retired = self._retired()
        there = {*around.keys, *(record.key for record in around.records.values())}
        every = there.union(*(keys for _, keys in self.retired.values()))
        self.at = {key: number for number, key in enumerate(sorted(every))}
        self.persons = sorted(before.values(), key=lambda row: row.person_id)

    def _retired(self) -> dict[str, tuple[RetiredRow, set[RecordKey]]]:
        """The ids not in use that could return: all their last members are in the region."""
        here = set(self.around.keys)
        found: dict[str, tuple[RetiredRow, set[RecordKey]]] = {}
        for row in self.around.place.near.retired(here):
            found.setdefault(row.person_id, (row, set()))[1].add(row.key)
        return {person_id: (row, keys) for person_id, (row, keys) in found.items() if keys <= here}

    def assignment(self) -> Assignment:
        """The ids, those to be minted not yet said."""
        past = Past(self._retirements(), self.around.disturbance.survivors)
        return assign(self._old(), self._label(), occasion=_Later(b"", 0, 0), past=past)

    def _old(self) -> Membership:
        number = {row.person_no: place for place, row in enumerate(self.persons)}
        person = np.full(len(self.at), -1, dtype=np.int64)
        for record in self.around.records.values():
            person[self.at[record.key]] = number[record.person_no]
        ids = tuple(row.person_id for row in self.persons)
        return Membership(ids, person, np.full(len(ids), -1, dtype=np.int64))

    def _label(self) -> Labels:
        label = np.full(len(self.at), -1, dtype=np.int64)
        for number, places in enumerate(self.members):
            for place in places:
                label[self.at[self.around.keys[place]]] = number
        return label

    def _retirements(self) -> list[Retirement]:
        return [
            Retirement(
                person_id,
                Retired(row.how),
                frozenset(self.at[key] for key in keys),
                row.retired_sequence,
            )
            for person_id, (row, keys) in sorted(self.retired.items())
        ]
