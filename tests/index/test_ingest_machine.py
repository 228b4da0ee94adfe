"""Whatever happens to an index, it holds what linking its records anew would give; on both stores.

The reference engine is the oracle: links, persons, confidence and person ids are compared after
every step, events and the past at the end.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run

from mpi.errors import PersonNotFound
from mpi.index.changes import Effect
from tests.index.small_index import FIRST, REFUSED, Driven, clear, empty_index, folded
from tests.properties import reference_ids, small_world
from tests.properties.reference_index import ReferenceIndex
from tests.properties.reference_state import Compiled
from tests.properties.small_world import Delete, Put, Undo

SEED = int.from_bytes(reference_ids.SEED, "big").to_bytes(16, "big", signed=True)
STEPS = 14
COMPILED = {cap: Compiled(small_world.release(cap=cap)) for cap in (300, 3)}
few_phones = st.sets(st.sampled_from(small_world.PHONES), max_size=1)


class Machine(RuleBasedStateMachine):
    """An index and the reference, told the same."""

    def __init__(self, url, cap):
        super().__init__()
        clear(url)
        self.driven = Driven(url)
        self.reference = ReferenceIndex(COMPILED[cap])
        self.reference.sequence = FIRST
        self.step = 0
        self.snapshots = {FIRST: {}}
        self.touched = {}

    def tell(self, event):
        try:
            changed = self.driven.apply(event)
        except REFUSED:
            return
        if not changed and not isinstance(event, Put | Delete):
            return
        assert self.reference.apply(event) == changed
        self.snapshots[self.driven.sequence] = dict(self.reference.person)

    def version(self, late):
        """A version of this step, or, late, one that belongs before an earlier one."""
        self.step += 1
        return 100 * max(self.step - late, 0) + self.step

    @initialize(records=st.lists(small_world.records(few_phones), min_size=2, max_size=5))
    def begin(self, records):
        for record in records:
            self.tell(Put(record, self.version(0)))

    @rule(record=small_world.records(few_phones), late=st.sampled_from((0, 0, 0, 2, 5)))
    def put(self, record, late):
        self.tell(Put(record, self.version(late)))

    @rule(bridge=small_world.bridges)
    def bridge(self, bridge):
        self.tell(Put(bridge.record, self.version(0)))

    @rule(key=small_world.keys, late=st.sampled_from((0, 0, 3)))
    def delete(self, key, late):
        self.tell(Delete(key, self.version(late)))

    @rule(ruling=small_world.rulings)
    def ruling(self, ruling):
        self.tell(replace(ruling, version=self.version(0)))

    @rule(number=st.integers(0, STEPS))
    def undo(self, number):
        made = sorted(self.driven.made)
        self.tell(Undo(made[number % len(made)] if made else 0))

    @invariant()
    def it_holds_what_the_reference_holds(self):
        assert self.driven.persons() == self.reference.person
        assert self.driven.answer() == self.reference.answer()

    def teardown(self):
        try:
            self.events_tell_it_all()
            self.the_past_is_as_it_was()
            self.every_id_resolves()
        finally:
            self.driven.close()

    def events_tell_it_all(self):
        events = list(self.driven.events())
        assert folded(events) == self.reference.person
        assert len({each.id for each in events}) == len(events)
        assert [each.sequence for each in events] == sorted(each.sequence for each in events)
        for sequence, persons in self.snapshots.items():
            assert folded(e for e in events if e.sequence <= sequence) == persons

    def the_past_is_as_it_was(self):
        with self.driven.view() as view:
            for sequence, persons in self.snapshots.items():
                rows = view.membership_as_of(sequence).to_pylist()
                assert {(r["source"], r["source_id"]): r["person_id"] for r in rows} == persons
        for sequence, persons in self.snapshots.items():
            for person_id in set(persons.values()):
                then = self.driven.index.as_of(person_id, sequence)
                assert then.in_use
                assert set(then.records) == {k for k, p in persons.items() if p == person_id}

    def every_id_resolves(self):
        for person_id, retired in self.reference.retired.items():
            history = self.driven.index.history(person_id)
            assert not history.in_use
            assert history.turns[0].effect is Effect.CREATED
            then = self.driven.index.as_of(person_id, self.driven.sequence)
            assert then.current == self.reference.successors(person_id)
            with pytest.raises(PersonNotFound):
                self.driven.index.as_of(person_id, history.turns[0].sequence - 1)
            assert retired.sequence == history.turns[-1].sequence


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def place(request, tmp_path_factory):
    """Makes an empty index with a release."""
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("machine")
        return lambda cap, release: empty_index(f"sqlite:///{folder / f'{cap}.db'}", release)
    server = request.getfixturevalue("postgres")
    return lambda cap, release: empty_index(f"{server}&schema=machine_{cap}", release)


@pytest.mark.parametrize("cap", [300, 3], ids=["complete", "oversized"])
def test_real_time_equals_batch_after_every_step(place, cap, monkeypatch):
    monkeypatch.setattr(reference_ids, "SEED", SEED)
    url = place(cap, COMPILED[cap].release)
    checks = settings(
        max_examples=15,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run(lambda: Machine(url, cap), settings=checks)
