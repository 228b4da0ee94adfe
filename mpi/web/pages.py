"""Signing in and out, the work list, how review stands, and the files of the pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from mpi.access.operations import Operation
from mpi.errors import MPIError
from mpi.index.review.room import ReviewRoom
from mpi.index.review.rules import Stream
from mpi.store.reviews import ADJUDICATION, DONE, OPEN
from mpi.web.design import OURS, design_system, own
from mpi.web.forms import FormDep
from mpi.web.gate import Gate, Visit
from mpi.web.rendering import ROOT, page
from mpi.web.sessions import Session, Sessions

router = APIRouter()


class NotSignedIn(Exception):
    """Nobody has signed in, or the session is over."""


def visiting(operation: Operation) -> object:
    """A dependency: the visit of a signed-in reviewer who may do an operation."""

    def visit(request: Request) -> Visit:
        session: Session = request.app.state.sessions.of(request)
        if not session.reviewer:
            raise NotSignedIn
        gate: Gate = request.app.state.gate
        return Visit(session, gate.question(request, session, operation))

    return Depends(visit)


def _room(request: Request) -> ReviewRoom:
    room: ReviewRoom = request.app.state.room
    return room


RoomDep = Annotated[ReviewRoom, Depends(_room)]
Looking = Annotated[Visit, visiting(Operation.LOOK_UP)]
Deciding = Annotated[Visit, visiting(Operation.DECIDE)]
Searching = Annotated[Visit, visiting(Operation.MATCH)]


def see(path: str) -> Response:
    """Go on to another page after a form."""
    return RedirectResponse(f"{ROOT}{path}", status_code=303)


@router.get("/sign-in")
def sign_in(request: Request) -> Response:
    """The form to sign in with; a session of nobody, so that it too is a form of ours."""
    response = page(request, "sign_in.html", _signing_in(request))
    sessions: Sessions = request.app.state.sessions
    if not sessions.of(request).form:
        begun = Session.begun()
        response = page(request, "sign_in.html", {**_signing_in(request), "session": begun})
        sessions.keep(response, begun, request)
    return response


def _signing_in(request: Request, wrong: str = "") -> dict[str, object]:
    return {"by_name": request.app.state.gate.by_name, "wrong": wrong}


@router.post("/sign-in")
def signed_in(request: Request, form: FormDep) -> Response:
    """Begin a session, with another secret than the one before it."""
    gate: Gate = request.app.state.gate
    try:
        begun = gate.admit(request, form.one("name"), form.one("token"), form.one("purpose"))
    except MPIError as error:
        said = " ".join((error.sentence(), error.detail)) if gate.by_name else error.sentence()
        return page(request, "sign_in.html", _signing_in(request, said))
    response = see("/")
    request.app.state.sessions.keep(response, begun, request)
    return response


@router.post("/sign-out")
def signed_out(request: Request, form: FormDep) -> Response:
    """End a session."""
    response = see("/sign-in")
    request.app.state.sessions.end(response)
    return response


@router.get("/")
def work_list(request: Request, visit: Looking, room: RoomDep, kept: str = "") -> Response:
    """What there is to do, by stream and priority."""
    counts = room.counts(visit.sight.sources)
    values = {
        "work": [
            (stream, counts.get((stream, OPEN), 0), counts.get((stream, DONE), 0))
            for stream in (Stream.OPERATIONAL, Stream.EVALUATION, Stream.TRAINING)
        ],
        "waiting": sum(n for (_, state), n in counts.items() if state == ADJUDICATION),
        "adjudicates": room.waiting(visit.reviewer, sight=visit.sight),
        "urgent": [task for task in room.urgent() if room.shows(task, visit.sight)],
        "lately": room.lately(visit.reviewer),
        "kept": kept,
    }
    visit.told()
    return page(request, "work_list.html", values)


@router.post("/refresh")
def refresh(request: Request, form: FormDep, visit: Deciding, room: RoomDep) -> Response:
    """Bring the operational list up to the index."""
    room.fill()
    visit.told()
    return see("/?kept=refreshed")


@router.get("/quality")
def quality(request: Request, visit: Looking, room: RoomDep) -> Response:
    """How far review has come, and how far reviewers agree."""
    found = room.quality()
    visit.told()
    return page(request, "quality.html", {"quality": found})


@router.get("/keys")
def keys(request: Request, visit: Looking) -> Response:
    """What the keys do, and the guidelines."""
    visit.told()
    return page(request, "keys.html", {})


@router.get("/static/{name}")
def static(name: str) -> Response:
    """The files that pages use; none of them is about anybody."""
    kinds = {**OURS, "design.css": "text/css"}
    content = design_system() if name == "design.css" else own(name)
    if content is None:
        raise HTTPException(404)
    response = Response(content, media_type=kinds[name])
    response.headers["cache-control"] = "private, max-age=300"
    return response
