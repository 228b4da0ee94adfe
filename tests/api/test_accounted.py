"""The audit names whom every answer told of, what was kept back, and what went wrong."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from mpi.access.audit_event import audit_events
from mpi.access.reading import Kept, about_person, found
from mpi.api.app import create_app
from mpi.api.security import LookUpDep
from mpi.index.decide import Seal
from mpi.index.index import Index
from mpi.records import RecordKey
from tests.access.policies import BODY, HEAD, Issuer, access_of
from tests.api.conftest import HERE

REVIEW = """
[profiles.review]
title = "May know everything"
operations = ["look-up", "match", "explain", "decide", "feed"]
feeds = ["nomis", "pds"]
rate = { per_minute = 1000000, burst = 100000 }

[[profiles.review.grants]]
purposes = ["HOPERAT"]
regime = "uk-gdpr"
legal_basis = "for the tests of access"
ask_with = ["*"]
see = ["*"]
sources = ["*"]
minimum_confidence = 0
findings = true

[clients.review]
profile = "review"
organisation = "Review"
"""
ISSUED = Issuer()
ALL = ISSUED.headers("review", scope="mpi:look-up mpi:match mpi:explain mpi:decide mpi:feed")
NHS = "/v1/cross-references/nhs-number/9990000018"
TREAT = ISSUED.headers(purpose="TREAT")


@pytest.fixture
def url(invented, tmp_path):
    return invented.copy_of_index(tmp_path / "mpi.db")


@pytest.fixture
def app(url, tmp_path):
    return create_app(url, access=access_of(tmp_path, HEAD + BODY + REVIEW))


@pytest.fixture
def client(app):
    with TestClient(
        app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client


def entry_of(app, answer):
    kept = Kept.of(app.state.access.policy)
    (entry,) = found(kept, [lambda e: e.get("request") == answer.headers["x-request-id"]])
    return entry


def named(entry):
    return {each["person"]: {source for source, _ in each["records"]} for each in entry["persons"]}


def two_records(client):
    """A person of two records and both, as events tell of them."""
    page = client.get("/v1/events?limit=1000", headers=ALL).json()
    moved = [each for each in page["events"] if each["type"] == "record-moved"]
    members = {}
    for each in moved:
        members.setdefault(each["went_to"], []).append(each["record"])
    person_id = next(each for each, keys in members.items() if len(keys) > 1)
    return person_id, members[person_id][:2]


def test_events_history_and_the_past_name_persons_and_records(client, app):
    page = client.get("/v1/events?limit=50", headers=ALL)
    told = {}
    for each in page.json()["events"]:
        told.setdefault(each.get("went_to") or each["person_id"], set()).add(
            each["record"]["source"] if "record" in each else None
        )
    assert named(entry_of(app, page)) == {p: s - {None} for p, s in told.items()}
    person_id, records = two_records(client)
    history = client.get(f"/v1/persons/{person_id}/history", headers=ALL)
    assert {each["source"] for each in records} <= named(entry_of(app, history))[person_id]
    then = client.get(f"/v1/persons/{person_id}?as_of=1", headers=ALL)
    (of_person,) = entry_of(app, then)["persons"]
    systems = {each["system"] for each in then.json()["identifiers"]}
    assert systems
    assert set(of_person["told"]) == systems
    for entry in (entry_of(app, history), entry_of(app, then), entry_of(app, page)):
        assert all(json.dumps(each["source_id"]) not in json.dumps(entry) for each in records)
        assert list(audit_events(entry))


def test_decisions_and_records_name_whom_they_touched(client, app):
    _, (left, right) = two_records(client)
    asked = {"verdict": "different", "left": left, "right": right}
    decided = client.post("/v1/decisions", json=asked, headers=ALL)
    entry = entry_of(app, decided)
    touched = {each["person_id"] for each in decided.json()["persons"]}
    assert touched
    assert touched <= named(entry).keys()
    assert {left["source"], right["source"]} <= set().union(*named(entry).values())
    (event,) = audit_events(entry)
    references = {e["what"].get("reference") for e in event["entity"]}
    assert {f"Patient/{each}" for each in touched} <= references
    undone = client.delete(f"/v1/decisions/{decided.json()['sequence']}", headers=ALL)
    assert {each["person_id"] for each in undone.json()["persons"]} <= named(
        entry_of(app, undone)
    ).keys()
    body = {"names": [{"given": "Zebedee", "family": "Quux"}], "birth_dates": ["1901-02-03"]}
    put = client.put("/v1/records/nomis/A1", json=body, headers=ALL)
    assert named(entry_of(app, put)) == {put.json()["person_id"]: {"nomis"}}
    kept = Kept.of(app.state.access.policy)
    assert found(kept, [about_person(put.json()["person_id"])])


def test_what_an_answer_of_the_past_told_is_found_by_impact(client, app, url):
    person_id, (left, right) = two_records(client)
    then = client.get(f"/v1/persons/{person_id}?as_of=1", headers=ALL)
    keys = [RecordKey(each["source"], each["source_id"]) for each in (left, right)]
    with Index.open(url) as index:
        index.seal(Seal((keys[0],), (keys[1],)))
        undone = index.impact(Kept.of(app.state.access.policy), person_id)
    held = [set(each["records"][0].values()) for each in then.json()["identifiers"]]
    assert held
    requests = [each.entry["request"] for each in undone]
    assert not requests or set(requests) <= {then.headers["x-request-id"]}


def test_who_may_not_know_of_seals_cannot_decide_across_one(client, url):
    _, (left, right) = two_records(client)
    keys = [RecordKey(each["source"], each["source_id"]) for each in (left, right)]
    with Index.open(url) as index:
        index.seal(Seal((keys[0],), (keys[1],)))
    there = client.post(
        "/v1/decisions", json={"verdict": "same", "left": left, "right": right}, headers=ALL
    )
    absent = client.post(
        "/v1/decisions",
        json={"verdict": "same", "left": left, "right": {**right, "source_id": "none"}},
        headers=ALL,
    )
    assert there.status_code == absent.status_code == 404
    assert {**there.json(), "instance": ""} == {**absent.json(), "instance": ""}


def test_what_goes_wrong_is_written_down(index_url, tmp_path):
    app = create_app(index_url, access=access_of(tmp_path))

    @app.get("/v1/broken")
    def broken(question: LookUpDep) -> str:
        raise RuntimeError("9990000018")

    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        answer = client.get("/v1/broken", headers=TREAT)
    assert answer.status_code == 500
    entry = entry_of(app, answer)
    assert (entry["class"], entry["client"], entry["status"]) == ("refusal", "clinic", 500)
    assert entry["code"] == "internal-server-error"
    assert "9990000018" not in json.dumps(entry)
    (event,) = audit_events(entry)
    assert event["outcome"] == "8"


def test_where_what_goes_wrong_cannot_be_written_down_that_is_said(index_url, tmp_path):
    app = create_app(index_url, access=access_of(tmp_path))

    @app.get("/v1/broken")
    def broken(question: LookUpDep) -> str:
        raise RuntimeError("9990000018")

    (tmp_path / "audit").write_text("in the way")
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        answer = client.get("/v1/broken", headers=TREAT)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit-unavailable")


def test_refusals_for_asking_too_often_are_counted_in_what_is_written_next(index_url, tmp_path):
    rate = "rate = { per_minute = 6000, burst = 2 }"
    text = HEAD + BODY.replace("rate = { per_minute = 60000, burst = 10000 }", rate, 1)
    access = access_of(tmp_path, text)
    clock = iter(at / 1_000 for at in range(5))
    access.rates._clock = lambda: next(clock, 61.0)
    app = create_app(index_url, access=access)
    with TestClient(app, base_url=HERE) as client:
        statuses = [client.get(NHS, headers=TREAT).status_code for _ in range(6)]
    assert statuses == [200, 200, 429, 429, 429, 200]
    entries = [e for e in Kept.of(access.policy).entries() if "client" in e]
    assert [e.get("refusals") for e in entries] == [None, None, 1, 2]
