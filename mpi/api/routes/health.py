"""For whatever watches the service: is it alive, and can it answer?"""

from __future__ import annotations

from fastapi import APIRouter, Response

from mpi.api.documented import answer, problems
from mpi.api.routes.dependencies import IndexDep, json_response
from mpi.api.schemas import Liveness, Readiness
from mpi.errors import IndexUnreachable

router = APIRouter(tags=["Health"])

_ALIVE = {"status": "alive"}
_READY = {"status": "ready", "release": "synthetic-base", "records": 41207}


@router.get(
    "/health",
    summary="Is the process alive?",
    response_model=Liveness,
    responses={200: answer("It is alive.", _ALIVE)},
)
def health() -> Response:
    """Ask whether the process answers; touches nothing else."""
    return json_response(_ALIVE)


@router.get(
    "/ready",
    summary="Can it answer?",
    response_model=Readiness,
    responses={200: answer("It is ready.", _READY), **problems(IndexUnreachable)},
)
def ready(index: IndexDep) -> Response:
    """Ask whether the index can be read, and what it holds."""
    state = index.state()
    release = state.release.name if state.release else ""
    records = state.counts.get("record", 0)
    return json_response({"status": "ready", "release": release, "records": records})
