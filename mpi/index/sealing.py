"""Use case: a seal, which nothing crosses. Adoption, gender recognition, protection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mpi.errors import RecordErased, UsageError
from mpi.index.changes import Cause
from mpi.index.decide import Seal, Sealed
from mpi.index.disturbance import LAST, Disturbance, Overlay
from mpi.index.judging import Judging
from mpi.index.region import Place
from mpi.index.sealed import Following
from mpi.index.superseding import canonical
from mpi.linking.sealing import IDENTIFIER, RECORD
from mpi.records import Identifier, RecordKey
from mpi.store.change import Stamp, Writes
from mpi.store.near import keyed
from mpi.store.near_rows import SealSideRow


@dataclass(slots=True)
class PutSeal(Judging):
    """A seal as an event. It outranks decisions, so none stands against it."""

    seal: Seal
    cause: Cause = field(default_factory=Cause)
    alone = True

    def request(self) -> object:
        """See `engine.Event`."""
        return ["seal", self.seal]

    def look(self, place: Place) -> Disturbance:
        """See `engine.Event`.

        Raises UsageError, UnknownIdentifierSystem, InvalidIdentifier, and RecordErased for what may
        not be named any more.
        """
        sides = self._sides()
        self._check_erased(place, sides)
        return Disturbance(
            "seal",
            seeds=seeds_of(place, sides),
            overlay=Overlay(sealed=tuple(sides)),
            own=self._writes,
            detail={"by": self.seal.by, "reason": self.seal.reason},
        )

    def _check_erased(self, place: Place, sides: Iterable[SealSideRow]) -> None:
        if not place.standing.has_erased:
            return
        near = place.near
        keys = {RecordKey(each.first, each.second) for each in sides if each.kind == RECORD}
        for key in sorted(keys - near.numbers(keys).keys()):
            if near.is_erased(keyed(place.standing.secret, key)):
                raise RecordErased()

    def _sides(self) -> list[SealSideRow]:
        one, other = (_named(side) for side in (self.seal.one, self.seal.other))
        if not one or not other or one & other:
            raise UsageError("A seal has two sides, and nothing is on both.")
        sides = ((number, each) for number, side in ((1, one), (2, other)) for each in side)
        return sorted(SealSideRow(LAST, number, *each) for number, each in sides)

    def _writes(self, stamp: Stamp) -> Writes:
        number = stamp.sequence
        rows = [each._replace(seal_no=number)._asdict() for each in self._sides()]
        seal = {"seal_no": number, "sequence": number, "undone": None}
        return [("seal_new", [seal]), ("seal_side_new", rows)]


def _named(side: Iterable[Sealed]) -> set[tuple[str, str, str]]:
    return {
        (IDENTIFIER, each.system, canonical(each.system, each.value))
        if isinstance(each, Identifier)
        else (RECORD, each.source, each.source_id)
        for each in side
    }


def seeds_of(place: Place, sides: Iterable[SealSideRow]) -> frozenset[int]:
    """The records that lie on a side of a seal."""
    every = list(sides)
    keys = {RecordKey(each.first, each.second) for each in every if each.kind == RECORD}
    values = {(each.first, each.second) for each in every if each.kind == IDENTIFIER}
    current = Following(place.near, values).supersessions
    held = {(system, current.current(system, value)) for system, value in values}
    return frozenset((*place.near.numbers(keys).values(), *place.near.holding(held)))
