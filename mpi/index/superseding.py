"""Use case: an identifier value that its issuer replaced by another."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from mpi.errors import ContradictingDecision, InvalidIdentifier, UsageError
from mpi.identifiers import clean_identifier, parse
from mpi.index.arriving import Arrival, arrive, identifiers_of
from mpi.index.changes import Cause, ChangeResult
from mpi.index.decide import Supersession
from mpi.index.disturbance import LAST, Disturbance, Edit, Overlay
from mpi.index.judging import Judging
from mpi.index.region import Place
from mpi.index.sealed import Following
from mpi.linking.intake import record_of
from mpi.store.change import Stamp, Writes
from mpi.store.near_rows import StoredRow, SupersessionRow


@dataclass(slots=True)
class Supersede(Judging):
    """A supersession as an event: every record that holds either value may be concerned."""

    made: Supersession
    cause: Cause = field(default_factory=Cause)
    alone = True

    def request(self) -> object:
        """See `engine.Event`."""
        return ["supersede", self.made]

    def look(self, place: Place) -> ChangeResult | Disturbance:
        """See `engine.Event`.

        Raises UnknownIdentifierSystem, InvalidIdentifier, UsageError, and ContradictingDecision
        where `old` was replaced by something else, or `new` by `old`.
        """
        row = self._row()
        found = Following(place.near, [(row.system, row.old), (row.system, row.new)])
        known = found.rows.get((row.system, row.old))
        if known is not None and known.new == row.new:
            return ChangeResult(known.sequence, changed=False)
        if known is not None:
            raise ContradictingDecision("This identifier was replaced by another one already.")
        if found.supersessions.current(row.system, row.new) == row.old:
            raise ContradictingDecision("The new identifier was replaced by the old one already.")
        edits, seeds = replaced(place, row)
        detail: dict[str, object] = {"by": self.made.by, "reason": self.made.reason}
        overlay = Overlay(superseded=(row,))
        return Disturbance("supersede", edits, seeds, overlay, own=self._writes, detail=detail)

    def _row(self) -> SupersessionRow:
        system = self.made.system
        old, new = (canonical(system, text) for text in (self.made.old, self.made.new))
        if old == new:
            raise UsageError("Give two different identifiers.")
        return SupersessionRow(system, old, new, LAST)

    def _writes(self, stamp: Stamp) -> Writes:
        system, old, new, _ = self._row()
        name = {"system": system, "old": old}
        row = {**name, "new": new, "source": self.made.by, "sequence": stamp.sequence}
        # one that was undone before makes room
        return [("supersession_gone", [name]), ("supersession_new", [{**row, "undone": None}])]


def canonical(system: str, text: str) -> str:
    """A value as it is matched on. Raises UnknownIdentifierSystem, InvalidIdentifier."""
    value = clean_identifier(system, parse(system, text))
    if value is None:
        raise InvalidIdentifier("It identifies nobody.", system=system)
    return value


def replaced(
    place: Place, row: SupersessionRow, *, undone: bool = False
) -> tuple[tuple[Edit, ...], frozenset[int]]:
    """What a supersession changes, or undoing it: records that now say something else, and others.

    The others hold the value that both now stand for.
    """
    old, new = (row.system, row.old), (row.system, row.new)
    known = Following(place.near, [old, new])
    last = (row.system, known.supersessions.current(*new))
    stored = place.near.payloads(place.near.holding({old, new, last}))
    edits = []
    for each in stored:
        arrival = _again(place, each, row, undone=undone)
        if (arrival.encoded, arrival.packed) != (each.row, each.keys):
            edits.append(_edit(place, each, arrival))
    numbers = frozenset(each.record_no for each in stored)
    return tuple(edits), numbers - {edit.number for edit in edits}


def _again(place: Place, stored: StoredRow, row: SupersessionRow, *, undone: bool) -> Arrival:
    """A stored record as it arrives with the supersession, or without it."""
    record = record_of(stored.payload)
    without: Collection[tuple[str, str]] = [(row.system, row.old)] if undone else []
    more = [] if undone else [row]
    following = Following(place.near, identifiers_of(record), more=more, without=without)
    return arrive(
        record,
        place.compiled,
        version_key=stored.version_key,
        supersessions=following.supersessions,
    )


def _edit(place: Place, stored: StoredRow, arrival: Arrival) -> Edit:
    rows = place.near.identifiers([stored.record_no])
    held = frozenset((each.system, each.value, bool(each.verified)) for each in rows)
    return Edit(stored.record_no, stored.key, stored, arrival, held)
