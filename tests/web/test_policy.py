"""Under a policy: who may review, what they never see, and that it is written down."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mpi.access.reading import Kept, found
from mpi.index.review.rules import Kind, Stream
from mpi.index.review.search import find
from mpi.web.app import create_pages, mount
from mpi.web.forms import Form
from mpi.web.persons import asked_for
from mpi.web.sessions import Sessions
from tests.access.policies import HEAD, Issuer, access_of, clients, grant, profile
from tests.web.conftest import SECRET
from tests.web.test_sessions import secret_of

HERE = "http://127.0.0.1:8001"
REVIEWED = grant("HDM", ask_with=["nhs-number"], see=["nhs-number"], sources=["pds", "hjis"])
FINDS = grant("HDM", ask_with=["*"], see=["*"], sources=["*"]) | {
    "demographic_search": True,
    "findings": True,
    "most_matches": 1,
}
BODY = (
    profile("reviewers", ["look-up", "decide", "match"], {**REVIEWED, "demographic_search": True})
    + profile("readers", ["look-up"], {**REVIEWED, "sources": ["pds"]})
    + profile("finders", ["look-up", "decide", "match"], FINDS)
    + clients(board="reviewers", reader="readers", finder="finders")
)
SCOPE = "mpi:look-up mpi:decide mpi:match"
ISSUED = Issuer()


@pytest.fixture(scope="module")
def access(tmp_path_factory):
    return access_of(tmp_path_factory.mktemp("policy"), HEAD + BODY)


@pytest.fixture
def client(index, access):
    app = FastAPI()
    mount(app, create_pages(index, access=access, secret=SECRET))
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        yield client


def sign_in(client, client_id="board", **claims):
    """Sign in with a token; returns the answer."""
    form = secret_of(client.get("/review/sign-in"))
    token = ISSUED.token(client_id, scope=SCOPE, **claims)
    return client.post("/review/sign-in", data={"form": form, "token": token, "purpose": "HDM"})


def written(access, operation):
    return found(Kept.of(access.policy), [lambda entry: entry.get("operation") == operation])


def test_a_callers_token_signs_in(client):
    assert sign_in(client).status_code == 303
    assert "board user-7" in client.get("/review/").text


@pytest.mark.parametrize(
    ("client_id", "claims"),
    [
        ("board", {"exp": 1}),
        ("board", {"aud": "https://elsewhere.example.org"}),
        ("board", {"kid": "rsa-1", "key": "x" * 40, "alg": "HS256"}),
        ("nobody", {}),
        ("reader", {}),
    ],
)
def test_who_may_not_review_is_not_signed_in(client, client_id, claims):
    answer = sign_in(client, client_id, **claims)
    assert answer.status_code == 200
    assert "not signed in" in answer.text
    assert client.get("/review/").status_code == 303


def test_a_name_is_not_enough(client):
    form = secret_of(client.get("/review/sign-in"))
    client.post("/review/sign-in", data={"form": form, "name": "Ann"})
    assert client.get("/review/").status_code == 303


def seen_pair(room):
    """Two records of one person from the two sources that the reviewer knows."""
    for task in room.urgent(limit=500):
        rows = room.person(room.person_of(task.left)).rows
        of = {row.key.source: row.key for row in rows}
        if {"pds", "hjis", "nomis"} <= of.keys():
            return of["pds"], of["hjis"]
    raise AssertionError("nobody has records of these sources")


def test_values_that_are_withheld_are_on_no_page(client, room):
    sign_in(client)
    task = room.compare(*seen_pair(room))
    pages = [
        client.get(f"/review/task/{task.task_id}?within=operational").text,
        client.get(f"/review/person/{room.person_of(task.left)}").text,
        client.get("/review/").text,
    ]
    assert "NHS number" in pages[0]
    withheld = r"Prison \(NOMS\)|noms-number|Local patient|local-patient-id|nomis|NOMIS|ndelius"
    for text in pages:
        assert not re.search(withheld, text)


def test_tasks_about_withheld_records_are_as_if_there_were_none(client, room):
    sign_in(client)
    hidden = next(
        task for task in room.urgent(limit=500) if task.left.source not in ("pds", "hjis")
    )
    there = client.get(f"/review/task/{hidden.task_id}")
    nowhere = client.get("/review/task/0000000000000000")
    assert there.status_code == nowhere.status_code == 404
    shown = [re.sub(r"<title>.*?</title>", "", each.text) for each in (there, nowhere)]
    assert shown[0] == shown[1]


def test_every_page_about_somebody_and_every_decision_is_written_down(client, access, room):
    sign_in(client)
    form = secret_of(client.get("/review/"))
    answer = client.post("/review/next", data={"form": form, "within": "operational"})
    place = answer.headers["location"]
    before = len(written(access, "look-up"))
    assert client.get(place).status_code == 200
    entries = written(access, "look-up")
    assert len(entries) > before
    task_id = place.split("/task/")[1].split("?")[0]
    task = room.look(task_id, "nobody").task
    named = {each["person"] for entry in entries for each in entry.get("persons", ())}
    assert room.person_of(task.left) in named
    data = {"form": form, "verdict": "unsure", "within": "operational"}
    client.post(f"/review/task/{task_id}", data=data)
    assert any(entry["outcome"] == "answered unsure" for entry in written(access, "decide"))
    assert {entry["user"] for entry in written(access, "decide") if entry["user"]} == {"user-7"}


def refusals(access):
    every = Kept.of(access.policy).entries()
    return [(each["client"], each["code"]) for each in every if each["class"] == "refusal"]


def test_whoever_is_refused_is_written_down_once(client, access):
    before = refusals(access)
    sign_in(client, "reader")
    sign_in(client, "board", exp=1)
    sign_in(client)
    secret = secret_of(client.get("/review/search"))
    answer = client.post("/review/search", data={"form": secret, "given": "Ann"})
    assert answer.status_code == 422
    assert refusals(access)[len(before) :] == [
        ("reader", "not-permitted"),
        ("", "not-authenticated"),
        ("board", "search-too-broad"),
    ]


def test_who_is_not_there_is_written_down_as_not_found(client, access):
    sign_in(client)
    answer = client.get("/review/person/nobody")
    assert answer.status_code == 404
    last = [each for each in Kept.of(access.policy).entries() if "client" in each][-1]
    assert (last["outcome"], last["code"]) == ("not-found", "person-not-found")


@pytest.fixture
def searched_for(client, room):
    """A search, somebody else's record, and a way to look for more in it."""
    room.draw_searches(size=2)
    with room.store.reviews() as reviews:
        (name,) = reviews.samples(Stream.EVALUATION, Kind.SEARCH)
        task, other = reviews.of_sample(Stream.EVALUATION, name)
    sign_in(client, "finder")
    place = f"/review/task/{task.task_id}"
    form = secret_of(client.get(place))

    def look(**said):
        data = {
            "form": form,
            "within": "evaluation",
            "given": "Ann",
            "birth_date": "1900-01-01",
            **said,
        }
        return client.post(f"{place}/search", data={"family": "Nobodyknown", **data})

    return task, other.left, look


def test_a_search_shows_only_what_one_of_its_pages_showed(index, searched_for):
    task, key, look = searched_for
    text = "|".join(key)
    sessions = Sessions(SECRET, "/review")
    named = f'name="record" form="answer" value="{text}"'
    by = "finder user-7"
    for words, shown in (((task.task_id, by), True), (("another", by), False), (("x",), False)):
        mark = sessions.mark(*words, text)
        assert (named in look(shown=f"{mark}|{text}").text) == shown
    assert named not in look(shown=text).text
    assert named not in look(record=text).text


def fitting(room, index):
    """What may be typed, with how many persons it fits; of persons who nearly joined others."""
    for task in room.urgent(limit=500):
        cells = room.person(room.person_of(task.left)).rows[0].cells
        given, _, family = cells[0].values[0].rpartition(" ")
        said = {"given": given, "family": family, "birth_date": cells[1].values[0]}
        asked = asked_for(Form({name: [value] for name, value in said.items()}))
        yield said, len(find(index, asked))


def test_a_search_that_many_persons_fit_is_no_list_of_them(index, room, searched_for):
    *_, look = searched_for
    many = next(said for said, persons in fitting(room, index) if persons > 1)
    assert look(**many).status_code == 422
    assert look().status_code == 200
