"""What changed while feeds were linked, taken into the new index before it goes live.

A link reads the index at one moment and works for minutes, while records are put and deleted and
decisions taken. All of these are in the live generation; here they are carried over to the one in
the making, each through the same planning as an event of its own, under the release of the link.
Where a message and a feed are about one record, the later version stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count

import numpy as np

from mpi.index.arriving import Arrival, arrive
from mpi.index.compiled import Compiled
from mpi.index.disturbance import Disturbance, Edit
from mpi.index.ingest import edit_of, superseding
from mpi.index.membership import Known, assign_ids
from mpi.index.plan import SEED_BYTES, Plan, plan
from mpi.index.plan_records import Numbers, generation_writes, record_writes
from mpi.index.region import Place
from mpi.index.region_ids import NOT_YET
from mpi.index.sealing import seeds_of
from mpi.linking.delivery import Said, replaces
from mpi.linking.intake import record_of
from mpi.linking.persons import Occasion
from mpi.linking.superseding import NONE, Supersessions
from mpi.model.parameters import Release
from mpi.records import RecordKey
from mpi.store.beside import Beside, Superseded
from mpi.store.near import keyed
from mpi.store.near_rows import StoredRow
from mpi.store.tombstones import DELETED

AT_ONCE = 25
"""Records of one transaction: others who change the index wait for it, some 200 milliseconds."""
FEW = 50
"""Events worth leaving for the moment at which all others wait."""


class Replay:
    """See `store.beside.CatchUp`."""

    def __init__(self, release: Release, known: Known) -> None:
        """Args: release, that of the link; known, what it started from."""
        self._compiled = Compiled(release)
        self._upto = known.sequence
        self._superseded: frozenset[Superseded] = frozenset(
            (row.system, row.old, row.new) for row in known.rulings.supersessions
        )
        self._left: set[RecordKey] = set()
        self._provisional = count()

    def some(self, beside: Beside) -> bool:
        """See `CatchUp.some`."""
        new = beside.standing.sequence - self._upto
        self._take(beside, AT_ONCE)
        return bool(self._left) or new > FEW

    def rest(self, beside: Beside, sequence: int, at: str) -> None:
        """See `CatchUp.rest`."""
        self._take(beside, None)
        self._name(beside, sequence, at)

    def _take(self, beside: Beside, most: int | None) -> None:
        """Rulings first, for what they join or part is to be consistent when records change."""
        place = Place(beside.making, beside.standing, self._compiled)
        self._left |= beside.messages(self._upto)
        self._carry(beside, place, self._ruled(beside, place))
        self._upto = beside.standing.sequence
        for key in sorted(self._left)[:most]:
            self._left.remove(key)
            edit = self._edit(beside, place, key)
            if edit is not None:
                self._carry(beside, place, Disturbance("put", (edit,)))

    def _carry(self, beside: Beside, place: Place, changed: Disturbance) -> None:
        """Settle what a change concerns, in the generation in the making and nowhere else."""
        if not changed.edits and not changed.seeds:
            return
        made = plan(place, changed)
        numbers = Numbers(beside.stamp(), self._ids(made))
        beside.write(generation_writes(made.after, numbers))
        beside.write(record_writes(made.around, made.after, numbers))

    def _ids(self, made: Plan) -> dict[str, str]:
        """Ids that stand for those given in the end; none of them is ever seen."""
        ids = {*made.persons.ids, *(each for gone in made.persons.gone for each in gone.successors)}
        return {
            each: f"{NOT_YET}later-{next(self._provisional)}" if each.startswith(NOT_YET) else each
            for each in sorted(ids)
        }

    def _ruled(self, beside: Beside, place: Place) -> Disturbance:
        """All that decisions, seals, supersessions and erasures change, as one."""
        near = beside.making
        seeds = set(near.numbers(beside.decided(self._upto)).values())
        seeds |= seeds_of(place, beside.sealed(self._upto))
        edits = {edit.number: edit for edit in self._erased(beside)}
        for row in near.payloads(self._superseding(beside)):
            edit = self._again(beside, place, row)
            if edit is None:
                seeds.add(row.record_no)
            else:
                edits.setdefault(row.record_no, edit)
        return Disturbance("decide", tuple(edits.values()), frozenset(seeds - edits.keys()))

    def _erased(self, beside: Beside) -> Iterator[Edit]:
        """The records erased meanwhile; only who knows a key can tell that it is one of them."""
        names, secret = beside.erased(self._upto), beside.standing.secret
        if not names:
            return
        for key in [each for each in beside.record_keys() if keyed(secret, each) in names]:
            if beside.live.stored(key) is None:
                self._left.discard(key)
                yield edit_of(beside.making, key, beside.making.stored(key), None)

    def _superseding(self, beside: Beside) -> list[int]:
        """The records that hold an identifier which is now superseded otherwise."""
        before, now = self._superseded, beside.superseded()
        self._superseded = now
        ends = {(row[0], end) for row in before ^ now for end in row[1:]}
        ways = [Supersessions({(s, old): new for s, old, new in rows}) for rows in (before, now)]
        held = {(system, way.current(system, value)) for system, value in ends for way in ways}
        return beside.making.holding(ends | held)

    def _again(self, beside: Beside, place: Place, row: StoredRow) -> Edit | None:
        """A record under the supersessions in force, in its later version; None if as it was."""
        later = beside.live.stored(row.key) if row.key in self._left else None
        if later is None or not replaces(later.version_key, row.version_key, Said.BY_MESSAGE):
            later = row
        arrival = self._arrival(place, later)
        if later is row and (arrival.encoded, arrival.packed) == (row.row, row.keys):
            return None
        return edit_of(beside.making, row.key, row, arrival)

    def _edit(self, beside: Beside, place: Place, key: RecordKey) -> Edit | None:
        """What messages did to a record, unless the feed brought it in a later version."""
        old, now = beside.making.stored(key), beside.live.stored(key)
        if now is not None:
            if old and not replaces(now.version_key, old.version_key, Said.BY_MESSAGE):
                return None
            return edit_of(beside.making, key, old, self._arrival(place, now))
        gone = beside.live.gone(key)
        if old is None or gone is None or gone.kind != DELETED:
            return None
        if not replaces(gone.version_key, old.version_key, Said.DELETED):
            return None
        return edit_of(beside.making, key, old, None)

    def _arrival(self, place: Place, row: StoredRow) -> Arrival:
        record = record_of(row.payload)
        found = superseding(place, record)
        return arrive(
            record,
            self._compiled,
            version_key=row.version_key,
            supersessions=found.supersessions if found else NONE,
        )

    def _name(self, beside: Beside, sequence: int, at: str) -> None:
        """Give all persons their ids anew: those of the link were given without what came since."""
        rows = beside.persons()
        number = rows["person_no"].to_numpy()
        _, first, person = np.unique(number, return_index=True, return_inverse=True)
        seed = beside.standing.seed.to_bytes(SEED_BYTES, "big", signed=True)
        occasion = Occasion(seed, sequence, round(datetime.fromisoformat(at).timestamp() * 1000))
        known = Known.of(beside.view)
        found, _ = assign_ids(known, rows.drop_columns(["person_no"]), first[person], occasion)
        given = zip(number[np.sort(first)].tolist(), found.membership.ids, strict=True)
        beside.name_persons(dict(given))
