"""A change to a record may say what it builds on: If-Match and If-None-Match of RFC 9110."""

from __future__ import annotations

import threading

import pytest
from fastapi.testclient import TestClient

from mpi.api.app import create_app
from mpi.api.etags import condition_of
from mpi.client import Client
from mpi.errors import ChangedMeanwhile
from mpi.index.conditions import ANY, Condition
from mpi.showing.serving import serving
from tests.api.conftest import HERE

ANN = {"names": [{"given": "Annabel", "family": "Quixwold"}], "birth_dates": ["1987-06-05"]}
BEA = {"names": [{"given": "Beatrix", "family": "Quixwold"}], "birth_dates": ["1988-07-06"]}
PATH = "/v1/records/hjis/NEW1"
OTHER = '"0123456789abcdef0123456789abcdef"'


class Asked:
    """As much of a request as is looked at."""

    def __init__(self, **lines):
        self.headers = self
        self.lines = lines

    def getlist(self, name):
        return self.lines.get(name.replace("-", "_"), [])


@pytest.mark.parametrize(
    ("lines", "weak", "expected"),
    [
        ({}, False, Condition()),
        ({"if_match": ['"a"']}, False, Condition(("a",))),
        ({"if_match": ['"a", "b,c"']}, False, Condition(("a", "b,c"))),
        ({"if_match": ['"a"', '"b"']}, False, Condition(("a", "b"))),
        ({"if_match": ['W/"a", "b"']}, False, Condition(("b",))),
        ({"if_match": ['W/"a", "b"']}, True, Condition(("a", "b"))),
        ({"if_match": ["*"]}, False, Condition((ANY,))),
        ({"if_match": [""]}, False, Condition(())),
        ({"if_match": ["a"]}, True, Condition(())),
        ({"if_none_match": ["*"]}, False, Condition(None, (ANY,))),
        ({"if_none_match": ['W/"a", "b"']}, False, Condition(None, ("a", "b"))),
    ],
)
def test_what_headers_say(lines, weak, expected):
    assert condition_of(Asked(**lines), weak=weak) == expected


@pytest.mark.parametrize(
    ("condition", "of_a", "of_nothing"),
    [
        (Condition(), True, True),
        (Condition(("a", "b")), True, False),
        (Condition(("b",)), False, False),
        (Condition(()), False, False),
        (Condition((ANY,)), True, False),
        (Condition(none_of=(ANY,)), False, True),
        (Condition(none_of=("a",)), False, True),
        (Condition(none_of=("b",)), True, True),
        (Condition(("a",), ("a",)), False, False),
    ],
)
def test_what_a_condition_holds_of(condition, of_a, of_nothing):
    assert (condition.holds("a"), condition.holds(None)) == (of_a, of_nothing)


@pytest.fixture(scope="module")
def url(invented, tmp_path_factory):
    return invented.copy_of_index(tmp_path_factory.mktemp("conditions") / "mpi.db")


@pytest.fixture(scope="module")
def service(url):
    with TestClient(create_app(url), base_url=HERE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(service):
    """A client for which the record is not there, whatever a test before it did."""
    service.delete(PATH)
    yield service
    service.delete(PATH)


def put(client, record=ANN, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.put(PATH, json=record, headers=named)


def events(client):
    return len(client.get("/v1/events", params={"limit": 1000}).json()["events"])


def test_every_answer_about_a_record_has_its_tag(client):
    first = put(client)
    assert first.headers["etag"] == f'"{first.json()["tag"]}"'
    second = put(client, BEA)
    assert second.headers["etag"] not in ("", first.headers["etag"])
    gone = client.delete(PATH)
    assert "etag" not in gone.headers
    assert gone.json()["tag"] is None


def test_what_changed_nothing_has_the_tag_of_what_stands(service):
    def put_version(record, version):
        said = {**record, "version": version}
        return service.put("/v1/records/hjis/NEW2", json=said)

    first = put_version(ANN, "2020-01-02T00:00:00Z")
    again = put_version(ANN, "2020-01-02T00:00:00Z")
    late = put_version(BEA, "2020-01-01T00:00:00Z")
    assert [each.json()["status"] for each in (again, late)] == ["duplicate", "stale"]
    assert late.headers["etag"] == again.headers["etag"] == first.headers["etag"]


def of_now(tag):
    return [{"if_match": tag}, {"if_match": f"{OTHER}, {tag}"}, {"if_match": "*"}]


def of_another_time(tag):
    others = [{"if_match": each} for each in (OTHER, f"W/{tag}", tag.strip('"'), "")]
    return [*others, {"if_none_match": "*"}, {"if_none_match": f"W/{tag}"}]


@pytest.mark.parametrize("at", range(3))
def test_a_change_that_builds_on_what_is_so_is_made(client, at):
    tag = put(client).headers["etag"]
    assert put(client, BEA, **of_now(tag)[at]).json()["status"] == "updated"
    tag = put(client, ANN).headers["etag"]
    said = {name.replace("_", "-"): value for name, value in of_now(tag)[at].items()}
    assert client.delete(PATH, headers=said).json()["status"] == "deleted"


@pytest.mark.parametrize("at", range(6))
def test_a_change_that_builds_on_something_else_is_a_412_and_not_made(client, at):
    tag = put(client).headers["etag"]
    before = events(client)
    said = of_another_time(tag)[at]
    for answer in (
        put(client, BEA, **said),
        client.delete(PATH, headers={k.replace("_", "-"): v for k, v in said.items()}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (412, "changed-meanwhile")
    assert events(client) == before
    assert put(client, ANN, if_match=tag).status_code == 200


def test_a_record_that_is_not_there_is_only_ever_created(client):
    for said in ({"if_match": "*"}, {"if_match": OTHER}):
        assert put(client, **said).status_code == 412
    assert client.delete(PATH, headers={"if-match": "*"}).status_code == 412
    assert put(client, if_none_match="*").status_code == 201
    assert put(client, if_none_match="*").status_code == 412


def test_the_first_answer_to_a_repeated_key_comes_again_whatever_has_changed(client):
    tag = put(client).headers["etag"]
    said = {"if_match": tag, "idempotency_key": "once"}
    first, again = put(client, BEA, **said), put(client, BEA, **said)
    assert first.json() == again.json()
    assert first.headers["etag"] == again.headers["etag"] != tag
    other = put(client, BEA, if_match=OTHER, idempotency_key="once")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-conflict")


def test_of_many_who_build_on_the_same_one_is_heard(client):
    tag = put(client).headers["etag"]
    statuses = []

    def change(number):
        record = {**ANN, "sex": "F", "birth_dates": [f"1987-06-{number:02}"]}
        statuses.append(put(client, record, if_match=tag).status_code)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(10, 18)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(statuses) == [200] + [412] * 7


def test_the_python_client_says_what_it_has_seen(url):
    record = {**ANN, "source": "hjis", "source_id": "C1"}
    with serving(url) as at, Client(at) as client:
        first = client.put(record, seen="")
        with pytest.raises(ChangedMeanwhile):
            client.put(record, seen="")
        second = client.put({**record, **BEA}, seen=first.tag)
        with pytest.raises(ChangedMeanwhile):
            client.put(record, seen=first.tag)
        with pytest.raises(ChangedMeanwhile):
            client.delete("hjis", "C1", seen=first.tag)
        assert client.delete("hjis", "C1", seen=second.tag).tag is None
