"""A source system merges one of its records into another; on both stores."""

from __future__ import annotations

import pytest

from mpi.errors import ContradictingDecision, RecordNotFound
from mpi.index.changes import Effect
from mpi.index.decide import Supersession
from mpi.index.verify import verify
from mpi.records import RecordKey
from tests.index.small_index import Driven
from tests.properties.small_world import BIRTH_DATES, KEYS, NHS, OTHER_NHS, record

ANN, BEA, CAT = KEYS[:3]
NOBODY = RecordKey(ANN.source, "nobody")
SAID = (BIRTH_DATES[0], "F")
REPLACED = Supersession("nhs-number", OTHER_NHS, NHS, reason="one file", by="desk")


@pytest.fixture
def driven(small_url):
    """Ann under one number; Bea and Cat under another."""
    made = Driven(small_url)
    for key, number in ((ANN, NHS), (BEA, OTHER_NHS), (CAT, OTHER_NHS)):
        made.index.put(record(key, (), SAID, number), event_time="2026-01-01")
    made.url = small_url
    yield made
    made.close()


def logged(driven):
    """The sequences and causes of what happened, in order."""
    return sorted({(each.sequence, each.cause) for each in driven.events()})


def test_it_is_one_event_that_deletes_the_one_and_replaces_its_identifier(driven):
    before = logged(driven)
    made = driven.index.merge(BEA, ANN, replaced=REPLACED)
    assert logged(driven)[len(before) :] == [(before[-1][0] + 1, "merge")]
    assert made.sequence == before[-1][0] + 1
    persons = driven.persons()
    assert BEA not in persons
    assert persons[ANN] == persons[CAT]
    assert {each.effect for each in made.persons} >= {Effect.CHANGED}
    (found,) = driven.index.cross_references("nhs-number", OTHER_NHS).persons
    assert found.person_id == persons[ANN]


def test_what_follows_from_it_is_what_the_state_gives(driven):
    driven.index.merge(BEA, ANN, replaced=REPLACED)
    assert verify(driven.url).clean


def test_told_again_it_changes_nothing(driven):
    made = driven.index.merge(BEA, ANN, replaced=REPLACED)
    again = driven.index.merge(BEA, ANN, replaced=REPLACED)
    assert (again.sequence, again.changed) == (made.sequence, False)
    driven.index.delete(ANN)
    assert not driven.index.merge(BEA, ANN, replaced=REPLACED).changed


@pytest.mark.parametrize(("subsumed", "survivor"), [(NOBODY, ANN), (BEA, NOBODY)])
@pytest.mark.parametrize("replaced", [REPLACED, None])
def test_neither_record_may_be_missing(driven, subsumed, survivor, replaced):
    persons, before = driven.persons(), logged(driven)
    with pytest.raises(RecordNotFound):
        driven.index.merge(subsumed, survivor, replaced=replaced)
    assert (driven.persons(), logged(driven)) == (persons, before)


def test_one_that_contradicts_another_leaves_the_record_where_it_is(driven):
    driven.index.supersede(Supersession("nhs-number", OTHER_NHS, "9990000034"))
    before = logged(driven)
    with pytest.raises(ContradictingDecision):
        driven.index.merge(BEA, ANN, replaced=REPLACED)
    assert (logged(driven), BEA in driven.persons()) == (before, True)


def test_without_an_identifier_it_is_a_deletion(driven):
    driven.index.merge(BEA, ANN)
    assert set(driven.persons()) == {ANN, CAT}
    assert not driven.index.supersessions()
