"""A whole person: every record, the graph of links, the split tool; and searching for more."""

from __future__ import annotations

from collections import defaultdict

from fastapi import APIRouter, Request, Response

from mpi.access.sight import Sight
from mpi.errors import PersonNotFound, UsageError
from mpi.index.explain import key_of
from mpi.index.review.graph import FEW
from mpi.index.review.search import find, further
from mpi.index.review.split import MOST_RECORDS
from mpi.records import Identifier, Name, Record, RecordKey
from mpi.web.forms import Form, FormDep
from mpi.web.pages import Deciding, Looking, RoomDep, Searching, see
from mpi.web.rendering import page

router = APIRouter()
GROUPS = ("1", "2", "3", "4", "5")


@router.get("/person/{person_id}")
def person(
    request: Request,
    person_id: str,
    visit: Looking,
    room: RoomDep,
    kept: str = "",
    made: str = "",
) -> Response:
    """A person, every record in a row; `made` are the decisions of a split that led here."""
    found = _current(request, person_id, visit.sight)
    if found != person_id:
        return see(f"/person/{found}")
    case = room.person(person_id, visit.sight)
    visit.told(person_id)
    values = {
        "case": case,
        "groups": GROUPS,
        "kept": kept,
        "made": _sequences(made),
        "most": MOST_RECORDS,
        "many": FEW,
    }
    return page(request, "person.html", values)


def _current(request: Request, person_id: str, sight: Sight) -> str:
    """The id of the person that an id stands for now. Raises PersonNotFound, PersonGone."""
    found = request.app.state.index.person(person_id, sight)
    current = getattr(found, "current", None)
    if current is None:
        return person_id
    return str(min(current, key=lambda each: (-current[each], each)))


@router.post("/person/{person_id}/split")
def split(
    request: Request, person_id: str, form: FormDep, visit: Deciding, room: RoomDep
) -> Response:
    """Decide that the records of a person are of several individuals."""
    case = room.person(person_id, visit.sight)
    groups: defaultdict[str, list[RecordKey]] = defaultdict(list)
    for row in case.rows:
        groups[form.one(f"group-{row.number}") or "1"].append(row.key)
    reason = ", ".join(("review", "split"))
    made = room.split(groups.values(), visit.reviewer, reason)
    for group in groups.values():
        for key in group:
            visit.question.wrote(key.source, key.source_id, "split")
    first = room.person_of(sorted(groups.values(), key=len)[-1][0])
    return see(f"/person/{first}?made={'.'.join(map(str, made))}")


@router.post("/person/{person_id}/unsplit")
def unsplit(
    request: Request, person_id: str, form: FormDep, visit: Deciding, room: RoomDep
) -> Response:
    """Take back a split of one's own."""
    case = room.person(person_id, visit.sight)
    undone = room.unsplit(_sequences(form.one("made")), visit.reviewer)
    first = case.rows[0].key
    if undone.refusal is not None:
        visit.told(person_id)
        made = ".".join(map(str, undone.left))
        return see(f"/person/{room.person_of(first)}?made={made}&kept=refused")
    visit.question.wrote(first.source, first.source_id, "split undone")
    return see(f"/person/{room.person_of(first)}?kept=unsplit")


def _sequences(text: str) -> list[int]:
    """The numbers of decisions, as they are written between pages."""
    return [int(each) for each in text.split(".") if each.isdecimal() and len(each) < 10]


@router.post("/person/{person_id}/further")
def further_records(
    request: Request, person_id: str, form: FormDep, visit: Searching, room: RoomDep
) -> Response:
    """Other persons whom the records of a person match."""
    hits = further(request.app.state.index, room.store, person_id, visit.sight)
    visit.told(person_id, *(hit.person_id for hit in hits))
    values = {"hits": hits, "asked": None, "person_id": person_id, "searched": True}
    return page(request, "search.html", values)


@router.get("/search")
def search(request: Request, visit: Searching) -> Response:
    """The form to search with."""
    visit.told()
    return page(request, "search.html", _nothing())


def _nothing() -> dict[str, object]:
    return {"hits": [], "asked": {}, "person_id": None, "searched": False}


@router.post("/search")
def found(request: Request, form: FormDep, visit: Searching, room: RoomDep) -> Response:
    """The persons whom what was typed may be of; by POST, for addresses are kept in histories."""
    record = visit.question.askable(asked_for(form))
    visit.question.require_demographic(record)
    hits = find(request.app.state.index, record, visit.sight)
    visit.question.require_few(len(hits))
    visit.told(*(hit.person_id for hit in hits))
    values = {**_nothing(), "hits": hits, "asked": typed(form), "searched": True}
    return page(request, "search.html", values)


def typed(form: Form) -> dict[str, str]:
    """What was typed, for the fields to show it again."""
    return {name: form.one(name) for name in ("given", "family", "birth_date", "identifier")}


def asked_for(form: Form) -> Record:
    """What was typed as a record. Raises UsageError where it is nothing."""
    system, _, value = form.one("identifier").strip().partition(" ")
    record = Record(
        "",
        "",
        names=(Name(form.one("given").strip(), form.one("family").strip()),),
        birth_dates=(form.one("birth_date").strip(),),
        identifiers=(Identifier(system, value.strip()),) if value else (),
    )
    if record == Record("", "", names=(Name(),), birth_dates=("",)):
        raise UsageError("Type a name, a birth date or an identifier.")
    return record


@router.post("/compare")
def compare(request: Request, form: FormDep, visit: Deciding, room: RoomDep) -> Response:
    """Put two records on the operational list and open them."""
    left, right = key_of(form.one("left")), key_of(form.one("right"))
    if not (visit.sight.knows(left.source) and visit.sight.knows(right.source)):
        raise PersonNotFound()
    task = room.compare(left, right)
    visit.told()
    return see(f"/task/{task.task_id}?within=operational")
