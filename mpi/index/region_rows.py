"""What changes in the tables of a generation when a region is settled anew: only the difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import orjson

from mpi.index.region import Surroundings
from mpi.index.region_ids import Persons
from mpi.linking.confidence import ALL_PAIRS
from mpi.linking.possible import REASONS
from mpi.linking.region import Resolved
from mpi.store.near_rows import ConfidenceRow, LinkRow, PersonRow, PossibleRow

T = TypeVar("T", bound=NamedTuple)
Number = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one table that go, and rows that come. Numbers below 0 are yet to be given."""

    table: str
    gone: tuple[Any, ...]
    new: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class After:
    """The region as it will be kept. Numbers below 0 are yet to be given.

    `members` are the places of each person's records, as in `Persons`, and `person_no` has the
    number of each; `moved` maps records that were there before to the person they go to, where
    that is another.
    """

    members: tuple[tuple[int, ...], ...]
    person_no: tuple[int, ...]
    moved: Mapping[int, int]
    differences: tuple[Difference, ...]


def after(around: Surroundings, resolved: Resolved | None, persons: Persons) -> After:
    """Compare the region as it is kept with what it is now."""
    numbers = _person_numbers(persons)
    of_record = {
        around.numbers[place]: number
        for number, places in zip(numbers, persons.members, strict=True)
        for place in places
    }
    moved = {
        number: of_record[number]
        for number, record in around.records.items()
        if number in of_record and of_record[number] != record.person_no
    }
    return After(
        persons.members, numbers, moved, _differences(around, resolved, persons, of_record)
    )


def _person_numbers(persons: Persons) -> tuple[int, ...]:
    """The numbers that persons keep, and -1, -2, … for those who get one."""
    known = {row.person_id: row.person_no for row in persons.before.values()}
    new = iter(range(-1, -len(persons.ids) - 1, -1))
    return tuple(known[each] if each in known else next(new) for each in persons.ids)


def _differences(
    around: Surroundings,
    resolved: Resolved | None,
    persons: Persons,
    of_record: Mapping[int, int],
) -> tuple[Difference, ...]:
    near = around.place.near
    stored = list(around.records)
    rows = _Rows(around, resolved, of_record) if resolved else None
    return (
        _difference("link", around.links, rows.links() if rows else ()),
        _difference("possible", near.possible(stored), rows.possible() if rows else ()),
        _difference(
            "confidence", near.confidence(persons.before), rows.confidence() if rows else ()
        ),
        _difference("person", persons.before.values(), rows.persons(persons) if rows else ()),
    )


def _difference(table: str, before: Iterable[T], now: Iterable[T]) -> Difference:
    old, new = set(before), set(now)
    return Difference(table, tuple(sorted(old - new)), tuple(sorted(new - old)))


class _Rows:
    """The rows of a region as it is now."""

    def __init__(
        self, around: Surroundings, resolved: Resolved, of_record: Mapping[int, int]
    ) -> None:
        self.numbers, self.resolved, self.of_record = around.numbers, resolved, of_record

    def _ends(self, left: int, right: int) -> tuple[int, int]:
        """The numbers of two records, the one that is or will be smaller first."""
        one, other = self.numbers[left], self.numbers[right]
        if one >= 0 and other >= 0:
            return (one, other) if one < other else (other, one)
        return (one, other) if _rank(one) < _rank(other) else (other, one)

    def links(self) -> Iterable[LinkRow]:
        pairs = self.resolved.pairs
        columns = (pairs.left, pairs.right, pairs.weight, pairs.blocked)
        for left, right, weight, blocked in zip(*(c.tolist() for c in columns), strict=True):
            yield LinkRow(*self._ends(left, right), weight, int(blocked))

    def possible(self) -> Iterable[PossibleRow]:
        found = self.resolved.possible
        columns = (found.left, found.right, found.weight, found.reason)
        for left, right, weight, reason in zip(*(c.tolist() for c in columns), strict=True):
            yield PossibleRow(*self._ends(left, right), weight, REASONS[reason])

    def confidence(self) -> Iterable[ConfidenceRow]:
        found = self.resolved.confidences
        columns = (
            *(found.left, found.right, found.direct, found.known),
            *(found.bottleneck, found.parts),
        )
        for left, right, direct, known, *rest in zip(*(c.tolist() for c in columns), strict=True):
            ends = self._ends(left, right)
            yield ConfidenceRow(self.of_record[ends[0]], *ends, direct if known else None, *rest)

    def persons(self, persons: Persons) -> Iterable[PersonRow]:
        golden = self.resolved.golden.tolist()
        for places, person_id, speaks in zip(persons.members, persons.ids, golden, strict=True):
            findings = self.resolved.findings.get(places[0], ())
            yield PersonRow(
                self.of_record[self.numbers[places[0]]],
                person_id,
                self.numbers[speaks],
                orjson.dumps(findings).decode(),
                len(places),
                int(len(places) <= ALL_PAIRS),
            )


def _rank(number: int) -> tuple[bool, int]:
    """Orders numbers, those yet to be given (-1, -2, …) after all others."""
    return (number < 0, abs(number))
