"""A service that asks to come back later is asked again, but not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from mpi.client import Client, Patience
from mpi.errors import IndexBusy, RequestRefused
from mpi.showing.serving import running

READY = {"status": "ready", "release": "r", "records": 1}
BUSY = {"code": "index-busy", "status": 503}


class Moody:
    """A service that refuses so often, and notes what it was asked."""

    def __init__(self) -> None:
        self.refusals: list[tuple[int, str]] = []
        self.asked: list[dict[str, str]] = []
        routes = [
            Route("/ready", self.answer),
            Route("/v1/decisions", self.decided, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes)

    async def answer(self, request: Request):
        return self._refusal(request) or JSONResponse(READY)

    async def decided(self, request: Request):
        done = {"sequence": 1, "changed": True, "persons": []}
        return self._refusal(request) or JSONResponse(done)

    def _refusal(self, request: Request):
        self.asked.append(dict(request.headers))
        if not self.refusals:
            return None
        status, after = self.refusals.pop(0)
        headers = {"retry-after": after, "content-type": "application/problem+json"}
        return JSONResponse(BUSY | {"status": status}, status, headers)


@pytest.fixture
def moody():
    return Moody()


@pytest.fixture
def asking(moody):
    """A client of it that does not wait, and how long it would have."""
    waits: list[float] = []
    patience = Patience(attempts=4, first=0.5, longest=20, sleep=waits.append)
    with running(moody.app) as url, Client(url, patience=patience) as client:
        yield client, waits


@pytest.mark.parametrize(
    ("refusals", "waits"),
    [
        ([], []),
        ([(503, "3")], [3.0]),
        ([(429, "0"), (503, "2")], [0.0, 2.0]),
        ([(503, "")], [0.5]),
        ([(503, ""), (503, "soon"), (503, "")], [0.5, 1.0, 2.0]),
    ],
)
def test_it_is_asked_again_when_it_says_so(moody, asking, refusals, waits):
    client, waited = asking
    moody.refusals = refusals
    assert client.ready().records == 1
    assert waited == waits


def test_a_date_says_when_as_well(moody, asking):
    client, waited = asking
    moody.refusals = [(503, format_datetime(datetime.now(UTC) + timedelta(seconds=10)))]
    client.ready()
    assert 8 < waited[0] <= 10


@pytest.mark.parametrize(
    ("refusals", "waits"),
    [([(503, "1")] * 4, [1.0, 1.0, 1.0]), ([(503, "3600")], []), ([(503, "15")] * 2, [15.0])],
    ids=["too often", "too long", "too long in all"],
)
def test_patience_ends(moody, asking, refusals, waits):
    client, waited = asking
    moody.refusals = refusals
    with pytest.raises(IndexBusy):
        client.ready()
    assert waited == waits


def test_other_refusals_are_final(moody, asking):
    client, waited = asking
    moody.refusals = [(500, "1")]
    with pytest.raises(IndexBusy):
        client.ready()
    assert waited == []


def test_every_request_has_its_own_id_and_a_repeated_one_the_same(moody, asking):
    client, _ = asking
    moody.refusals = [(503, "0")]
    client.ready()
    client.ready()
    first, again, other = (asked["x-request-id"] for asked in moody.asked)
    assert first == again != other


def test_a_repeated_change_has_one_idempotency_key(moody, asking):
    client, _ = asking
    moody.refusals = [(503, "0")]
    client.decide("same", "a|1", "b|2")
    client.decide("same", "a|1", "b|2", key="mine")
    first, again, other = (asked["idempotency-key"] for asked in moody.asked)
    assert first == again != other == "mine"


def test_a_proxy_in_between_may_answer_with_anything():
    async def proxy(request: Request):
        return PlainTextResponse("<html>Bad gateway</html>", 502)

    app = Starlette(routes=[Route("/ready", proxy)])
    with running(app) as url, Client(url) as client, pytest.raises(RequestRefused) as caught:
        client.ready()
    assert caught.value.where == {"status": 502}
    assert "html" not in caught.value.message


def test_who_asks_and_what_for_is_said():
    moody = Moody()
    with running(moody.app) as url, Client(url, token="t0k3n", purpose="TREAT") as client:
        client.ready()
    assert moody.asked[0]["authorization"] == "Bearer t0k3n"
    assert moody.asked[0]["x-purpose-of-use"] == "TREAT"
