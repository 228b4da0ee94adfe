"""Sessions and forms: what is not from a signed-in reviewer's own page does nothing."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from mpi.index.review.rules import Stream
from mpi.web.app import HEADERS
from mpi.web.local import local_pages
from mpi.web.sessions import COOKIE, Session, Sessions
from tests.web.conftest import SECRET

HERE = "http://127.0.0.1:8001"


@pytest.fixture(scope="module")
def app(index):
    return local_pages(index, SECRET)


@pytest.fixture
def client(app):
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        yield client


def secret_of(page):
    return re.search(r'name="form" value="([^"]+)"', page.text).group(1)


def signed_in(client, name="Ann"):
    """Sign in; returns the secret that forms repeat."""
    form = secret_of(client.get("/review/sign-in"))
    answer = client.post("/review/sign-in", data={"form": form, "name": name})
    assert answer.status_code == 303
    return secret_of(client.get("/review/"))


@pytest.mark.parametrize("path", ["", "search", "quality", "keys", "task/1", "person/1"])
def test_nothing_is_shown_to_who_has_not_signed_in(client, path):
    answer = client.get(f"/review/{path}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/review/sign-in"


@pytest.mark.parametrize("path", ["next", "refresh", "task/1", "task/1/undo", "compare", "search"])
def test_a_form_without_the_secret_of_the_session_does_nothing(client, room, path):
    signed_in(client)
    before = room.counts()
    for data in ({}, {"form": "wrong"}, {"form": Session.begun("Ann").form}):
        assert client.post(f"/review/{path}", data=data).status_code == 403
    assert room.counts() == before


def test_a_form_with_the_secret_of_another_session_does_nothing(app, room):
    with (
        TestClient(app, base_url=HERE, follow_redirects=False) as one,
        TestClient(app, base_url=HERE, follow_redirects=False) as other,
    ):
        signed_in(one, "Ann")
        stolen = signed_in(other, "Ben")
        data = {"form": stolen, "within": "evaluation"}
        assert one.post("/review/next", data=data).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example.org"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_sent_by_another_sites_page_does_nothing(client, headers):
    form = signed_in(client)
    data = {"form": form, "within": "evaluation"}
    assert client.post("/review/next", data=data, headers=headers).status_code == 403
    assert client.post("/review/next", data=data, headers={"origin": HERE}).status_code == 303


def test_a_cookie_is_kept_from_scripts_and_from_other_sites(client):
    cookie = client.get("/review/sign-in").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/review" in cookie


def test_over_https_a_cookie_never_travels_in_the_clear(app):
    with TestClient(app, base_url="https://127.0.0.1:8001") as client:
        assert "Secure" in client.get("/review/sign-in").headers["set-cookie"]


@pytest.mark.parametrize("spoilt", ["", "x", "e30.x.y", "tampered"])
def test_a_forged_cookie_is_nobodys(client, spoilt):
    signed_in(client)
    cookie = client.cookies[COOKIE]
    client.cookies.clear()
    forged = cookie[:-3] + ("aaa" if cookie[-3:] != "aaa" else "bbb")
    client.cookies.set(COOKIE, forged if spoilt == "tampered" else spoilt, path="/review")
    assert client.get("/review/").status_code == 303


def test_a_cookie_signed_with_another_secret_is_nobodys(index, client):
    signed_in(client)
    with TestClient(
        local_pages(index, b"another"), base_url=HERE, follow_redirects=False
    ) as elsewhere:
        elsewhere.cookies.set(COOKIE, client.cookies[COOKIE], path="/review")
        assert elsewhere.get("/review/").status_code == 303


@pytest.mark.parametrize(("seconds", "reviewer"), [(60, "Ann"), (-1, "")])
def test_a_session_ends(client, seconds, reviewer):
    signed_in(client)
    cookie = f"{COOKIE}={client.cookies[COOKIE]}".encode()
    request = Request({"type": "http", "headers": [(b"cookie", cookie)]})
    assert Sessions(SECRET, "/review", seconds=seconds).of(request).reviewer == reviewer


def test_signing_in_changes_the_secret_and_signing_out_ends_the_session(client):
    before = secret_of(client.get("/review/sign-in"))
    after = signed_in(client)
    assert after != before
    assert client.post("/review/sign-out", data={"form": after}).status_code == 303
    assert client.get("/review/").status_code == 303


@pytest.mark.parametrize("name", ["", "  ", "4", "<b>", "x" * 61, "a\nb\x00"])
def test_a_name_is_a_name(client, name):
    form = secret_of(client.get("/review/sign-in"))
    answer = client.post("/review/sign-in", data={"form": form, "name": name})
    assert answer.status_code == 200
    assert "not signed in" in answer.text


@pytest.mark.parametrize("path", ["/review/sign-in", "/review/static/review.js", "/review/nowhere"])
def test_every_answer_forbids_foreign_content(client, path):
    answer = client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_no_page_is_kept_by_a_cache(client):
    signed_in(client)
    assert client.get("/review/").headers["cache-control"] == "no-store"


def test_a_page_elsewhere_cannot_reach_the_pages_by_its_own_name(app):
    with TestClient(app, base_url="http://elsewhere.example.org") as client:
        assert client.get("/review/sign-in").status_code == 400


def test_a_form_of_any_size_is_not_read(client):
    form = signed_in(client)
    data = {"form": form, "comment": "x" * 300_000}
    assert client.post("/review/next", data=data).status_code == 413


def test_an_answer_that_is_none_is_asked_for_again(client, room):
    form = signed_in(client, "Olu")
    task = room.next("Olu", [Stream.EVALUATION])
    answer = client.post(f"/review/task/{task.task_id}", data={"form": form, "verdict": "maybe"})
    assert answer.status_code == 200
    assert "Choose one of the three answers" in answer.text
    assert room.look(task.task_id, "Olu").mine is None


def test_looking_changes_nothing(client, room, index):
    signed_in(client, "Pat")
    before = index.state().sequence, room.counts()
    task = room.urgent()[0]
    for path in ("", "search", "quality", "keys", f"task/{task.task_id}"):
        assert client.get(f"/review/{path}").status_code == 200
    assert (index.state().sequence, room.counts()) == before
