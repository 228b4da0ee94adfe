"""A search for all records of an individual: what may be of it, what is ticked, what is added."""

from __future__ import annotations

from collections import Counter
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
from mpi.web.forms import Form, FormDep
from mpi.web.gate import Gate, Visit
from mpi.web.pages import Deciding, RoomDep
from mpi.web.persons import asked_for, typed
from mpi.web.rendering import page

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
    found = found_by(request.app.state.index, record, visit.sight)
    values = {"within": form.one("within"), "asked": typed(form), "kept": "", "found": len(found)}
    more = [*_keys(form, "shown"), *found]
    return searched(request, visit, room, looked, {**values, **ticks(form), "more": more})


def searched(
    request: Request, visit: Visit, room: ReviewRoom, looked: Looked, values: dict[str, Any]
) -> Response:
    """The page of a search, once it is written down whom it is about."""
    gate: Gate = request.app.state.gate
    question = gate.question(request, visit.session, Operation.MATCH)
    mine = looked.mine.records if looked.mine else ()
    values = {**_nothing(), **values}
    more = dict.fromkeys([*values["more"], *values["ticked"], *mine])
    case = room.search(looked.task, visit.sight, list(more))
    others = values.get("others", ())
    values |= {
        "case": case,
        "looked": looked,
        "task": looked.task,
        "ticked": frozenset(mine) | values["ticked"],
        "said_by": Counter(key for each in others for key in each.records),
        "more": more,
    }
    question.answered_about(sorted(case.persons))
    return page(request, "search_task.html", values)


def _nothing() -> dict[str, Any]:
    return {"asked": {}, "found": None, "ticked": frozenset(), "more": (), "others": ()} | {
        "last": "",
        "wrong": "",
        "kept": "",
    }


def ticks(form: Form) -> dict[str, Any]:
    """The records that a reviewer ticked, and those that they had found."""
    return {"ticked": frozenset(_keys(form, "record")), "more": _keys(form, "shown")}


def wrong_with(form: Form, drawn: RecordKey) -> str:
    """What is wrong with an answer to a search; empty if nothing is."""
    ticked = ticks(form)["ticked"] - {drawn}
    if form.one("verdict") == Verdict.SAME and not ticked:
        return TICK
    return TICKED if form.one("verdict") == Verdict.DIFFERENT and ticked else ""


def _keys(form: Form, name: str) -> list[RecordKey]:
    return [key_of(each) for each in form.all(name)]
