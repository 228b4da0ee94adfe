"""`POST /v1/match` under a policy: only records that the caller may know of take part."""

from __future__ import annotations

import orjson
import pytest
from fastapi.testclient import TestClient

from mpi.access.mentioned import hashed_key
from mpi.access.reading import Kept, about_identifier, about_person, found
from mpi.access.sight import Sight
from mpi.api.app import create_app
from mpi.index.index import Index
from mpi.linking.intake import record_of
from mpi.store.store import open_store
from tests.access.policies import BODY, HEAD, Issuer, access_of
from tests.api.conftest import HERE

PATH = "/v1/match"
TREAT = Issuer().headers(purpose="TREAT")


@pytest.fixture(scope="module")
def url(invented):
    return f"sqlite:///{invented.index}"


@pytest.fixture(scope="module")
def client(url, tmp_path_factory):
    app = create_app(url, access=access_of(tmp_path_factory.mktemp("policy")))
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client


def records_of(url, source):
    store = open_store(url)
    with store.reading() as view:
        found = [record_of(each.payload) for each in view.records_of(source)]
    store.close()
    return found


def asked_like(record):
    """What somebody would ask about the individual of a record."""
    body = orjson.loads(orjson.dumps(record))
    return {**body, "source": "", "source_id": ""}


@pytest.fixture(scope="module")
def bodies(url):
    usable = [
        asked_like(each)
        for source in ("pds", "nomis", "ndelius")
        for each in records_of(url, source)[:40]
        if each.names and each.names[0].family and each.birth_dates
    ]
    assert len(usable) > 20
    return usable


def test_only_records_of_known_sources_are_in_an_answer(client, bodies):
    named = 0
    for body in bodies:
        answer = client.post(PATH, json=body, headers=TREAT)
        assert answer.status_code in (200, 422)
        if answer.status_code == 200:
            for person in answer.json()["persons"]:
                named += 1
                assert {each["source"] for each in person["records"]} <= {"pds", "hjis"}
                assert person["best"]["source"] in ("pds", "hjis")
                assert person["confidence"] >= 0.9
    assert named > 5


def test_to_match_is_as_if_the_other_records_were_not_there(url, bodies):
    """The weights of those that are left, the number compared and the chance of none."""
    sight = Sight(sources=frozenset({"pds"}))
    from mpi.index.given import record_from_json

    with Index.open(url) as index:
        for body in bodies[:20]:
            record = record_from_json(orjson.dumps(body))
            whole = index.match(record, limit=100, everyone=True)
            part = index.match(record, limit=100, everyone=True, sight=sight)
            assert {each.best.source for each in part.persons} <= {"pds"}
            assert part.candidates <= whole.candidates
            total = (part.p_null or 0) + sum(each.probability for each in part.persons)
            assert part.p_null is None or total == pytest.approx(1)
            weights = {each.person_id: each.weight for each in whole.persons}
            assert all(each.weight <= weights[each.person_id] for each in part.persons)


def test_identifiers_that_may_not_be_asked_with_find_nobody(client, url):
    held = next(
        [{"system": i.system, "value": i.value} for i in each.identifiers if i.system == "pnc"]
        for each in records_of(url, "nomis")
        if any(i.system == "pnc" for i in each.identifiers)
    )
    answer = client.post(PATH, json={"identifiers": held}, headers=TREAT)
    assert (answer.status_code, answer.json()["code"]) == (422, "search-too-broad")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"names": [{"given": "Ann", "family": "Example"}]},
        {"birth_dates": ["1987-06-05"]},
        {"names": [{"given": "Ann"}], "birth_dates": ["1987-06-05"]},
        {"postcodes": ["ZZ1 1ZZ"]},
    ],
)
def test_a_search_that_says_too_little_is_refused(client, body):
    answer = client.post(PATH, json=body, headers=TREAT)
    assert (answer.status_code, answer.json()["code"]) == (422, "search-too-broad")


def test_a_client_without_demographic_search_is_refused(client, bodies):
    answer = client.post(PATH, json=bodies[0], headers=Issuer().headers(purpose="PATADMIN"))
    assert (answer.status_code, answer.json()["code"]) == (403, "search-not-permitted")


def test_everybody_who_is_certainly_not_meant_is_listed_to_nobody(client, bodies):
    answer = client.post(f"{PATH}?all=true", json=bodies[0], headers=TREAT)
    assert (answer.status_code, answer.json()["code"]) == (403, "not-permitted")


def test_too_many_matches_name_nobody(url, tmp_path, bodies):
    text = BODY.replace("demographic_search = true", "demographic_search = true\nmost_matches = 1")
    text = text.replace("minimum_confidence = 0.9", "minimum_confidence = 0.0")
    text = text.replace('sources = ["pds", "hjis"]', 'sources = ["*"]')
    app = create_app(url, access=access_of(tmp_path, HEAD + text))
    with TestClient(app, base_url=HERE) as client:
        answers = [client.post(PATH, json=body, headers=TREAT) for body in bodies]
    refused = [each for each in answers if each.status_code == 422]
    assert refused
    assert {each.json()["code"] for each in refused} == {"too-many-matches"}
    assert all(len(each.json()["persons"]) <= 1 for each in answers if each.status_code == 200)


def test_a_match_is_written_down_with_its_grades(client, bodies):
    answers = [client.post(PATH, json=body, headers=TREAT) for body in bodies]
    answer = next(each for each in answers if each.status_code == 200 and each.json()["persons"])
    kept = Kept.of(client.app.state.access.policy)
    named = answer.headers["x-request-id"]
    (entry,) = [each for each in kept.entries() if each.get("request") == named]
    assert entry["class"] == "match"
    grades = [(each["person_id"], each["grade"]) for each in answer.json()["persons"]]
    assert [(each["person"], each["grade"]) for each in entry["persons"]] == grades


def test_what_was_asked_and_who_holds_the_record_are_written_down(client, url):
    """Also an identifier that the caller may not ask with, and one that says nothing."""
    record = next(
        each
        for each in records_of(url, "pds")
        if each.names and each.names[0].family and each.birth_dates
    )
    body = {
        **asked_like(record),
        "source": "pds",
        "source_id": record.source_id,
        "identifiers": [
            {"system": "nhs-number", "value": "999 000 0018"},
            {"system": "crn", "value": "x123456"},
            {"system": "nhs-number", "value": "none"},
            {"system": "no-such-system", "value": "1"},
        ],
    }
    answer = client.post(PATH, json=body, headers=TREAT)
    assert answer.status_code == 200
    held = answer.json()["held_by"]
    kept = Kept.of(client.app.state.access.policy)
    tests = [
        about_identifier(kept.keyed, "nhs-number", "9990000018"),
        about_identifier(kept.keyed, "crn", "X123456"),
        about_person(held),
    ]
    entries = found(kept, tests)
    assert [each["request"] for each in entries] == [answer.headers["x-request-id"]]
    assert [system for system, _ in entries[0]["asked"]] == ["nhs-number", "crn", "nhs-number"]
    (named,) = [each for each in entries[0]["persons"] if each["person"] == held]
    assert hashed_key(kept.keyed, record.key) in named["records"]


def test_what_a_refused_match_asked_with_is_written_down(client):
    body = {"identifiers": [{"system": "crn", "value": "X765432"}]}
    answer = client.post(PATH, json=body, headers=TREAT)
    assert answer.json()["code"] == "search-too-broad"
    kept = Kept.of(client.app.state.access.policy)
    (entry,) = found(kept, [about_identifier(kept.keyed, "crn", "X765432")])
    assert entry["outcome"] == "refused"
