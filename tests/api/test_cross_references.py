"""GET /v1/cross-references and GET /v1/persons, over the small index of `tests/conftest.py`."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from mpi.api.app import create_app
from mpi.api.schemas import CrossReferences, PersonWithRelease, Superseded
from tests.api.conftest import HERE

NHS = "/v1/cross-references/nhs-number/9990000018"


def confidence_of(person):
    return {(i["system"], i["value"]): i["confidence"] for i in person["identifiers"]}


def test_an_identifier_leads_to_the_others_of_its_holder(client):
    answer = client.get(NHS)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["system"], body["value"]) == ("nhs-number", "9990000018")
    assert body["uri"] == "https://fhir.nhs.uk/Id/nhs-number"
    assert body["release"] == "small-world"
    assert body["ambiguous"] is False
    (person,) = body["persons"]
    assert person["person_id"] == "ann"
    assert set(confidence_of(person)) == {
        ("nhs-number", "9990000018"),
        ("noms-number", "A1234BC"),
        ("pnc", "2012/0000123Q"),
        ("crn", "X123456"),
        ("nino", "AB123456"),
        ("local-patient-id", "RX1:12345"),
    }


def test_only_the_identifier_asked_with_is_marked_asked(client):
    (person,) = client.get(NHS).json()["persons"]
    assert [i["system"] for i in person["identifiers"] if i["asked"]] == ["nhs-number"]


def test_each_identifier_says_which_records_hold_it_and_that_it_is_provisional(client):
    (person,) = client.get(NHS).json()["persons"]
    noms = next(i for i in person["identifiers"] if i["system"] == "noms-number")
    assert noms["records"] == [{"source": "nomis", "source_id": "A1234BC"}]
    assert noms["provisional"] is True
    assert noms["basis"] == "probabilistic"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/cross-references/pnc/2012/0000123Q",
        "/v1/cross-references/pnc/2012%2F0000123Q",
        "/v1/cross-references/pnc/12/123q",
    ],
)
def test_a_pnc_works_with_its_slash_escaped_or_not_and_in_any_form(client, path):
    body = client.get(path).json()
    assert body["value"] == "2012/0000123Q"


def test_an_identifier_of_several_persons_is_ambiguous_and_lists_them_all(client):
    body = client.get("/v1/cross-references/pnc/2012/0000123Q").json()
    assert body["ambiguous"] is True
    assert [person["person_id"] for person in body["persons"]] == ["ann", "bob"]


@pytest.mark.parametrize("value", ["AB123456", "AB123456C", "ab 12 34 56 d"])
def test_a_national_insurance_number_is_found_whatever_its_suffix(client, value):
    body = client.get(f"/v1/cross-references/nino/{value}").json()
    assert [person["person_id"] for person in body["persons"]] == ["ann"]
    asked = [i for i in body["persons"][0]["identifiers"] if i["asked"]]
    assert [i["system"] for i in asked] == ["nino"]


def test_a_person_is_found_by_id_with_confidence_against_the_golden_record(client):
    answer = client.get("/v1/persons/ann")
    assert answer.status_code == 200
    sure = confidence_of(answer.json())
    assert sure["noms-number", "A1234BC"] == 0.98
    assert sure["crn", "X123456"] == 0.91
    assert not any(i["asked"] for i in answer.json()["identifiers"])


def test_an_id_with_one_successor_redirects_to_it(client):
    answer = client.get("/v1/persons/merged")
    assert answer.status_code == 308
    assert answer.headers["location"] == "/v1/persons/ann"
    assert client.get(answer.headers["location"]).status_code == 200
    assert answer.json()["superseded_by"] == [{"person_id": "ann", "records": 1}]


def test_an_id_with_several_successors_offers_the_choice(client):
    answer = client.get("/v1/persons/split")
    assert answer.status_code == 300
    assert "location" not in answer.headers
    assert [each["person_id"] for each in answer.json()["superseded_by"]] == ["bob", "dee"]


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        (NHS, CrossReferences),
        ("/v1/cross-references/pnc/2012/0000123Q", CrossReferences),
        ("/v1/persons/ann", PersonWithRelease),
        ("/v1/persons/dee", PersonWithRelease),
        ("/v1/persons/merged", Superseded),
        ("/v1/persons/split", Superseded),
    ],
)
def test_answers_are_what_the_schemas_say(client, path, schema):
    schema.model_validate(client.get(path).json())


def test_answers_are_not_to_be_kept_by_caches(client):
    assert client.get(NHS).headers["cache-control"] == "no-store"


def test_minted_uris_lie_where_the_deployment_says(index_url):
    app = create_app(index_url, "https://index.example.net/id")
    with TestClient(app, base_url=HERE) as client:
        answer = client.get("/v1/cross-references/nhs-number/9990000018").json()
    uris = {each["system"]: each["uri"] for each in answer["persons"][0]["identifiers"]}
    assert uris["crn"] == "https://index.example.net/id/crn"
    assert uris["nhs-number"] == "https://fhir.nhs.uk/Id/nhs-number"
