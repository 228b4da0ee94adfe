"""Use case: a source system merged one of its records into another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mpi.errors import RecordNotFound
from mpi.index.changes import Cause, ChangeResult
from mpi.index.decide import Supersession
from mpi.index.disturbance import Disturbance
from mpi.index.ingest import Delete
from mpi.index.judging import Judging
from mpi.index.region import Place
from mpi.index.superseding import Supersede, canonical
from mpi.records import RecordKey
from mpi.store.change import Stamp, Writes


@dataclass(slots=True)
class Merge(Judging):
    """That `subsumed` is no record any more, and `survivor` stands for both.

    `replaced` says which identifier stands for which from now on; None where the records are known
    by keys that nobody else has.
    """

    subsumed: RecordKey
    survivor: RecordKey
    replaced: Supersession | None = None
    cause: Cause = field(default_factory=Cause)
    alone = True

    def request(self) -> object:
        """See `engine.Event`."""
        return ["merge", self.subsumed, self.survivor, self.replaced]

    def look(self, place: Place) -> ChangeResult | Disturbance:
        """See `engine.Event`.

        A merge that is told again changes nothing. Raises RecordNotFound where either record is not
        there, and as `superseding.Supersede` and `ingest.Delete`.
        """
        if place.near.stored(self.subsumed) is None:
            return self._told_before(place)
        if place.near.stored(self.survivor) is None:
            raise RecordNotFound("The record that is to stand for both is not there.")
        gone = Delete(self.subsumed, cause=self.cause).look(place)
        made = Supersede(self.replaced, self.cause).look(place) if self.replaced else None
        assert isinstance(gone, Disturbance)
        return _together(gone, made if isinstance(made, Disturbance) else Disturbance("merge"))

    def _told_before(self, place: Place) -> ChangeResult:
        """The answer to a merge that was carried out already."""
        if self.replaced is not None:
            system = self.replaced.system
            old, new = (canonical(system, each) for each in (self.replaced.old, self.replaced.new))
            for row in place.near.supersessions([(system, old)]):
                if (row.old, row.new) == (old, new):
                    return ChangeResult(row.sequence, changed=False)
        raise RecordNotFound("The record that is to go is not there.")


def _together(gone: Disturbance, replaced: Disturbance) -> Disturbance:
    """A record that goes and an identifier that is replaced, as one event."""
    going = {edit.number for edit in gone.edits}
    others = (edit for edit in replaced.edits if edit.number not in going)
    return Disturbance(
        "merge",
        (*gone.edits, *others),
        replaced.seeds - going,
        replaced.overlay,
        own=_both(gone.own, replaced.own),
        detail=replaced.detail,
    )


def _both(
    one: Callable[[Stamp], Writes], other: Callable[[Stamp], Writes]
) -> Callable[[Stamp], Writes]:
    return lambda stamp: [*one(stamp), *other(stamp)]
