"""Seals around an event: which of its records lie on which side of which seal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from mpi.index.disturbance import Disturbance
from mpi.linking.evidence import Integers
from mpi.linking.sealing import SealSide, marks
from mpi.linking.superseding import Supersessions
from mpi.records import RecordKey
from mpi.store.near import Near
from mpi.store.near_rows import SupersessionRow

if TYPE_CHECKING:
    from mpi.index.region import Place

Named = tuple[str, str]
"""An identifier: system and value."""


def seal_marks(
    place: Place,
    disturbance: Disturbance,
    position: Mapping[RecordKey, int],
    numbers: Collection[int],
) -> Integers | None:
    """Which records are on which side of which seal; None if there is no seal at all.

    Args: position, of the records by key; numbers, theirs, in the same order.
    """
    overlay = disturbance.overlay
    if not (place.standing.has_seals or overlay.sealed):
        return None
    holders = _holders(place.near, disturbance, numbers)
    following = Following(
        place.near, holders, more=overlay.superseded, without=overlay.unsuperseded
    )
    named = {*holders, *following.rows}
    stored = place.near.seal_sides(list(position), named) if place.standing.has_seals else []
    sides = [SealSide(*each) for each in overlay.seals(stored)]
    return marks(sides, position, lambda *name: holders.get(name, ()), following.supersessions)


def _holders(
    near: Near, disturbance: Disturbance, numbers: Collection[int]
) -> dict[Named, list[int]]:
    """The places of the records that hold each identifier."""
    at = {number: place for place, number in enumerate(numbers)}
    edits = {edit.number: edit.new for edit in disturbance.edits}
    found: defaultdict[Named, list[int]] = defaultdict(list)
    for row in near.identifiers([number for number in at if number not in edits]):
        found[row.system, row.value].append(at[row.record_no])
    for number, new in edits.items():
        for system, value, _ in new.identifiers if new else ():
            found[system, value].append(at[number])
    return dict(found)


class Following:
    """The supersessions in force that lead from, to or through some identifiers."""

    def __init__(
        self,
        near: Near,
        identifiers: Iterable[Named],
        *,
        more: Collection[SupersessionRow] = (),
        without: Collection[Named] = (),
    ) -> None:
        """Args: more, supersessions to add; without, (system, old) of those to leave out."""
        found: dict[Named, SupersessionRow] = {}
        seen: set[Named] = set()
        ahead = set(identifiers)
        while ahead:
            seen |= ahead
            rows = [*near.supersessions(ahead), *more]
            rows = [each for each in rows if not seen.isdisjoint(_ends(each))]
            found |= {(r.system, r.old): r for r in rows if (r.system, r.old) not in without}
            ahead = {end for each in found.values() for end in _ends(each)} - seen
        self.rows = found
        self.supersessions = Supersessions({name: row.new for name, row in found.items()})


def _ends(row: SupersessionRow) -> tuple[Named, Named]:
    return (row.system, row.old), (row.system, row.new)
