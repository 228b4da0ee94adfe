"""In FHIR a restricted person is a Patient labelled so, without address, found by no place."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from fastapi.testclient import TestClient

from mpi.access.access import Access
from mpi.api.app import create_app
from mpi.identifiers import fhir_uri
from mpi.sources import load_sources
from tests.api.conftest import HERE
from tests.api.fhir.answers import patients, resource
from tests.api.restricted_world import (
    HELD,
    LOCATED,
    OMAR,
    SECRETS,
    ZELDA,
    callers,
    example_of,
    restricted_index,
)

LABEL = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
NHS = "https://fhir.nhs.uk/Id/nhs-number"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    return restricted_index(tmp_path_factory.mktemp("restricted"))


@pytest.fixture(scope="module")
def access(tmp_path_factory):
    return example_of(tmp_path_factory.mktemp("policy"))


def serving(url, access: Access | None = None):
    app = create_app(url, access=access, sources=load_sources())
    return TestClient(app, base_url=HERE, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def fhir(url):
    with serving(url) as client:
        yield client


@pytest.fixture(scope="module")
def limited(url, access):
    with serving(url, access) as client:
        yield client


def search(client, headers=None, **asked):
    query = urlencode({name.replace("_", "-"): value for name, value in asked.items()})
    return client.get(f"/fhir/Patient?{query}", headers=headers)


def by_name(person):
    return {"family": person.names[0].family, "birthdate": person.birth_dates[0]}


def found(client, **asked):
    bundle = resource(search(client, **asked))
    assert bundle["total"] == len(patients(bundle))
    return patients(bundle)


def matching(person, **others):
    name = {"family": person.names[0].family, "given": person.names[0].given.split()}
    return {"resourceType": "Patient", "name": [name], "birthDate": person.birth_dates[0], **others}


ADDRESS = {
    "address": [{"line": ["17 Larkspur Lane"], "city": "Harrowgate", "postalCode": "LS1 4AP"}]
}


def test_a_restricted_person_is_labelled_and_says_no_place(fhir):
    (zelda,) = found(fhir, **by_name(ZELDA))
    assert zelda["meta"]["security"] == [LABEL]
    assert not {"address", "telecom"} & zelda.keys()
    assert zelda["name"][0]["family"] == "Quillfeather"
    systems = {each["system"] for each in zelda["identifier"]}
    assert not systems & {fhir_uri(each) for each in LOCATED}
    assert resource(fhir.get(f"/fhir/Patient/{zelda['id']}")) == zelda


def test_another_person_is_not(fhir):
    (omar,) = found(fhir, **by_name(OMAR))
    assert "meta" not in omar
    assert omar["address"][0]["postalCode"] == "HG1 2AB"


@pytest.mark.parametrize(
    ("name", "hers", "his"),
    [
        ("address_postalcode", "LS1 4AP", "HG1 2AB"),
        ("address_city", "Harrowgate", "Otterburn"),
        ("address", "Larkspur", "Teasel"),
        ("telecom", "07700900123", "07700900456"),
        ("telecom", "zelda.q@example.org", "omar.b@example.org"),
    ],
)
def test_whoever_searches_with_a_place_does_not_find_them(fhir, name, hers, his):
    assert not found(fhir, **by_name(ZELDA), **{name: hers})
    assert len(found(fhir, **by_name(OMAR), **{name: his})) == 1
    assert not found(fhir, identifier=f"{NHS}|9990000018", **{name: hers})


def test_match_finds_them_whatever_place_is_named(fhir):
    bundles = [
        resource(fhir.post("/fhir/Patient/$match", json=matching(ZELDA, **others)))
        for others in ({}, ADDRESS)
    ]
    entries = [(e["resource"], e["search"]) for e in bundles[0]["entry"]]
    assert entries == [(e["resource"], e["search"]) for e in bundles[1]["entry"]]
    assert entries[0][0]["meta"]["security"] == [LABEL]


def questions(person_id):
    for system, value, _ in HELD.values():
        token = quote(f"{fhir_uri(system)}|{value}", safe="")
        yield "GET", f"/fhir/Patient/$ihe-pix?sourceIdentifier={token}", None
        yield "GET", f"/fhir/Patient?identifier={token}", None
    yield "GET", f"/fhir/Patient/{person_id}", None
    yield "GET", f"/fhir/Patient?{urlencode(by_name(ZELDA))}", None
    yield "GET", f"/fhir/Patient?{urlencode({**by_name(ZELDA), 'address-postalcode': 'LS1'})}", None
    yield "POST", "/fhir/Patient/$match", matching(ZELDA)


def test_no_client_of_the_example_is_told_where_they_are(fhir, limited, access):
    (zelda,) = found(fhir, **by_name(ZELDA))
    told = 0
    for headers in callers(access):
        for method, path, body in questions(zelda["id"]):
            answer = limited.request(method, path, json=body, headers=headers)
            assert answer.status_code < 500
            told += answer.status_code == 200 and "9990000018" in answer.text
            sent = path.replace("%3A", ":").replace("%2F", "/")
            tails = {each: each.rpartition(":")[2] for each in SECRETS}
            for secret, tail in tails.items():
                assert secret in sent or tail in sent or tail not in answer.text
            assert "telecom" not in answer.text
    assert told > 20
