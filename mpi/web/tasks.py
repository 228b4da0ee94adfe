"""One task: two records side by side, what the reviewer says of them, and what came of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from mpi.access.operations import Operation
from mpi.errors import NotMatchable, NotPermitted, RecordNotFound, TaskNotFound
from mpi.index.explain import Explanation, key_of
from mpi.index.review.room import ReviewRoom
from mpi.index.review.rules import BLIND, REASONS, Kind, Stream, Verdict
from mpi.index.review.turns import Looked, Said
from mpi.store.review_parts import Round
from mpi.store.review_rows import Task
from mpi.web.forms import Form, FormDep
from mpi.web.gate import Gate, Visit
from mpi.web.pages import Deciding, Looking, RoomDep, see
from mpi.web.rendering import page
from mpi.web.searching import searched, ticks, wrong_with

router = APIRouter()
LISTS = (*(Stream.OPERATIONAL, Stream.EVALUATION, Stream.TRAINING), "adjudication")


@router.post("/next")
def following(request: Request, form: FormDep, visit: Deciding, room: RoomDep) -> Response:
    """Take the next task of a list; with `after`, let go of that one."""
    visit.told()
    return _next(room, visit, _list(form), after=form.one("after") or None)


@router.get("/task/{task_id}")
def task(
    request: Request, task_id: str, visit: Looking, room: RoomDep, within: str = "", kept: str = ""
) -> Response:
    """A task: to answer, or what was said of it."""
    looked = room.look(task_id, visit.reviewer)
    return _shown(request, visit, room, looked, {"within": _within(looked, within), "kept": kept})


@router.post("/task/{task_id}")
def answer(
    request: Request, task_id: str, form: FormDep, visit: Deciding, room: RoomDep
) -> Response:
    """Keep what a reviewer says, and give them the next task."""
    looked = room.look(task_id, visit.reviewer)
    wrong = _wrong_with(form, looked.task)
    if wrong:
        values = {
            "within": _list(form),
            "kept": "",
            "wrong": wrong,
            **ticks(request, form, visit, task_id),
        }
        return _shown(request, visit, room, looked, values)
    said = Said(
        Verdict(form.one("verdict")),
        tuple(code for code in REASONS if code in form.all("reason")),
        form.one("comment").strip(),
        tuple(key_of(each) for each in form.all("record")),
    )
    _require_shown(room, visit, task_id)
    room.answer(task_id, visit.reviewer, said, sight=visit.sight)
    looked = room.look(task_id, visit.reviewer)
    visit.question.wrote("review", task_id, f"answered {said.verdict}")
    task = looked.task
    if task.kind == Kind.PERSON and said.verdict is Verdict.DIFFERENT:
        return see(f"/person/{room.person_of(task.left)}#split")
    return _next(room, visit, _list(form), kept=task_id)


@router.post("/task/{task_id}/undo")
def undo(request: Request, task_id: str, form: FormDep, visit: Deciding, room: RoomDep) -> Response:
    """Take back what a reviewer said, and show them the task again."""
    _require_shown(room, visit, task_id)
    room.undo(task_id, visit.reviewer)
    visit.question.wrote("review", task_id, "undone")
    return see(f"/task/{task_id}?within={_list(form)}&kept=undone")


def _wrong_with(form: Form, task: Task) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if form.one("verdict") not in set(Verdict):
        return "Choose one of the three answers."
    return wrong_with(form, task.left) if task.kind == Kind.SEARCH else ""


def _require_shown(room: ReviewRoom, visit: Visit, task_id: str) -> None:
    """Raise TaskNotFound for a task that the reviewer may not be shown."""
    if not room.shows(room.look(task_id, visit.reviewer).task, visit.sight):
        raise TaskNotFound


def _next(
    room: ReviewRoom, visit: Visit, within: str, *, after: str | None = None, kept: str = ""
) -> Response:
    streams = list(Stream) if within == "adjudication" else [Stream(within)]
    round_: Round = "adjudication" if within == "adjudication" else "answer"
    sight = visit.sight
    found = room.next(visit.reviewer, streams, after=after, round_=round_, sight=sight)
    if found is not None and not room.shows(found, sight):
        # begun before somebody became restricted: left to a reviewer from whom nothing is kept
        after = found.task_id
        found = room.next(visit.reviewer, streams, after=after, round_=round_, sight=sight)
    if found is None:
        return see(f"/?kept={kept or 'done'}")
    return see(f"/task/{found.task_id}?within={within}" + (f"&kept={kept}" if kept else ""))


def _list(form: Form) -> str:
    """The list that a reviewer works through."""
    within = form.one("within")
    return within if within in LISTS else Stream.OPERATIONAL


def _within(looked: Looked, asked: str) -> str:
    """The list that a task is shown in; a known one passes for one of a sample."""
    if asked in LISTS:
        return asked
    if looked.round == "adjudication":
        return "adjudication"
    stream = looked.task.stream
    return Stream.EVALUATION if stream == Stream.KNOWN else stream


def _shown(
    request: Request, visit: Visit, room: ReviewRoom, looked: Looked, values: dict[str, Any]
) -> Response:
    """The page of a task, once it is written down whom it is about."""
    task = looked.task
    ends = [task.left] if task.right is None else [task.left, task.right]
    persons = [room.person_of(key) for key in ends]
    if None in persons:
        raise RecordNotFound("A record of this task has left the index. Take the next one.")
    values = {"wrong": "", **values, **_what_was_said(request, visit, room, looked)}
    values |= {"task": task, "looked": looked, "blind": task.stream in BLIND}
    if task.kind == Kind.SEARCH:
        return searched(request, visit, room, looked, values)
    if task.right is None:
        values |= {"case": room.person(str(persons[0]), visit.sight)}
        visit.told(*persons)
        return page(request, "person_task.html", values)
    values |= {"case": room.pair(task, visit.sight)}
    visit.told(*persons)
    return page(request, "task.html", values)


def _what_was_said(
    request: Request, visit: Visit, room: ReviewRoom, looked: Looked
) -> dict[str, Any]:
    """Before a decision what others said, to an adjudicator; after it why the index thinks so."""
    task, mine = looked.task, looked.mine
    adjudicates = looked.open and looked.round == "adjudication"
    last = next((each.task_id for _, each in room.lately(visit.reviewer, limit=1)), "")
    return {
        "others": room.answers(task.task_id) if adjudicates else [],
        "last": last if last != task.task_id else "",
        "explanation": _explained(request, visit, task) if mine is not None else None,
    }


def _explained(request: Request, visit: Visit, task: Task) -> object:
    """Why the index takes the two records for one person or two; None where it cannot be told.

    It tells of every identifier system, so it needs the right to explain as well.
    """
    may = visit.question.may(Operation.EXPLAIN)
    if task.right is None or task.stream == Stream.KNOWN or not may:
        return None
    gate: Gate = request.app.state.gate
    left, right = ("|".join(key) for key in (task.left, task.right))
    try:
        question = gate.question(request, visit.session, Operation.EXPLAIN)
        question.require_whole_sight()
        explained: Explanation = request.app.state.index.explain(
            left, right, withhold=True, sight=visit.sight
        )
    except (NotPermitted, NotMatchable):
        return None
    question.answered_about(explained.persons)
    return explained
