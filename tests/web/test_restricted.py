"""Somebody restricted is reviewed by those from whom nothing is kept, and without location."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mpi.access.sight import EVERYTHING, Sight
from mpi.errors import PersonNotFound, TaskNotFound
from mpi.index.index import Index
from mpi.index.review.rules import Stream
from mpi.records import RecordKey
from mpi.web.app import create_pages, mount
from tests.access.policies import HEAD, Issuer, access_of, clients, grant, profile
from tests.api.restricted_world import HELD, SECRETS, restricted_index
from tests.web.conftest import SECRET
from tests.web.test_policy import SCOPE
from tests.web.test_sessions import secret_of

HERE = "http://127.0.0.1:8001"
ALL = grant("HDM", ask_with=["*"], see=["*"], sources=["*"], demographic_search=True, findings=True)
OPERATIONS = ["look-up", "decide", "match"]
POLICY = (
    HEAD
    + profile("all", OPERATIONS, ALL)
    + profile("some", OPERATIONS, {**ALL, "sources": list(HELD)[:4]})
    + clients(all="all", some="some")
)
SOME = Sight(sources=frozenset(list(HELD)[:4]))
ZELDA, OMAR = ([RecordKey(each, f"{each}-{n}") for each in list(HELD)[:2]] for n in (0, 1))


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with Index.open(restricted_index(tmp_path_factory.mktemp("restricted"))) as index:
        index.review_room().fill()
        yield index


@pytest.fixture(scope="module")
def room(index):
    return index.review_room()


@pytest.fixture
def client(index, tmp_path):
    app = FastAPI()
    pages = create_pages(index, access=access_of(tmp_path, POLICY), secret=SECRET)
    mount(app, pages)
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        yield client


def sign_in(client, name):
    form = secret_of(client.get("/review/sign-in"))
    token = Issuer().token(name, scope=SCOPE)
    said = {"form": form, "token": token, "purpose": "HDM"}
    assert client.post("/review/sign-in", data=said).status_code == 303


@pytest.mark.parametrize(("name", "whose", "status"), [
    ("all", ZELDA, 200), ("some", ZELDA, 404), ("all", OMAR, 200), ("some", OMAR, 200),
])  # fmt: skip
def test_the_pages_of_a_person_are_for_whoever_may_see_all(client, room, name, whose, status):
    sign_in(client, name)
    task = room.compare(*whose)
    pages = [
        client.get(f"/review/person/{room.person_of(whose[0])}"),
        client.get(f"/review/task/{task.task_id}?within=operational"),
    ]
    for page in pages:
        assert page.status_code == status
        assert not [each for each in SECRETS if each in page.text]
        assert (status == 200 and whose is OMAR) == ("HG1 2AB" in page.text)
    listed = client.get("/review/").text
    assert (task.task_id in listed) == (status == 200)


def test_that_somebody_is_restricted_is_no_task(room):
    tasks = [each for each in room.urgent(limit=500) if each.right is None]
    assert room.person_of(ZELDA[0]) not in {room.person_of(each.left) for each in tasks}


def test_tasks_about_them_are_given_to_whoever_may_see_all(room):
    task = room.compare(*ZELDA)
    room.compare(*OMAR)
    given = {}
    for reviewer, sight in (("ann", EVERYTHING), ("bob", SOME)):
        given[reviewer], last = set(), None
        for _ in range(5):
            last = room.next(reviewer, [Stream.OPERATIONAL], after=last, sight=sight).task_id
            given[reviewer].add(last)
    assert task.task_id in given["ann"]
    assert given["bob"] == given["ann"] - {task.task_id}


def test_what_is_not_for_a_reviewer_is_refused_by_the_room_as_well(room):
    with pytest.raises(PersonNotFound):
        room.person(room.person_of(ZELDA[0]), SOME)
    with pytest.raises(TaskNotFound):
        room.pair(room.compare(*ZELDA), SOME)


def test_searching_the_pages_finds_them_for_whoever_may_see_all(client, room):
    said = {"given": "Zelda", "family": "Quillfeather", "birth_date": "1961-04-30"}
    person = room.person_of(ZELDA[0])
    for name, seen in (("all", True), ("some", False)):
        sign_in(client, name)
        form = secret_of(client.get("/review/search"))
        found = client.post("/review/search", data={"form": form, "identifier": "", **said})
        assert found.status_code == 200
        assert (person in found.text) == seen
