"""An event worked out: what it will write, and whom it touches. Only its sequence is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from mpi.index.changes import Effect, Touched
from mpi.index.disturbance import Disturbance
from mpi.index.locks import names_of
from mpi.index.plan_history import Belonging, history_writes
from mpi.index.plan_records import Numbers, generation_writes, record_writes
from mpi.index.region import Place, Surroundings, surroundings
from mpi.index.region_ids import NOT_YET, Persons, name_persons
from mpi.index.region_rows import After, after
from mpi.linking.persons import Occasion, Origin
from mpi.records import RecordKey
from mpi.store.change import Stamp, Tally, Writes, as_json

SEED_BYTES = 16


@dataclass(frozen=True)
class Plan:
    """What an event will do to the region around it."""

    around: Surroundings
    persons: Persons
    after: After

    @property
    def place(self) -> Place:
        """Where it was worked out."""
        return self.around.place

    @property
    def disturbance(self) -> Disturbance:
        """What it was worked out for."""
        return self.around.disturbance

    @cached_property
    def names(self) -> frozenset[int]:
        """What to hold, so that nobody else can change the region; see `locks`."""
        return names_of(self.around)

    def tally(self, at: str) -> Tally:
        """What it takes and gives."""
        edits = self.disturbance.edits
        came = sum(edit.old is None and edit.new is not None for edit in edits)
        went = sum(edit.old is not None and edit.new is None for edit in edits)
        more = len(self.persons.ids) - len(self.persons.before)
        new = sum(number < 0 for number in self.after.person_no)
        return Tally(at, came, new, came - went, more)

    def stamped(self, stamp: Stamp) -> Done:
        """The plan with its place in the log."""
        return Done(self, stamp, _minted(self, stamp))


@dataclass(frozen=True, slots=True)
class Done:
    """A plan with its place in the log; `ids` has the person id of each of its persons."""

    plan: Plan
    stamp: Stamp
    ids: Mapping[str, str]

    def writes(self) -> Writes:
        """All that it writes, in order."""
        plan, stamp = self.plan, self.stamp
        numbers = Numbers(stamp, self.ids)
        disturbance = plan.disturbance
        logged = {
            "sequence": stamp.sequence,
            "kind": disturbance.kind,
            "at": stamp.at,
            "detail": as_json(disturbance.detail),
        }
        return [
            ("log_new", [logged]),
            *generation_writes(plan.after, numbers),
            *record_writes(plan.around, plan.after, numbers),
            *history_writes(plan.around, plan.persons, self._belonging(), numbers),
            *disturbance.own(stamp),
        ]

    def _belonging(self) -> Belonging:
        """The person of every record before and after."""
        plan = self.plan
        before = {
            record.key: plan.persons.before[record.person_no].person_id
            for record in plan.around.records.values()
        }
        return Belonging(before, self._persons_now())

    def _persons_now(self) -> dict[RecordKey, str]:
        plan = self.plan
        return {
            plan.around.keys[place]: self.ids[person_id]
            for person_id, places in zip(plan.persons.ids, plan.persons.members, strict=True)
            for place in places
        }

    def person_of(self, key: RecordKey) -> str | None:
        """The person of a record now."""
        return self._persons_now().get(key)

    def touched(self) -> tuple[Touched, ...]:
        """The persons whom it touched, by id."""
        found = [
            Touched(
                gone.person.person_id,
                _HOW[gone.how],
                tuple(sorted(self.ids[each] for each in gone.successors)),
            )
            for gone in self.plan.persons.gone
        ]
        came = {Origin.MINTED: Effect.CREATED, Origin.REVIVED: Effect.RESTORED}
        for person_id, origin in zip(self.plan.persons.ids, self.plan.persons.origin, strict=True):
            if origin in came:
                found.append(Touched(self.ids[person_id], came[origin]))
        known = {each.person_id for each in found}
        found += [Touched(each, Effect.CHANGED) for each in self._changed() - known]
        return tuple(sorted(found, key=lambda each: each.person_id))

    def _changed(self) -> set[str]:
        """Those with a record that moved, or that says something else."""
        belonging = self._belonging()
        edited = {edit.key for edit in self.plan.disturbance.edits}
        found: set[str] = set()
        for key in belonging.before.keys() | belonging.now.keys():
            was, now = belonging.before.get(key), belonging.now.get(key)
            if was != now or key in edited:
                found.update(each for each in (was, now) if each is not None)
        return found


_HOW = {"merged": Effect.MERGED, "split": Effect.SPLIT, "deleted": Effect.RETIRED}


def plan(place: Place, disturbance: Disturbance) -> Plan:
    """Work out what an event does."""
    around = surroundings(place, disturbance)
    resolved = around.resolved()
    persons = name_persons(around, resolved.label if resolved else None)
    return Plan(around, persons, after(around, resolved, persons))


def _minted(made: Plan, stamp: Stamp) -> dict[str, str]:
    """The person ids, those that had to wait for the sequence minted now."""
    seed = made.place.standing.seed.to_bytes(SEED_BYTES, "big", signed=True)
    at = datetime.fromisoformat(stamp.at)
    occasion = Occasion(seed, stamp.sequence, round(at.timestamp() * 1000))
    ids = {*made.persons.ids, *(each for gone in made.persons.gone for each in gone.successors)}
    return {
        each: occasion.mint(int(each[1:])) if each.startswith(NOT_YET) else each for each in ids
    }
