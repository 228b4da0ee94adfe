"""What an answer about a whole person becomes: decisions, made and undone together."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mpi.errors import ContradictingDecision, MPIError, NothingToUndo, TaskClosed, UsageError
from mpi.index.decide import Decision
from mpi.index.decide import Verdict as Deciding
from mpi.index.index import Index
from mpi.index.review.decisions import Undone, decide_all, doubtful_joints, undo_all
from mpi.index.review.rules import Kind, Verdict
from mpi.index.review.turns import Said
from mpi.index.verify import verify
from mpi.model.thresholds import Thresholds
from mpi.store.schema import decision


@pytest.fixture
def index(url):
    with Index.open(url) as index:
        index.review_room().fill()
        yield index


@pytest.fixture
def room(index):
    return index.review_room()


def in_force(room):
    asked = select(decision).where(decision.c.undone.is_(None)).order_by(decision.c.sequence)
    with room.store.reviews() as reviews:
        return reviews.connection.execute(asked).all()


def joints(room, task):
    with room.store.reading() as view:
        return doubtful_joints(view, view.person_with(task.left).members)


def person_task(room, *, least=1):
    """A task about a person who hangs together by so many links that are less than certain."""
    tasks = [task for task in room.urgent(limit=500) if task.kind == Kind.PERSON]
    return next(task for task in tasks if len(joints(room, task)) >= least)


def one_person(room, task):
    """That all records of a person are of one individual."""
    rows = room.person(room.person_of(task.left)).rows
    return Said(Verdict.SAME, ("alias",), records=tuple(row.key for row in rows))


def connects(keys, pairs):
    """Whether pairs lead from any key to any other."""
    reached, ahead = set(), {min(keys)}
    while ahead:
        reached |= ahead
        ahead = {b for one, two in pairs for a, b in ((one, two), (two, one)) if a in ahead}
        ahead -= reached
    return reached == set(keys)


def test_the_joints_of_a_person_are_few_and_hold_it_together_with_the_certain_links(room):
    task = person_task(room)
    with room.store.reading() as view:
        members = view.person_with(task.left).members
        keys = {each.record_no: each.key for each in members}
        certain = Thresholds.from_dict(view.state.release.document["thresholds"]).conflict
        links = view.links_among(list(keys))
    sure = [(keys[a.record_l], keys[a.record_r]) for a in links if a.weight >= certain]
    found = joints(room, task)
    assert connects(keys.values(), [*sure, *found])
    for left_out in found:
        fewer = [pair for pair in found if pair != left_out]
        assert not connects(keys.values(), [*sure, *fewer])


def test_one_person_decides_each_joint_and_undoing_it_undoes_them_together(room, url):
    task = person_task(room)
    expected = joints(room, task)
    person, records = room.person_of(task.left), len(room.person(room.person_of(task.left)).rows)
    answer = room.answer(task.task_id, "ann", one_person(room, task))
    made = in_force(room)
    assert answer.decisions == tuple(each.sequence for each in made)
    found = {((d.l_source, d.l_source_id), (d.r_source, d.r_source_id)) for d in made}
    assert found == {(min(pair), max(pair)) for pair in expected}
    assert {(d.by, d.verdict, d.reason) for d in made} == {("ann", "same", "review, alias")}
    assert room.person_of(task.left) == person
    assert len(room.person(person).rows) == records
    assert room.look(task.task_id, "ann").mine.decisions == answer.decisions
    room.undo(task.task_id, "ann")
    assert in_force(room) == []
    assert room.look(task.task_id, "ann").task.state == "open"
    assert verify(url).clean


def test_one_person_that_was_undone_can_be_said_again(room):
    task = person_task(room)
    first = room.answer(task.task_id, "ann", one_person(room, task)).decisions
    room.undo(task.task_id, "ann")
    again = room.answer(task.task_id, "ann", one_person(room, task)).decisions
    assert len(again) == len(first)
    assert set(again).isdisjoint(first)
    assert [each.sequence for each in in_force(room)] == list(again)


def test_what_was_decided_before_is_not_undone_with_it(room, index):
    task = person_task(room)
    left, right = joints(room, task)[0]
    before = index.decide(Decision(Deciding.SAME, left, right, by="elsewhere")).sequence
    answer = room.answer(task.task_id, "ann", one_person(room, task))
    assert before not in answer.decisions
    room.undo(task.task_id, "ann")
    assert [each.sequence for each in in_force(room)] == [before]


def test_a_person_that_is_not_what_the_reviewer_saw_is_not_decided(room, index):
    task = person_task(room)
    seen = tuple(row.key for row in room.person(room.person_of(task.left)).rows)
    gone = next(key for key in seen if key != task.left)
    index.delete(gone)
    with pytest.raises(TaskClosed):
        room.answer(task.task_id, "ann", Said(Verdict.SAME, records=seen))
    assert in_force(room) == []
    looked = room.look(task.task_id, "ann")
    assert looked.mine is None
    assert looked.task.state == "open"


def test_of_decisions_of_which_one_is_refused_none_is_kept(room, index):
    first = next(task for task in room.urgent(limit=500) if task.kind == Kind.PAIR)
    third = next(
        row.key for row in room.person(room.person_of(first.right)).rows if row.key != first.right
    )
    index.decide(Decision(Deciding.SAME, first.right, third, by="elsewhere"))
    before = in_force(room)
    wanted = [
        Decision(Deciding.DIFFERENT, first.left, first.right, by="ann"),
        Decision(Deciding.SAME, first.left, third, by="ann"),
    ]
    with pytest.raises(ContradictingDecision):
        decide_all(index, wanted)
    assert in_force(room) == before


def test_a_split_is_undone_as_a_whole_and_by_who_made_it(room, url):
    case = next(
        case
        for task in room.urgent(limit=200)
        if len((case := room.person(room.person_of(task.left))).rows) >= 4
    )
    keys = [row.key for row in case.rows]
    made = room.split([keys[:2], keys[2:]], "ann", "review, split")
    assert len({room.person_of(key) for key in keys}) == 2
    for reviewer, sequences in (("ben", made), ("ann", ()), ("ann", (*made, 999_999))):
        with pytest.raises(NothingToUndo):
            room.unsplit(sequences, reviewer)
    room.unsplit(made, "ann")
    assert {room.person_of(key) for key in keys} == {case.person_id}
    with pytest.raises(MPIError):
        room.unsplit(made, "ann")
    assert verify(url).clean


def contradicted(room, index, left, right):
    """Say `same` of both and a third, by somebody else; returns what undoes that."""
    third = next(
        row.key
        for task in room.urgent(limit=500)
        for row in room.person(room.person_of(task.left)).rows
        if room.person_of(row.key) not in (room.person_of(left), room.person_of(right))
    )
    wanted = [Decision(Deciding.SAME, end, third, by="third") for end in (left, right)]
    return [index.decide(each).sequence for each in wanted]


def test_an_answer_whose_decision_cannot_be_undone_now_stands_and_is_undone_later(room, index):
    task = next(task for task in room.urgent(limit=500) if task.kind == Kind.PAIR)
    before = index.decide(Decision(Deciding.DIFFERENT, task.left, task.right, by="elsewhere"))
    room.answer(task.task_id, "ann", Said(Verdict.SAME))
    chain = contradicted(room, index, task.left, task.right)
    stands = in_force(room)
    with pytest.raises(ContradictingDecision):
        room.undo(task.task_id, "ann")
    assert in_force(room) == stands
    looked = room.look(task.task_id, "ann")
    assert (looked.mine.verdict, looked.task.state) == ("same", "done")
    index.undo(chain[0])
    assert room.undo(task.task_id, "ann").state == "open"
    assert [each.sequence for each in in_force(room)] == [before.sequence, chain[1]]


def test_of_decisions_of_which_one_cannot_be_undone_none_is(room, index, url):
    tasks = [task for task in room.urgent(limit=500) if task.kind == Kind.PAIR]
    one, other = [(task.left, task.right) for task in (tasks[0], tasks[-1])]
    index.decide(Decision(Deciding.DIFFERENT, *one, by="elsewhere"))
    wanted = [
        Decision(Deciding.SAME, *one, by="ann"),
        Decision(Deciding.DIFFERENT, *other, by="ann"),
    ]
    made = decide_all(index, wanted)
    chain = contradicted(room, index, *one)
    stands = sorted(said(each) for each in in_force(room))
    undone = undo_all(index, room.store, made, "ann")
    assert isinstance(undone.refusal, ContradictingDecision)
    assert sorted(said(each) for each in in_force(room)) == stands
    # the second was undone, and decided again
    assert undone.left == (made[0], in_force(room)[-1].sequence)
    index.undo(chain[0])
    assert undo_all(index, room.store, undone.left, "ann") == Undone()
    assert [each.by for each in in_force(room)] == ["elsewhere", "third"]
    assert verify(url).clean


def said(row):
    """A decision without its number."""
    return row.l_source_id, row.r_source_id, row.verdict, row.by


def test_an_answer_names_what_its_task_is_about(room):
    pair = next(task for task in room.urgent(limit=500) if task.kind == Kind.PAIR)
    person = person_task(room)
    cases = [
        (pair, Said(Verdict.SAME, records=(pair.left, pair.right))),
        (person, Said(Verdict.SAME)),
        (
            person,
            Said(
                Verdict.UNSURE,
                records=tuple(
                    each.key
                    for each in room.person(room.person_of(person.left)).rows
                    if each.key != person.left
                ),
            ),
        ),
    ]
    for task, said_of_it in cases:
        with pytest.raises(UsageError):
            room.answer(task.task_id, "ann", said_of_it)
        assert room.look(task.task_id, "ann").mine is None
    assert in_force(room) == []
