"""A search for all records of an individual: what may be of it, what is ticked, what is added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request, Response

from mpi.access.operations import Operation
from mpi.errors import TaskNotFound
from mpi.index.explain import key_of
from mpi.index.review.room import ReviewRoom
from mpi.index.review.rules import Kind, Verdict
from mpi.index.review.search_case import found_by
from mpi.index.review.turns import Looked
from mpi.records import RecordKey
from mpi.store.review_rows import Task
from mpi.web.forms import Form, FormDep
from mpi.web.gate import Gate, Visit
from mpi.web.pages import Deciding, RoomDep
from mpi.web.persons import asked_for, typed
from mpi.web.rendering import page
from mpi.web.sessions import Sessions

router = APIRouter()

TICK = "Tick the records that are of the same individual, or say that there is no other."
TICKED = "You have ticked records, and say that there is no other."


@router.post("/task/{task_id}/search")
def search(
    request: Request, task_id: str, form: FormDep, visit: Deciding, room: RoomDep
) -> Response:
    """Look for more records, and show them among the others; what is ticked stays so."""
    looked = room.look(task_id, visit.reviewer)
    if looked.task.kind != Kind.SEARCH:
        raise TaskNotFound
    gate: Gate = request.app.state.gate
    question = gate.question(request, visit.session, Operation.MATCH)
    record = question.askable(asked_for(form))
    question.require_demographic(record)
    index = request.app.state.index
    hits = found_by(index, room.store, looked.task, record, visit.sight)
    question.require_few(len(hits))
    found = [key for hit in hits for key in hit.records]
    values: dict[str, Any] = {
        "within": form.one("within"),
        "asked": typed(form),
        "kept": "",
        "found": len(found),
    }
    values |= ticks(request, form, visit, task_id)
    values["more"] = [*values["more"], *found]
    return searched(request, visit, room, looked, values)


def searched(
    request: Request, visit: Visit, room: ReviewRoom, looked: Looked, values: dict[str, Any]
) -> Response:
    """The page of a search, once it is written down whom it is about."""
    gate: Gate = request.app.state.gate
    question = gate.question(request, visit.session, Operation.MATCH)
    mine = looked.mine.records if looked.mine else ()
    values = {**_nothing(), **values}
    more = dict.fromkeys([*values["more"], *mine])
    case = room.search(looked.task, visit.sight, list(more))
    others = values.get("others", ())
    values |= {
        "case": case,
        "looked": looked,
        "task": looked.task,
        "ticked": frozenset(mine) | values["ticked"],
        "said_by": Counter(key for each in others for key in each.records),
        "shown": _marked(request, visit, looked.task, more.keys() & {r.key for r in case.rows}),
    }
    question.answered_about(sorted(case.persons))
    return page(request, "search_task.html", values)


def _nothing() -> dict[str, Any]:
    return {"asked": {}, "found": None, "ticked": frozenset(), "more": (), "others": ()} | {
        "last": "",
        "wrong": "",
        "kept": "",
    }


def ticks(request: Request, form: Form, visit: Visit, task_id: str) -> dict[str, Any]:
    """The records that a reviewer ticked, and those that they had found and this task showed."""
    sessions: Sessions = request.app.state.sessions
    said = [each.partition("|") for each in form.all("shown")]
    more = [
        key_of(key) for mark, _, key in said if sessions.marked(mark, task_id, visit.reviewer, key)
    ]
    return {"ticked": _ticked(form), "more": more}


def _marked(request: Request, visit: Visit, task: Task, keys: Iterable[RecordKey]) -> list[str]:
    """Records that a page shows, for its form to name them again; see `ticks`."""
    sessions: Sessions = request.app.state.sessions
    texts = ["|".join(key) for key in sorted(keys)]
    return [f"{sessions.mark(task.task_id, visit.reviewer, text)}|{text}" for text in texts]


def wrong_with(form: Form, drawn: RecordKey) -> str:
    """What is wrong with an answer to a search; empty if nothing is."""
    ticked = _ticked(form) - {drawn}
    if form.one("verdict") == Verdict.SAME and not ticked:
        return TICK
    return TICKED if form.one("verdict") == Verdict.DIFFERENT and ticked else ""


def _ticked(form: Form) -> frozenset[RecordKey]:
    return frozenset(key_of(each) for each in form.all("record"))
