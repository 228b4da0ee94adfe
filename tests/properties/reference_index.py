"""An index in memory that takes events one by one, as a service does: the model for the others.

`ReferenceIndex.apply` takes an event of `small_world`: it finds the region that the event touches,
settles that alone, gives ids and writes history. `answer` says what it then holds. The same from
the state alone is `index.state.answer(index.compiled)`. To test another implementation, drive it
with the same events and compare; ids are the same for the same seed if it gives an event that
changed the state the next sequence, and `at_ms` of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from mpi.linking.contradiction import contradicting
from mpi.linking.deciding import SAME, UNSURE, Verdict
from mpi.linking.persons import (
    Origin,
    resolve,
)
from mpi.linking.sealing import RECORD, cannot_links
from mpi.records import RecordKey
from tests.properties.reference_ids import Keys, Naming, Retired, Stay
from tests.properties.reference_state import Answer, Compiled, Link, State, Two
from tests.properties.small_world import Decide, Delete, Event, Put, Seal, Supersede, Undo


class ReferenceIndex:
    """What an index holds, kept up to date region by region."""

    made_of: type[State] = State

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.state = self.made_of()
        self.kept = Answer()
        self.person: dict[RecordKey, str] = {}
        self.retired: dict[str, Retired] = {}
        self.stays: list[Stay] = []
        self.minted: list[str] = []
        self.sequence = 0
        self.region: Keys = frozenset()

    def apply(self, event: Event) -> bool:
        """Take an event; whether it changed anything. One that is stale or known does not."""
        starts = self._starts(event)
        if not self.state.take(event):
            return False
        self.sequence += 1
        self.kept = replace(self.kept, links=dict(self.kept.links))
        touched = self._changed(event)
        before = self._old_region(starts | touched)
        for key in touched:
            self._forget(key)
            self._find_links(key)
        self.region = self._reached(before | self._starts(event))
        self._settle(self.region)
        return True

    def contradiction(self, event: Decide) -> tuple[RecordKey, ...] | None:
        """The chain that speaks against a decision at the door."""
        if event.verdict == UNSURE:
            return None
        members = sorted(self.state.records)
        sealed = cannot_links(self.state.decisions(members).sealed)
        apart = [(members[a], members[b]) for a, b in sealed.tolist()]
        new = Verdict(event.left, event.right, event.verdict == SAME, event.version)
        return contradicting(self.state.verdicts(), apart, new)

    def answer(self) -> Answer:
        """What the index holds."""
        return self.kept

    def persons(self) -> dict[str, Keys]:
        """The members of every id in use."""
        found = defaultdict(set)
        for key, person in self.person.items():
            found[person].add(key)
        return {person: frozenset(members) for person, members in found.items()}

    def successors(self, person: str) -> dict[str, int]:
        """Where a retired id leads."""
        return resolve(self.retired[person].members, self.person)

    def as_of(self, sequence: int) -> dict[RecordKey, str]:
        """Who was of whom right after an event."""
        return {
            stay.key: stay.person
            for stay in self.stays
            if stay.since <= sequence and (stay.until is None or sequence < stay.until)
        }

    def _starts(self, event: Event) -> Keys:
        """The records that an event speaks about."""
        if isinstance(event, Put):
            return frozenset({event.record.key})
        if isinstance(event, Delete):
            return frozenset({event.key})
        if isinstance(event, Decide):
            return frozenset({event.left, event.right})
        if isinstance(event, Seal):
            return self._sealed(event)
        if isinstance(event, Supersede):
            return self._holders(event)
        state, target = self.state, event.target
        ruled = (each.get(target) for each in (state.decided, state.seals, state.replaced))
        return frozenset(key for each in ruled if each for key in self._starts(each))

    def _sealed(self, seal: Seal) -> Keys:
        found: set[RecordKey] = set()
        current = self.state.supersessions().current
        for side in seal.sides:
            if side.kind == RECORD:
                found.add(RecordKey(side.first, side.second))
            else:
                value = current(side.first, side.second)
                found |= self.state.holders(side.first, value, self.state.records)
        return frozenset(found)

    def _holders(self, event: Supersede) -> Keys:
        """The records that were delivered with either value, or whose value leads to them."""
        return frozenset(
            key
            for key, record in self.state.records.items()
            if any(each.system == event.system for each in record.identifiers)
        )

    def _changed(self, event: Event) -> Keys:
        """The records that are matched on something else now."""
        if isinstance(event, Undo):
            event = self.state.replaced.get(event.target, event)
        return self._starts(event) if isinstance(event, Put | Delete | Supersede) else frozenset()

    def _old_region(self, starts: Keys) -> Keys:
        """What hung together with the records touched, before anything changes."""
        return self._reached(starts)

    def _reached(self, starts: Iterable[RecordKey]) -> Keys:
        """Everything that hangs together with some records: links, must-links, persons."""
        near = defaultdict(set)
        for one, other in self._ties():
            near[one].add(other)
            near[other].add(one)
        found, ahead = set(starts), list(starts)
        while ahead:
            fresh = near[ahead.pop()] - found
            found |= fresh
            ahead.extend(fresh)
        return frozenset(found)

    def _ties(self) -> Iterator[Two]:
        yield from (verdict.ends for verdict in self.state.verdicts() if verdict.same)
        yield from (ends for ends, link in self.kept.links.items() if link.blocked)
        yield from self._person_chains()

    def _person_chains(self) -> Iterator[Two]:
        for members in self.persons().values():
            ordered = sorted(members)
            yield from pairwise(ordered)

    def _forget(self, key: RecordKey) -> None:
        """Drop the links of a record."""
        self.kept.links = {e: link for e, link in self.kept.links.items() if key not in e}

    def _find_links(self, key: RecordKey) -> None:
        """Enter the blocked links of a record, if it is there."""
        if key not in self.state.records:
            return
        mine = self.state.matched(key)
        for other in self.state.records.keys() - {key}:
            link = self.compiled.link(mine, self.state.matched(other))
            if link is not None:
                self.kept.links[min(key, other), max(key, other)] = link

    def _settle(self, region: Keys) -> None:
        """Replace what the index holds of a region."""
        members = self._ordered(region & self.state.records.keys())
        links = {e: k for e, k in self.kept.links.items() if region.issuperset(e)}
        found = self.state.settled(self.compiled, members, self._known(links))
        kept = self.kept
        self.kept = Answer(
            {e: k for e, k in kept.links.items() if e not in links} | found.links,
            {p: f for p, f in kept.persons.items() if not p & region} | found.persons,
            {e: s for e, s in kept.confidence.items() if not region.issuperset(e)}
            | found.confidence,
            {e: s for e, s in kept.possible.items() if not region.issuperset(e)} | found.possible,
        )
        self._name(members, region, list(found.persons))

    def _ordered(self, members: Collection[RecordKey]) -> list[RecordKey]:
        """The order in which the records of a region are numbered."""
        return sorted(members)

    def _known(self, links: dict[Two, Link]) -> dict[Two, Link]:
        """The links that settling starts from."""
        return links

    def _name(self, members: list[RecordKey], region: Keys, clusters: list[Keys]) -> None:
        """Give the persons of a region their ids, and write down what changed."""
        naming = Naming(self.person, self.retired, members=members, region=region)
        assignment = naming.assign(clusters, self.sequence)
        ids = assignment.membership.ids
        given = assignment.membership.person[: len(members)].tolist()
        now = dict(zip(members, (ids[person] for person in given), strict=True))
        for person in assignment.ids_of(Origin.REVIVED):
            del self.retired[person]
        self.minted += assignment.ids_of(Origin.MINTED)
        for each in assignment.retired:
            last = frozenset(naming.universe[n] for n in each.members)
            self.retired[each.person_id] = Retired(last, each.reason.value, each.sequence)
        self._move(region, now)

    def _move(self, region: Keys, now: dict[RecordKey, str]) -> None:
        moved = {key for key in region if self.person.get(key) != now.get(key)}
        self.stays = [
            Stay(s.key, s.person, s.since, self.sequence)
            if s.until is None and s.key in moved
            else s
            for s in self.stays
        ]
        for key in sorted(moved & now.keys()):
            self.stays.append(Stay(key, now[key], self.sequence))
        for key in region:
            self.person.pop(key, None)
        self.person |= now
