"""What a client changes: records put and deleted, decisions made and undone."""

from __future__ import annotations

import pytest

from mpi.errors import (
    ContradictingDecision,
    IdempotencyConflict,
    InvalidRecord,
    NothingToUndo,
    RecordNotFound,
)

RECORD = {
    "source": "hjis",
    "version": "2026-01-02T00:00:00Z",
    "names": [{"given": "Zebedee", "family": "Quuxley"}],
    "birth_dates": ["1971-03-04"],
}
ELSE = {"names": [{"given": "Xanthe", "family": "Other"}], "birth_dates": ["2001-01-01"]}
KEYS = ("hjis|Z9", "hjis|Z10", "hjis|Z11")


@pytest.fixture
def put(matching):
    """Puts a record under a key, and takes it out again after the test."""
    known = []

    def put(source_id, **said):
        known.append(source_id)
        return matching.put(RECORD | {"source_id": source_id} | said)

    yield put
    for source_id in known:
        matching.delete("hjis", source_id)


def test_a_record_is_put_once_however_often_it_is_sent(matching, put):
    first, again = put("Z/1"), put("Z/1")
    assert (first.status, again.status) == ("created", "duplicate")
    assert first.searchable
    assert first.person_id == again.person_id
    assert again.sequence is None
    assert matching.person(first.person_id).person_id == first.person_id


def test_a_newer_version_takes_the_place_of_an_older_one(put):
    put("Z2")
    assert put("Z2", version="2026-01-03T00:00:00Z").status == "updated"
    assert put("Z2", version="2026-01-01T00:00:00Z").status == "stale"


def test_a_deleted_record_is_gone(matching, put):
    put("Z3")
    put("Z4")
    gone = matching.delete("hjis", "Z3")
    assert (gone.status, gone.person_id) == ("deleted", None)
    with pytest.raises(RecordNotFound):
        matching.explain("hjis|Z3", "hjis|Z4")


def test_a_decision_holds_until_it_is_undone(matching, put):
    put("Z5")
    put("Z6", **ELSE)
    assert not matching.explain("hjis|Z5", "hjis|Z6").one_person
    decided = matching.decide("same", "hjis|Z5", "hjis|Z6", reason="seen", by="a.reviewer")
    assert decided.changed
    assert matching.explain("hjis|Z5", "hjis|Z6").one_person
    matching.undo(decided.sequence, reason="by mistake")
    assert not matching.explain("hjis|Z5", "hjis|Z6").one_person
    with pytest.raises(NothingToUndo):
        matching.undo(decided.sequence)


def test_a_decision_that_contradicts_others_is_refused(matching, put):
    put("Z9")
    put("Z10", **ELSE)
    put("Z11")
    made = [matching.decide("same", *ends) for ends in (KEYS[:2], KEYS[1:])]
    with pytest.raises(ContradictingDecision):
        matching.decide("different", KEYS[0], KEYS[2])
    for each in made:
        matching.undo(each.sequence)


def test_another_request_under_a_used_key_is_refused(matching, put):
    put("Z7")
    record = RECORD | {"source_id": "Z7", "version": "2026-01-04T00:00:00Z"}
    matching.put(record, key="k1")
    assert matching.put(record, key="k1").status == "updated"
    with pytest.raises(IdempotencyConflict):
        matching.put(record | {"version": "2026-01-05T00:00:00Z"}, key="k1")


def test_a_record_without_the_form_of_one_is_refused(matching):
    with pytest.raises(InvalidRecord):
        matching.put({"source": "hjis", "source_id": "Z8", "colour": "blue"})
