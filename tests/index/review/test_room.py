"""Clerical review: who is asked, what becomes of answers, and what never may."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select

from mpi.errors import ContradictingDecision, RecordNotFound, TaskClosed, TaskNotFound
from mpi.index.decide import Decision
from mpi.index.decide import Verdict as Deciding
from mpi.index.index import Index
from mpi.index.judge import evaluate_labels
from mpi.index.review.rules import Kind, Stream, Verdict
from mpi.index.review.turns import Said
from mpi.index.sample import sample
from mpi.store.schema import decision
from mpi.training.labels import read_labels
from mpi.training.streams import Stream as LabelStream

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)
SAME, DIFFERENT, UNSURE = (Said(verdict) for verdict in Verdict)
EVALUATION, OPERATIONAL = [Stream.EVALUATION], [Stream.OPERATIONAL]


@pytest.fixture
def url(invented, tmp_path):
    return invented.copy_of_index(tmp_path / "mpi.db")


@pytest.fixture
def index(url):
    with Index.open(url) as index:
        yield index


@pytest.fixture
def room(index):
    return index.review_room()


@pytest.fixture
def drawn(url, room):
    sample(url, size=40)
    return room


@pytest.fixture
def listed(room):
    room.fill()
    return room


def decisions(index):
    """The decisions that are in force."""
    asked = select(decision).where(decision.c.undone.is_(None), decision.c.verdict != "unsure")
    with index.review_room().store.reviews() as reviews:
        return reviews.connection.execute(asked).all()


def state(room, task):
    return room.look(task.task_id, "nobody").task.state


def test_a_task_of_a_sample_is_given_to_two_reviewers_and_not_twice_to_one(drawn):
    for reviewer in ("ann", "ben"):
        seen = set()
        while task := drawn.next(reviewer, EVALUATION):
            assert task.task_id not in seen
            seen.add(task.task_id)
            drawn.answer(task.task_id, reviewer, SAME)
        assert len(seen) == 40
    assert drawn.next("cas", EVALUATION) is None
    assert drawn.counts() == {("evaluation", "done"): 40}


def test_two_reviewers_begin_at_one_task_and_a_third_at_another(drawn):
    given = [drawn.next(name, EVALUATION).task_id for name in ("ann", "ben", "cas")]
    assert given[0] == given[1] != given[2]


def test_what_was_begun_and_left_is_offered_to_others_after_a_while(listed):
    first = listed.next("ann", OPERATIONAL, at=AT)
    assert listed.next("ben", OPERATIONAL, at=AT).task_id != first.task_id
    later = AT + timedelta(minutes=31)
    assert listed.next("cas", OPERATIONAL, at=later).task_id == first.task_id


def test_a_reviewer_resumes_where_they_stopped(drawn):
    first = drawn.next("ann", EVALUATION)
    assert drawn.next("ann", EVALUATION) == first


def test_a_skipped_task_is_let_go_of_and_comes_again_after_the_last(drawn):
    first = drawn.next("ann", EVALUATION)
    second = drawn.next("ann", EVALUATION, after=first.task_id)
    assert second.task_id != first.task_id
    task = second
    for _ in range(39):
        task = drawn.next("ann", EVALUATION, after=task.task_id)
    assert task.task_id == first.task_id


@pytest.mark.parametrize("said", [(SAME, DIFFERENT), (UNSURE, SAME), (UNSURE, UNSURE)])
def test_who_disagree_or_cannot_tell_are_adjudicated_by_a_third(drawn, said):
    task = drawn.next("ann", EVALUATION)
    for reviewer, each in zip(("ann", "ben"), said, strict=True):
        drawn.answer(task.task_id, reviewer, each)
        assert drawn.next(reviewer, list(Stream), round_="adjudication") is None
    assert state(drawn, task) == "adjudication"
    assert drawn.next("cas", list(Stream), round_="adjudication").task_id == task.task_id
    drawn.answer(task.task_id, "cas", DIFFERENT)
    done = drawn.look(task.task_id, "cas").task
    assert (done.state, done.verdict) == ("done", "different")


def test_an_answer_that_was_undone_can_be_given_anew_and_says_that_the_weight_was_seen(drawn):
    task = drawn.next("ann", EVALUATION)
    assert not drawn.answer(task.task_id, "ann", SAME).saw_weight
    assert drawn.undo(task.task_id, "ann").state == "open"
    again = drawn.answer(task.task_id, "ann", DIFFERENT)
    assert again.saw_weight
    assert again.attempt == 2
    assert drawn.look(task.task_id, "ann").mine.verdict == "different"


def test_nobody_takes_back_what_was_adjudicated(drawn):
    task = drawn.next("ann", EVALUATION)
    drawn.answer(task.task_id, "ann", SAME)
    drawn.answer(task.task_id, "ben", DIFFERENT)
    drawn.answer(task.task_id, "cas", SAME)
    with pytest.raises(TaskClosed):
        drawn.undo(task.task_id, "ann")
    assert drawn.undo(task.task_id, "cas").state == "adjudication"
    assert drawn.undo(task.task_id, "ann").state == "open"


def test_time_on_a_task_is_from_its_beginning_to_its_answer(drawn):
    task = drawn.next("ann", EVALUATION, at=AT)
    answer = drawn.answer(task.task_id, "ann", SAME, at=AT + timedelta(seconds=17))
    assert answer.seconds == 17


def test_two_reviewers_at_one_task_at_one_moment_do_not_overwrite_each_other(listed, index):
    task = pair_of(listed)
    said = [("ann", SAME), ("ben", DIFFERENT), ("cas", DIFFERENT), ("dan", SAME)]
    with ThreadPoolExecutor(len(said)) as pool:
        asked = [pool.submit(listed.answer, task.task_id, name, each) for name, each in said]
    kept = [each.result() for each in asked if each.exception() is None]
    assert len(kept) == 1
    assert all(isinstance(e, TaskClosed) for each in asked if (e := each.exception()))
    (found,) = decisions(index)
    assert (found.by, found.verdict) == (kept[0].reviewer, kept[0].verdict)


def test_an_operational_answer_becomes_a_decision_with_reviewer_and_reasons(listed, index):
    task = pair_of(listed)
    said = Said(Verdict.DIFFERENT, ("twins", "too-little"), "they are twins")
    answer = listed.answer(task.task_id, "ann", said)
    (found,) = decisions(index)
    assert (found.sequence,) == answer.decisions
    assert found.by == "ann"
    assert found.reason == "review, twins, too-little"
    persons = {listed.person_of(key) for key in (task.left, task.right)}
    assert len(persons) == 2


def test_undoing_an_operational_answer_undoes_the_decision(listed, index):
    task = pair_of(listed)
    before = {listed.person_of(key) for key in (task.left, task.right)}
    listed.answer(task.task_id, "ann", SAME)
    assert len({listed.person_of(key) for key in (task.left, task.right)}) == 1
    listed.undo(task.task_id, "ann")
    assert decisions(index) == []
    assert {listed.person_of(key) for key in (task.left, task.right)} == before


def test_of_an_operational_task_that_nobody_can_tell_the_adjudicator_decides(listed, index):
    task = pair_of(listed)
    listed.answer(task.task_id, "ann", UNSURE)
    assert decisions(index) == []
    assert state(listed, task) == "adjudication"
    listed.answer(task.task_id, "ben", DIFFERENT)
    assert [each.by for each in decisions(index)] == ["ben"]


def test_a_decision_that_the_index_refuses_leaves_nothing_behind(listed, index):
    task = pair_of(listed)
    index.decide(Decision(Deciding.DIFFERENT, task.left, task.right, by="elsewhere"))
    third = next(
        row.key for row in listed.person(listed.person_of(task.right)).rows if row.key != task.right
    )
    index.decide(Decision(Deciding.SAME, task.right, third, by="elsewhere"))
    other = listed.compare(task.left, third)
    with pytest.raises(ContradictingDecision):
        listed.answer(other.task_id, "ann", SAME)
    assert state(listed, other) == "open"
    assert listed.look(other.task_id, "ann").mine is None
    listed.answer(other.task_id, "ann", DIFFERENT)


def test_labels_of_other_streams_are_never_decisions(drawn, index):
    task = drawn.next("ann", EVALUATION)
    before = drawn.person_of(task.left)
    for name in ("ann", "ben"):
        drawn.answer(task.task_id, name, DIFFERENT)
    assert decisions(index) == []
    assert drawn.person_of(task.left) == before


def test_filling_the_list_again_adds_nothing_and_takes_away_what_was_settled(listed, index):
    assert listed.fill().added == 0
    task = pair_of(listed)
    index.decide(Decision(Deciding.DIFFERENT, task.left, task.right, by="elsewhere"))
    assert listed.fill().withdrawn >= 1
    assert state(listed, task) == "withdrawn"


def test_the_most_doubtful_comes_first(listed):
    priorities = [task.priority for task in listed.urgent(limit=50)]
    assert priorities == sorted(priorities, reverse=True)
    assert len(priorities) > 1


def test_one_task_in_twenty_is_a_known_one_and_is_answered_once_by_each(drawn, tmp_path):
    known = tmp_path / "known.parquet"
    with drawn.store.reviews() as reviews:
        pairs = reviews.of_sample(Stream.EVALUATION)[:2]
    rows = [
        {
            "source_l": task.left.source,
            "source_id_l": task.left.source_id,
            "source_r": task.right.source,
            "source_id_r": task.right.source_id,
            "label": "same",
        }
        for task in pairs
    ]
    pq.write_table(pa.Table.from_pylist(rows), known)
    assert drawn.fill(known).known == 2
    met = {task.task_id for task in pairs}
    streams = []
    while task := drawn.next("ann", EVALUATION):
        streams.append(task.stream)
        drawn.answer(task.task_id, "ann", SAME)
    # a pair that somebody has judged anyway cannot check them
    assert met <= {task.task_id for task, _ in drawn.lately("ann", limit=100)}
    assert streams.count("known") <= 2
    assert len(streams) == 40 + streams.count("known")


def test_labels_come_out_as_they_are_read_and_judge_the_index(drawn, url, tmp_path):
    path = tmp_path / "labels.parquet"
    first = drawn.next("ann", EVALUATION)
    for name in ("ann", "ben"):
        drawn.answer(first.task_id, name, SAME)
    second = drawn.next("ann", EVALUATION)
    drawn.answer(second.task_id, "ann", SAME)
    assert drawn.labels(path, stream=LabelStream.EVALUATION) == 40
    table = read_labels(path, LabelStream.EVALUATION).table
    rows = pq.read_table(path).to_pylist()
    assert [row["label"] for row in rows].count("same") == 1
    assert {row["reviewer"] for row in rows if row["label"]} == {"ann; ben"}
    assert len(table) == 40
    judged = evaluate_labels(url, path)
    assert judged.labels["same"] == 1
    assert judged.speaks_for == pytest.approx(1.0)


def test_a_sample_is_put_on_the_list_once(url, drawn):
    sample(url, size=40)
    assert drawn.counts() == {("evaluation", "open"): 40}


def test_a_split_makes_exactly_the_groups_that_were_said(listed, index):
    person = next(
        case
        for task in listed.urgent(limit=200)
        if len((case := listed.person(listed.person_of(task.left))).rows) >= 4
    )
    keys = [row.key for row in person.rows]
    groups = [keys[:2], keys[2:]]
    listed.split(groups, "ann", "review, split")
    assert {listed.person_of(key) for key in groups[0]}.isdisjoint(
        {listed.person_of(key) for key in groups[1]}
    )
    for group in groups:
        assert len({listed.person_of(key) for key in group}) == 1
    assert {each.by for each in decisions(index)} == {"ann"}


def test_tasks_that_are_not_there_are_not_found(room):
    with pytest.raises(TaskNotFound):
        room.answer("0000000000000000", "ann", SAME)
    with pytest.raises(TaskNotFound):
        room.look("0000000000000000", "ann")


def test_the_case_of_a_blind_task_says_nothing_of_what_the_index_thinks(drawn):
    task = drawn.next("ann", EVALUATION)
    case = drawn.pair(task)
    assert case.together is None
    assert {side.person_id for side in case.sides} == {None}


def test_a_record_that_has_left_the_index_ends_its_tasks(drawn, index):
    task = drawn.next("ann", EVALUATION)
    index.delete(task.left)
    with pytest.raises(RecordNotFound):
        drawn.pair(task)


def pair_of(room):
    """The most urgent pair on the operational list."""
    return next(task for task in room.urgent(limit=100) if task.kind == Kind.PAIR)
