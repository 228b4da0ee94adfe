"""Many look-ups at once: each answered as if it had been asked about alone."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from mpi.access.reading import Kept
from mpi.api.app import create_app
from mpi.api.batch_schemas import BATCH_EXAMPLE, BATCHED_EXAMPLE, AskedBatch, Batched
from tests.access.policies import Issuer, access_of
from tests.api.conftest import AS_JSON, HERE
from tests.conftest import PNC

PATH = "/v1/cross-references:batch"
ASKED = [
    ("nhs-number", "999 000 0018"),
    ("crn", "X123456"),
    ("nhs-number", "9990000026"),
    ("nhs-number", "1"),
    ("shoe-size", "42"),
    ("pnc", PNC),
]


def body(*asked):
    return {"identifiers": [{"system": system, "value": value} for system, value in asked]}


def without_request(said):
    return {name: value for name, value in said.items() if name != "instance"}


def alone(client, system, value, headers=None):
    answer = client.get(f"/v1/cross-references/{system}/{value}", headers=headers)
    if answer.status_code == 200:
        return {"status": 200, "answer": answer.json(), "problem": None}
    return {"status": answer.status_code, "answer": None, "problem": without_request(answer.json())}


def together(answer):
    found = answer.json()["answers"]
    return [
        each | ({"problem": without_request(each["problem"])} if each["problem"] else {})
        for each in found
    ]


def test_each_is_answered_as_if_asked_alone(client):
    answer = client.post(PATH, json=body(*ASKED))
    Batched.model_validate(answer.json())
    assert together(answer) == [alone(client, *each) for each in ASKED]
    assert [each["status"] for each in together(answer)] == [200, 200, 404, 422, 400, 200]


def test_a_thousand_may_be_asked_and_no_more(client):
    assert client.post(PATH, json=body(*[ASKED[0]] * 1000)).status_code == 200
    answer = client.post(PATH, json=body(*[ASKED[0]] * 1001))
    assert (answer.status_code, answer.json()["code"]) == (413, "batch-too-large")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"1",
        b'{"identifiers": []}',
        b'{"identifiers": {}}',
        b'{"identifiers": ["x"]}',
        b'{"identifiers": [{"system": "crn"}]}',
        b'{"identifiers": [{"system": "crn", "value": 1}]}',
        b'{"identifiers": [{"system": "crn", "value": "x", "more": 1}]}',
        b'{"identifiers": [{"system": ["crn"], "value": "x"}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_batch_is_refused(client, content):
    answer = client.post(PATH, content=content, headers=AS_JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-record")


def test_the_examples_fit_their_schemas():
    AskedBatch.model_validate(BATCH_EXAMPLE)
    Batched.model_validate(BATCHED_EXAMPLE)


@pytest.fixture
def guarded(index_url, tmp_path):
    app = create_app(index_url, access=access_of(tmp_path))
    with TestClient(app, base_url=HERE) as client:
        yield client


TREAT = Issuer().headers(purpose="TREAT")


def test_under_a_policy_a_batch_tells_no_more_than_single_questions(guarded):
    asked = [ASKED[0], ASKED[1], ("local-patient-id", "RX1:12345")]
    answer = guarded.post(PATH, json=body(*asked), headers=TREAT)
    assert together(answer) == [alone(guarded, *each, TREAT) for each in asked]
    assert [each["status"] for each in together(answer)] == [200, 404, 200]


def test_a_client_is_held_to_its_batch_size(guarded):
    answer = guarded.post(PATH, json=body(*[ASKED[0]] * 4), headers=TREAT)
    assert (answer.status_code, answer.json()["code"]) == (413, "batch-too-large")
    assert answer.json()["detail"] == "It may have 3."


def test_each_question_of_a_batch_has_its_entry(guarded):
    answer = guarded.post(PATH, json=body(*ASKED[:3]), headers=TREAT)
    kept = Kept.of(guarded.app.state.access.policy)
    named = answer.headers["x-request-id"]
    entries = [each for each in kept.entries() if each.get("request") == named]
    assert [each["outcome"] for each in entries] == ["answered", "not-found", "not-found"]
    assert [each["asked"][0][0] for each in entries] == ["nhs-number", "crn", "nhs-number"]
