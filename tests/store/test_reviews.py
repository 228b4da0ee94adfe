"""Verbs of clerical review, on every store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mpi.records import RecordKey
from mpi.store.review_erasure import forget
from mpi.store.review_rows import Answer, Task
from mpi.store.reviews import DONE, OPEN, WITHDRAWN, Wanted

AT = "2026-02-01T09:00:00.000Z"
EARLIER = "2026-02-01T08:00:00.000Z"
LATER = "2026-02-01T10:00:00.000Z"
LEFT, RIGHT = RecordKey("nomis", "1"), RecordKey("pds", "2")
NEEDED = {"operational": 1, "evaluation": 2}
WANTED = Wanted(NEEDED, "answer", EARLIER)


def task(name, priority=0, stream="operational", **given):
    values = {
        "kind": "pair",
        "state": OPEN,
        "left": LEFT,
        "right": RIGHT,
        "l_version": "",
        "r_version": "",
        "why": "weight",
        **given,
    }
    return Task(task_id=name, priority=priority, stream=stream, **values)


@pytest.fixture
def listed(linked):
    with linked.reviewing() as reviews:
        reviews.add([task("a", 1), task("b", 9), task("c", 5, "evaluation")])
    return linked


def test_what_was_written_is_read_again(listed):
    drawn = task("d", 2, "evaluation", sample="one", stratum="s1", inclusion_probability=0.25)
    person = task("e", right=None, r_version=None, kind="person")
    given = (AT, LATER, "same", ("twins",), "no", 7, True, None)
    said = Answer("d", "ann", 1, *given, decisions=(4, 9), records=(LEFT, RIGHT))
    another = Answer("d", "ben", 1, *given, decisions=(5,))
    with listed.reviewing() as reviews:
        assert reviews.add([drawn, person]) == 2
        for each in (said, another):
            reviews.begin("answer", Answer("d", each.reviewer, 1, AT))
            reviews.keep("answer", each._replace(decisions=(1,)))
            reviews.keep("answer", each)
    with listed.reviews() as reviews:
        assert reviews.task("d") == drawn
        assert reviews.task("e") == person
        assert reviews.attempts(["d"], "answer") == [said, another]
        assert reviews.last_of("ann", "answer", limit=5) == [said]
        assert reviews.attempts(["d"], "adjudication") == []


def test_the_most_urgent_comes_first_and_then_what_follows(listed):
    with listed.reviewing() as reviews:
        first = reviews.next_for("ann", WANTED)
        second = reviews.next_for("ann", Wanted(NEEDED, "answer", EARLIER, first))
    assert [first.task_id, second.task_id] == ["b", "c"]


def test_a_task_is_added_once_and_comes_back_when_it_was_withdrawn(listed):
    with listed.reviewing() as reviews:
        assert reviews.add([task("a", 1)]) == 0
        assert reviews.withdraw("operational", {"b"}) == 1
        assert reviews.task("a").state == WITHDRAWN
        assert reviews.add([task("a", 1)]) == 1
        assert reviews.task("a").state == OPEN


def test_what_somebody_has_begun_is_not_withdrawn(listed):
    with listed.reviewing() as reviews:
        reviews.begin("answer", Answer("a", "ann", 1, AT))
        assert reviews.withdraw("operational", set()) == 1
        assert reviews.task("a").state == OPEN


def test_records_of_unknown_sources_are_not_given(listed):
    few = Wanted(NEEDED, "answer", EARLIER, sources=frozenset({"nomis"}))
    both = Wanted(NEEDED, "answer", EARLIER, sources=frozenset({"nomis", "pds"}))
    with listed.reviews() as reviews:
        assert reviews.next_for("ann", few) is None
        assert reviews.next_for("ann", both).task_id == "b"


def test_whoever_holds_a_task_comes_first(listed):
    """Each counts the answers that it finds and adds one; together they must count to the end."""

    def answer(name):
        with listed.reviewing() as reviews:
            held = reviews.task("b", hold=True)
            if held.state == OPEN:
                reviews.begin("answer", Answer("b", name, 1, AT, LATER, "same"))
                reviews.settle("b", DONE, "same")
            return held.state

    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(answer, ("ann", "ben", "cas", "dan")))
    assert sorted(seen) == [DONE, DONE, DONE, OPEN]
    with listed.reviews() as reviews:
        assert len(reviews.attempts(["b"], "answer")) == 1


def test_an_erased_record_is_in_no_task_and_no_comment_is_left(listed):
    with listed.reviewing() as reviews:
        reviews.begin("answer", Answer("a", "ann", 1, AT, LATER, "same", (), "of 1 in nomis"))
        reviews.settle("b", DONE, "same")
        forget(reviews.connection, LEFT, "~pseudonym")
    with listed.reviews() as reviews:
        assert reviews.task("a").left == RecordKey("nomis", "~pseudonym")
        assert reviews.task("a").state == WITHDRAWN
        assert reviews.task("b").state == DONE
        assert reviews.attempts(["a"], "answer")[0].comment == ""
