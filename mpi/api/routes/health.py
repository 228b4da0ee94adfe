"""For whatever watches the service: is it alive, can it answer, and how is it doing?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request, Response

from mpi.access.access import Access
from mpi.api.documented import REFUSALS, answer, problems
from mpi.api.metrics import MEDIA_TYPE
from mpi.api.routes.dependencies import IndexDep, MetricsDep, json_response
from mpi.api.schemas import Liveness, Readiness
from mpi.api.security import MonitorDep
from mpi.errors import AuditUnavailable, IndexStale, IndexUnreachable
from mpi.store.rows import State

router = APIRouter(tags=["Health"])

_ALIVE = {"status": "alive"}
_READY = {"status": "ready", "release": "synthetic-base", "records": 41207}
_METRICS = 'mpi_answers_total{method="GET",route="/health",status="200"} 1.0\n'


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
    responses={
        200: answer("It is ready.", _READY),
        **problems(IndexUnreachable, AuditUnavailable, IndexStale),
    },
)
def ready(index: IndexDep, request: Request) -> Response:
    """Ask whether the index can be read, the audit written, and what the index holds.

    Where there is a policy, neither the release nor the number of records is told: whoever watched
    them could see when somebody is taken in. An index that has been quiet for longer than the
    policy allows is not ready.
    """
    access: Access = request.app.state.access
    state = index.state()
    require_ready(access, state, datetime.now(UTC))
    if access.policy is not None:
        return json_response({"status": "ready", "release": None, "records": None})
    release = state.release.name if state.release else ""
    return json_response({"status": "ready", "release": release, "records": state.records})


def require_ready(access: Access, state: State, now: datetime) -> None:
    """Refuse where nothing could be answered or the index is stale.

    Raises AuditUnavailable, IndexStale.
    """
    if access.audit is not None and not access.audit.usable():
        raise AuditUnavailable
    hours = access.policy.document.service.stale_after_hours if access.policy else None
    if hours is None or not state.last_at:
        return
    if now - datetime.fromisoformat(state.last_at) > timedelta(hours=hours):
        raise IndexStale


@router.get(
    "/metrics",
    summary="How is it doing?",
    response_class=Response,
    responses={
        200: {
            "description": "Counters and timings, as Prometheus reads them.",
            "content": {"text/plain": {"example": _METRICS}},
        },
        **problems(*REFUSALS),
    },
)
def metrics(question: MonitorDep, counted: MetricsDep) -> Response:
    """Ask for what is counted: times and statuses by route, refusals, grades, ages of feeds.

    No path, identifier, person or client is in it. Where there is a policy, it is for clients that
    may monitor: how often what is asked is itself something to know.
    """
    question.answered_nothing()
    return Response(counted.exposition(), media_type=MEDIA_TYPE)
