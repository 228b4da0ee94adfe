"""Use case: erase a record, so that nothing personal of it is left in the index.

It is deleted as if its source had deleted it. In the same transaction its key gives way to a
pseudonym wherever history names it, and what it said goes: messages, identifiers, answers, review.
What is left is that a record of this source was erased, why and when, under a hash of its key that
only this index can make; so neither a message nor a feed brings it back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mpi.errors import RecordNotFound, UsageError
from mpi.index.changes import Cause, ChangeResult, Touched
from mpi.index.disturbance import Disturbance
from mpi.index.ingest import edit_of
from mpi.index.judging import Judging
from mpi.index.locks import known_names
from mpi.index.region import Place
from mpi.records import PSEUDONYM, RecordKey
from mpi.store.erasure import Forgotten, erasure_of, is_remembered
from mpi.store.near import keyed

REASON = re.compile(r"[a-z][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing a record did; it does not name the record.

    `changed` is false where it was erased already, and `sequence` that of then. `complete` says
    that nothing is left in the files of the database either; where it is false a reader or a link
    still needs what was there, and erasing again later completes it. `persons` are those touched.
    """

    sequence: int
    changed: bool
    complete: bool
    persons: tuple[Touched, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Ready for JSON."""
        return {
            "sequence": self.sequence,
            "changed": self.changed,
            "complete": self.complete,
            "persons": [each.as_dict() for each in self.persons],
        }


@dataclass(slots=True)
class Erase(Judging):
    """The erasure of a record as an event. `reason` is a code, for it is kept for good."""

    key: RecordKey
    reason: str
    by: str = ""
    cause: Cause = field(default_factory=Cause)

    def __post_init__(self) -> None:
        """Raise UsageError for a reason that is no code: a sentence might say who it is."""
        if not REASON.fullmatch(self.reason):
            raise UsageError("Give the reason as a code, like `request` or `court-order`.")

    def names(self) -> frozenset[int]:
        """See `engine.Event`."""
        return known_names([self.key])

    def request(self) -> object:
        """See `engine.Event`."""
        return ["erase", self.key, self.reason]

    def look(self, place: Place) -> ChangeResult | Disturbance:
        """See `engine.Event`; raises RecordNotFound."""
        near, key = place.near, self.key
        name = keyed(place.standing.secret, key)
        old = near.stored(key)
        if old is None:
            before = erasure_of(near.connection, name)
            if before is not None:
                return ChangeResult(before, changed=False)
            if not is_remembered(near.connection, key):
                raise RecordNotFound(source=key.source)
        return Disturbance(
            "erase",
            (edit_of(near, key, old, None),) if old else (),
            detail={"by": self.by, "reason": self.reason},
            forgotten=Forgotten(key, name, f"{PSEUDONYM}{name.hex()}", self.reason),
        )
