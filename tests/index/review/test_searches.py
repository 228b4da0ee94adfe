"""Searches for all records of an individual: drawn, searched for by two, and what they then say."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from mpi.access.sight import Sight
from mpi.errors import InvalidLabels, NothingToSample, RecordNotFound, TaskNotFound, UsageError
from mpi.index.decide import Decision, Seal
from mpi.index.decide import Verdict as Deciding
from mpi.index.index import Index
from mpi.index.review.rules import Kind, Stream, Verdict
from mpi.index.review.search_case import found_by
from mpi.index.review.turns import Said
from mpi.linking.intake import record_of
from mpi.records import RecordKey
from mpi.sources import load_sources
from mpi.training.streams import Stream as LabelStream

SIZE = 30
EVALUATION = [Stream.EVALUATION]


@pytest.fixture
def index(url):
    with Index.open(url) as index:
        yield index


@pytest.fixture
def room(index):
    room = index.review_room()
    room.draw_searches(size=SIZE)
    return room


@pytest.fixture
def of_one(invented):
    """The records of an individual, by any of them."""
    truth = pq.read_table(invented.truth).to_pylist()
    person = {RecordKey(row["source"], row["source_id"]): row["person"] for row in truth}
    return lambda key: tuple(sorted(k for k in person if person[k] == person[key]))


def say(room, of_one, reviewer):
    """Answer every search as the truth has it, in the order given."""
    while (task := room.next(reviewer, EVALUATION)) is not None:
        found = of_one(task.left)
        alone = Said(Verdict.DIFFERENT)
        said = Said(Verdict.SAME, records=found) if len(found) > 1 else alone
        room.answer(task.task_id, reviewer, said)


def test_records_are_drawn_once_with_their_probability(room):
    assert room.draw_searches(size=SIZE).drawn == SIZE
    with room.store.reviews() as reviews:
        tasks = reviews.of_sample(Stream.EVALUATION)
    assert len(tasks) == SIZE == len({task.left for task in tasks})
    assert {(task.kind, task.right) for task in tasks} == {(Kind.SEARCH, None)}
    held = room.store.state().counts["record"]
    assert {task.inclusion_probability for task in tasks} == {SIZE / held}
    assert room.counts() == {("evaluation", "open"): SIZE}


def test_what_two_found_is_the_recall_of_the_index(room, of_one, index):
    for reviewer in ("ann", "ben"):
        say(room, of_one, reviewer)
    assert room.counts() == {("evaluation", "done"): SIZE}
    found = room.judge_searches()
    assert (found.drawn, found.done, found.unsure, found.gone) == (SIZE, SIZE, 0, 0)
    assert found.warnings == ()
    with room.store.reviews() as reviews:
        tasks = reviews.of_sample(Stream.EVALUATION)
    right = pairs = 0.0
    for task in tasks:
        records = of_one(task.left)
        persons = [room.person_of(key) for key in records]
        right += sum(persons.count(each) - 1 for each in persons) / len(records)
        pairs += len(records) - 1
    assert found.recall.estimate == pytest.approx(right / pairs)
    assert found.recall.low < found.recall.estimate <= found.recall.high


def test_a_record_that_is_split_off_is_seen_to_be_lacking(room, of_one, index):
    for reviewer in ("ann", "ben"):
        say(room, of_one, reviewer)
    before = room.judge_searches()
    with room.store.reviews() as reviews:
        tasks = reviews.of_sample(Stream.EVALUATION)
    whole = next(
        keys
        for task in tasks
        if len(keys := of_one(task.left)) > 1 and len({room.person_of(key) for key in keys}) == 1
    )
    room.split([whole[:1], whole[1:]], "cas", "review, split")
    after = room.judge_searches()
    assert after.lacking > before.lacking
    assert after.recall.estimate < before.recall.estimate
    assert after.complete.estimate < before.complete.estimate


def test_who_find_other_records_are_adjudicated(room, of_one):
    with room.store.reviews() as reviews:
        tasks = reviews.of_sample(Stream.EVALUATION)
    task = next(task for task in tasks if len(of_one(task.left)) > 2)
    records = of_one(task.left)
    room.answer(task.task_id, "ann", Said(Verdict.SAME, records=records))
    room.answer(task.task_id, "ben", Said(Verdict.SAME, records=records[:-1]))
    assert room.look(task.task_id, "cas").task.state == "adjudication"
    room.answer(task.task_id, "cas", Said(Verdict.SAME, records=records))
    assert room.look(task.task_id, "cas").task.state == "done"
    assert room.judge_searches().done == 1


def test_a_case_shows_both_what_the_index_has_together_and_what_it_has_apart(room, index):
    with room.store.reviews() as reviews:
        tasks = reviews.of_sample(Stream.EVALUATION)
    task = next(t for t in tasks if len(room.person(room.person_of(t.left)).rows) > 2)
    members = {row.key for row in room.person(room.person_of(task.left)).rows}
    case = room.search(task)
    assert case.drawn.key == task.left
    assert members - {task.left} <= {row.key for row in case.rows}
    assert not any(row.golden or any(cell.odd for cell in row.cells) for row in case.rows)
    apart = next(iter(members - {task.left}))
    index.decide(Decision(Deciding.DIFFERENT, task.left, apart, by="elsewhere"))
    again = room.search(task)
    # the same rows in the same order: nothing tells which are together
    assert [row.key for row in again.rows] == [row.key for row in case.rows]


def test_what_a_reviewer_found_beside_is_shown_too(room):
    with room.store.reviews() as reviews:
        first, second = reviews.of_sample(Stream.EVALUATION)[:2]
    beside = room.search(first, more=[second.left, RecordKey("nomis", "no such record")])
    assert second.left in {row.key for row in beside.rows}


def test_a_reviewer_from_whom_something_is_kept_is_not_asked_to_find_all(room):
    sight = Sight(sources=frozenset({"pds", "nomis", "ndelius", "hjis"}))
    assert room.next("ann", EVALUATION, sight=sight) is None
    task = room.next("ann", EVALUATION)
    assert not room.shows(task, sight)
    with pytest.raises(TaskNotFound):
        room.search(task, sight)


def test_searches_are_no_labels_and_check_nobody(room, of_one, tmp_path):
    for reviewer in ("ann", "ben"):
        say(room, of_one, reviewer)
    assert room.fill().known == 0
    with room.store.reviews() as reviews:
        (name,) = reviews.samples(Stream.EVALUATION, Kind.SEARCH)
    with pytest.raises(InvalidLabels):
        room.labels(tmp_path / "labels.csv", stream=LabelStream.EVALUATION, sample=name)
    assert room.quality().agreement == {}
    assert {each.answered for each in room.quality().reviewers} == {SIZE}


def test_an_erased_record_is_in_no_answer(room, of_one, index):
    for reviewer in ("ann", "ben"):
        say(room, of_one, reviewer)
    with room.store.reviews() as reviews:
        tasks = reviews.of_sample(Stream.EVALUATION)
    task = next(t for t in tasks if len(of_one(t.left)) > 2)
    gone = next(key for key in of_one(task.left) if key not in {t.left for t in tasks})
    index.erase(gone, "request", "ann")
    for each in room.answers(task.task_id):
        assert gone not in each.records
        assert each.records


@pytest.mark.parametrize("size", [0, -1])
def test_nothing_is_drawn_of_a_size_that_is_none(index, size):
    with pytest.raises(UsageError):
        index.review_room().draw_searches(size=size)


def test_without_a_search_there_is_nothing_to_judge_by(index, room):
    with pytest.raises(NothingToSample):
        room.judge_searches()


def test_an_answer_to_a_search_names_other_records_that_are_there_and_may_be_seen(room, index):
    with room.store.reviews() as reviews:
        task, other = reviews.of_sample(Stream.EVALUATION)[:2]
    nobody, drawn, beside = RecordKey("pds", "no such"), task.left, other.left
    whole, without = Sight(), Sight(sources=frozenset(load_sources()) - {beside.source})
    cases = [
        (UsageError, Verdict.SAME, (), whole),
        (UsageError, Verdict.SAME, (drawn,), whole),
        (UsageError, Verdict.DIFFERENT, (beside,), whole),
        (RecordNotFound, Verdict.SAME, (nobody,), whole),
        (RecordNotFound, Verdict.UNSURE, (beside, nobody), whole),
        (RecordNotFound, Verdict.SAME, (beside,), without),
    ]
    for error, verdict, records, sight in cases:
        with pytest.raises(error):
            room.answer(task.task_id, "ann", Said(verdict, records=records), sight=sight)
        assert room.look(task.task_id, "ann").mine is None
    kept = room.answer(task.task_id, "ann", Said(Verdict.SAME, records=(drawn, beside)))
    assert kept.records == (beside,)
    assert room.answer(task.task_id, "ben", Said(Verdict.SAME, records=(beside,))).records
    assert room.look(task.task_id, "cas").task.state == "done"


def test_nothing_that_a_seal_keeps_apart_is_found_shown_or_named(room, index):
    with room.store.reviews() as reviews:
        first, second = reviews.of_sample(Stream.EVALUATION)[:2]
    beside = second.left
    with room.store.reading() as view:
        record = record_of(next(view.records(view.person_with(beside).anchors)).payload)
    assert beside in {
        key for hit in found_by(index, room.store, first, record) for key in hit.records
    }
    index.seal(Seal((first.left,), (beside,)))
    hits = found_by(index, room.store, first, record)
    assert beside not in {key for hit in hits for key in hit.records}
    assert beside not in {row.key for row in room.search(first, more=[beside]).rows}
    with pytest.raises(RecordNotFound):
        room.answer(first.task_id, "ann", Said(Verdict.SAME, records=(beside,)))
