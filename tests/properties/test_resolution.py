"""Real time equals batch: the properties of the specification over random histories.

P8, P17 and the nesting of P11 under any weights are about clustering alone, see `test_clusters`.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties import laws, small_world
from tests.properties import laws_of_rulings as rulings
from tests.properties.reference_index import ReferenceIndex
from tests.properties.reference_state import Compiled, State

PLAIN = Compiled(small_world.release())
CAPPED = Compiled(small_world.release(cap=3))
"""Components of more than three records are split, or clustered on what they have."""

NESTED = [Compiled(small_world.release(average=average)) for average in (-2500, -1000, 500, 2500)]
MEETING = st.one_of(small_world.histories(), small_world.disputes())
"""Decisions among much else, and decisions alone."""

both_caps = pytest.mark.parametrize("compiled", [PLAIN, CAPPED], ids=["complete", "oversized"])


class WholeIndex(ReferenceIndex):
    """Whatever happens, its region is everything."""

    def _reached(self, starts):
        return super()._reached([*starts, *self.state.version])


def examples(count):
    return settings(max_examples=count, deadline=None)


def told(history):
    state = State()
    for event in history:
        state.take(event)
    return state


@both_caps
@examples(50)
@given(history=small_world.histories())
def test_a_region_at_a_time_gives_what_all_at_once_gives(compiled, history):
    laws.incremental_is_batch(ReferenceIndex(compiled), history)


@both_caps
@examples(50)
@given(history=MEETING)
def test_the_answer_is_that_of_the_specification_read_aloud(compiled, history):
    laws.agrees_with_the_specification(told(history), compiled)


@examples(50)
@given(history=small_world.histories(14))
def test_decisions_hold_by_the_dominance_rule_and_persons_refine_components(history):
    rulings.decisions_hold(ReferenceIndex(PLAIN), history)


@examples(50)
@given(history=MEETING)
def test_a_decision_holds_unless_it_was_refused_at_the_door(history):
    rulings.accepted_decisions_are_followed(ReferenceIndex(PLAIN), history)


@both_caps
@examples(40)
@given(history=MEETING, rng=st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(compiled, history, rng):
    laws.order_does_not_matter(ReferenceIndex(compiled), ReferenceIndex(compiled), history, rng)


@examples(30)
@given(history=small_world.histories())
def test_what_came_before_is_not_taken_again(history):
    laws.repeating_changes_nothing(ReferenceIndex(PLAIN), history)


def test_a_delete_keeps_older_versions_out():
    laws.deletes_are_versioned(ReferenceIndex(PLAIN))
    laws.a_deletion_stands_before_the_version_it_is_of(ReferenceIndex(PLAIN), ReferenceIndex(PLAIN))


@both_caps
@examples(50)
@given(history=small_world.histories(10), added=small_world.bridges)
def test_a_bridging_record_added_and_deleted_restores_everybody(compiled, history, added):
    laws.deleting_what_was_added_restores_everything(ReferenceIndex(compiled), history, added)


@examples(50)
@given(history=small_world.histories(10), ruling=small_world.rulings)
def test_what_is_ruled_and_taken_back_leaves_no_trace(history, ruling):
    rulings.undoing_restores_the_answer(ReferenceIndex(PLAIN), history, ruling)


@examples(30)
@given(history=small_world.histories())
def test_replay_gives_the_same_ids_whatever_the_regions(history):
    laws.replay_is_the_same(ReferenceIndex(PLAIN), WholeIndex(PLAIN), history)


@examples(30)
@given(history=small_world.histories())
def test_a_higher_threshold_for_means_refines_the_persons(history):
    laws.higher_averages_refine(told(history), NESTED)


@examples(30)
@given(history=st.one_of(small_world.histories(), small_world.replacements()))
def test_a_superseded_value_is_as_good_as_the_new_one(history):
    rulings.superseding_is_rewriting(told(history), PLAIN)
