"""Of a restricted person no answer says where they are, whoever asks, and no place finds them."""

from __future__ import annotations

from itertools import combinations
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from mpi.api.app import create_app
from mpi.records import Record
from tests.api.conftest import HERE
from tests.api.restricted_world import (
    HELD,
    OMAR,
    SECRETS,
    ZELDA,
    callers,
    example_of,
    restricted_index,
    said,
)

PLACE = {"postcodes": ["LS1 4AP"], "addresses": ["17 Larkspur Lane"], "town": "Harrowgate"}
ELSEWHERE = {"postcodes": ["M1 1AE"], "addresses": ["1 Invented Road"], "town": "Zeal"}
OTHER_PLACE = {"postcodes": ["HG1 2AB"], "addresses": ["9 Teasel Court"], "town": "Otterburn"}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    return restricted_index(tmp_path_factory.mktemp("restricted"))


@pytest.fixture(scope="module")
def access(tmp_path_factory):
    return example_of(tmp_path_factory.mktemp("policy"))


def serving(url, access=None):
    app = create_app(url, access=access)
    return TestClient(app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="module")
def client(url, access):
    with serving(url, access) as client:
        yield client


@pytest.fixture(scope="module")
def open_client(url):
    with serving(url) as client:
        yield client


@pytest.fixture(scope="module")
def person_ids(open_client):
    return [open_client.get(asked(which)).json()["persons"][0]["person_id"] for which in (0, 1)]


def asked(which, source="pds"):
    system, *values = HELD[source]
    return f"/v1/cross-references/{system}/{quote(values[which], safe='')}"


def questions(which, person: Record, person_id, place):
    """Everything that may be asked about a person, as method, path and body."""
    for source in HELD:
        yield "GET", asked(which, source), None
    yield "GET", f"/v1/persons/{person_id}", None
    yield "GET", f"/v1/persons/{person_id}?as_of=99", None
    yield "GET", f"/v1/persons/{person_id}/history", None
    yield "GET", "/v1/events?limit=100", None
    for left, right in combinations(HELD, 2):
        yield "GET", f"/v1/links?left={left}|{left}-{which}&right={right}|{right}-{which}", None
    named = [{"system": s, "value": values[which]} for s, *values in HELD.values()]
    yield "POST", "/v1/cross-references:batch", {"identifiers": named[:1]}
    yield "POST", "/v1/match", said(person)
    yield "POST", "/v1/match", said(person, **place)
    yield "POST", "/v1/match?all=true", said(person, identifiers=named)


def answers(client, headers, which, person, person_id, place=PLACE):
    """What is told, each time with what was sent."""
    for method, path, body in questions(which, person, person_id, place):
        answer = client.request(method, path, json=body, headers=headers)
        assert answer.status_code < 500, (path, answer.text)
        yield f"{path} {body}".replace("%3A", ":").replace("%2F", "/"), answer


def test_no_client_of_the_example_is_told_where_they_are(client, access, person_ids):
    told = 0
    for headers in callers(access):
        for sent, answer in answers(client, headers, 0, ZELDA, person_ids[0]):
            told += answer.status_code == 200
            assert not [each for each in SECRETS if each in answer.text and each not in sent]
            assert '"restricted"' not in answer.text
    assert told > 100


def test_of_anybody_else_the_same_questions_tell_it(client, access, person_ids):
    told = set()
    for headers in callers(access):
        for sent, answer in answers(client, headers, 1, OMAR, person_ids[1], OTHER_PLACE):
            told |= {v for _, _, v in HELD.values() if v in answer.text and v not in sent}
    assert told >= {"RX1:80210", "RX2:80211", "CUST/87123", "SC-88421"}


def test_without_a_policy_it_is_withheld_as_well_and_the_finding_says_why(open_client, person_ids):
    for sent, answer in answers(open_client, {}, 0, ZELDA, person_ids[0]):
        assert not [each for each in SECRETS if each in answer.text and each not in sent]
    person = open_client.get(f"/v1/persons/{person_ids[0]}").json()
    assert person["findings"] == ["restricted"]
    assert open_client.get(f"/v1/persons/{person_ids[1]}").json()["findings"] == []


@pytest.mark.parametrize(("which", "person", "place"), [(0, ZELDA, PLACE), (1, OMAR, OTHER_PLACE)])
def test_a_search_by_place_finds_only_those_who_are_not_restricted(
    open_client, which, person, place
):
    given = person.names[0].given
    by_place = {"names": [{"given": given, "family": "Smithson"}], "birth_dates": ["1933-01-09"]}
    alone = open_client.post("/v1/match?all=true", json=by_place).json()
    there = open_client.post("/v1/match?all=true", json={**by_place, **place}).json()
    assert alone["candidates"] == 0
    assert (there["candidates"] > 0) == bool(which)
    assert bool(there["persons"]) == bool(which)


def test_they_are_found_by_who_they_are_and_a_right_place_is_worth_no_more_than_a_wrong_one(
    open_client, person_ids
):
    bodies = [said(ZELDA), said(ZELDA, **PLACE), said(ZELDA, **ELSEWHERE)]
    alone, right, wrong = (open_client.post("/v1/match", json=each).json() for each in bodies)
    assert [each["person_id"] for each in alone["persons"]] == [person_ids[0]]
    assert alone["persons"] == right["persons"] == wrong["persons"]
