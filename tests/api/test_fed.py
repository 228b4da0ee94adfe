"""A client that feeds is told what it could look up, and believed as far as the policy says."""

from __future__ import annotations

import shutil
from itertools import product

import pytest
from fastapi.testclient import TestClient

from mpi.access.reading import Kept
from mpi.api.app import create_app
from mpi.fhir import uris
from mpi.index.index import Index
from mpi.records import Name, Record, RecordKey
from tests.access.policies import HEAD, Issuer, access_of
from tests.api.conftest import HERE
from tests.api.restricted_world import OMAR, restricted_index, said

GRANT = """
[[profiles.{name}.grants]]
purposes = ["TREAT"]
regime = "uk-gdpr"
legal_basis = "for the tests of access"
ask_with = {ask}
see = {see}
sources = {sources}
minimum_confidence = 0
"""
PROFILE = """
[profiles.{name}]
title = "{name}"
operations = {operations}
feeds = ["hjis"]
rate = {{ per_minute = 1000000, burst = 100000 }}
{more}
[clients.{name}]
profile = "{name}"
organisation = "{name}"
"""
EVERY, NONE, NHS = '["*"]', "[]", '["nhs-number"]'
FEED, BOTH = '["feed"]', '["feed", "look-up"]'
TRUSTED = 'verifies = { hjis = ["nhs-number"] }\nunrestricts = ["hjis"]'
CLIENTS = {
    "blind": (FEED, EVERY, EVERY, EVERY, ""),
    "unsighted": (BOTH, NHS, NONE, EVERY, ""),
    "elsewhere": (BOTH, NHS, NHS, '["courts"]', ""),
    "clinic": (BOTH, NHS, NHS, '["hjis", "pds"]', ""),
    "whole": (BOTH, EVERY, EVERY, EVERY, TRUSTED),
}
TELLS = {"clinic", "whole"}
"""Those who would be told the person by looking up an identifier of a system that they may see."""
SCOPES = "mpi:look-up mpi:feed"
WHERE = "https://mpi.example.org/Id/records/hjis"
NUMBER = "https://fhir.nhs.uk/Id/nhs-number"


def policy():
    text = HEAD
    for name, (operations, ask, see, sources, more) in CLIENTS.items():
        text += PROFILE.format(name=name, operations=operations, more=more)
        text += GRANT.format(name=name, ask=ask, see=see, sources=sources)
    return text


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return restricted_index(folder).removeprefix("sqlite:///")


@pytest.fixture
def url(made, tmp_path):
    return f"sqlite:///{shutil.copy(made, tmp_path / 'mpi.db')}"


@pytest.fixture
def app(url, tmp_path):
    return create_app(url, access=access_of(tmp_path, policy()))


@pytest.fixture
def client(app):
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client


def headers(name, **others):
    return Issuer().headers(name, **{"scope": SCOPES, **others})


STRANGER = {
    "names": [{"given": "Ingeborg", "family": "Vandersteen"}],
    "birth_dates": ["1949-12-24"],
    "sex": "F",
    "identifiers": [{"system": "nhs-number", "value": "9990000034", "verified": True}],
}
KNOWN = said(OMAR, identifiers=[{"system": "nhs-number", "value": "9990000026", "verified": True}])


TRACED = {
    "url": uris.VERIFICATION_STATUS,
    "valueCodeableConcept": {"coding": [{"code": "01"}]},
}


def patient(body):
    (name,) = body["names"]
    number = {"system": NUMBER, "value": body["identifiers"][0]["value"], "extension": [TRACED]}
    return {
        "resourceType": "Patient",
        "identifier": [number],
        "name": [{"family": name["family"], "given": name["given"].split()}],
        "birthDate": body["birth_dates"][0],
    }


def rest(client, name, key, body):
    answer = client.put(f"/v1/records/hjis/{key}", json=body, headers=headers(name))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told.pop("source_id") == key
    return told.pop("person_id"), told, answer


def fhir(client, name, key, body):
    pytest.importorskip("fhir.resources", reason="the extra `fhir` is not installed")
    where = {"identifier": f"{WHERE}|{key}"}
    answer = client.put("/fhir/Patient", params=where, json=patient(body), headers=headers(name))
    assert answer.status_code == 201, answer.text
    location = answer.headers.get("location")
    return location and location.rpartition("/")[2], answer.json(), answer


DOORS = list(product((rest, fhir), CLIENTS))


@pytest.mark.parametrize(("door", "name"), DOORS)
def test_who_could_not_look_it_up_learns_nothing_of_whose_record_it_is(client, app, door, name):
    known, known_body, answer = door(client, name, "K1", KNOWN)
    stranger, stranger_body, other = door(client, name, "S1", STRANGER)
    if name == "whole":
        known_body.pop("sequence", 0), stranger_body.pop("sequence", 0)
        known_body.pop("persons", 0), stranger_body.pop("persons", 0)
    # the tag is of what was sent
    known_body.pop("tag", 0), stranger_body.pop("tag", 0)
    assert known_body == stranger_body
    assert bool(known) == bool(stranger) == (name in TELLS)
    if name in TELLS:
        found = client.get("/v1/cross-references/nhs-number/9990000026", headers=headers(name))
        assert known in {each["person_id"] for each in found.json()["persons"]}
    else:
        assert known_body.get("sequence") is None
        assert not known_body.get("persons")
    check_written_down(app, (answer, known), (other, stranger))


def check_written_down(app, *answers):
    kept = list(Kept.of(app.state.access.policy).entries())
    for answer, told in answers:
        request = answer.headers["x-request-id"]
        (entry,) = [each for each in kept if each.get("request") == request]
        named = [each["person"] for each in entry["persons"]]
        assert named == ([told] if told else [])
        assert len(entry["withheld"]) == (0 if told else 1)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_token_without_the_scope_tells_no_more_than_a_profile_without_it(client, name):
    sent = headers(name, scope="mpi:feed")
    answer = client.put("/v1/records/hjis/K1", json=KNOWN, headers=sent)
    assert (answer.status_code, answer.json()["person_id"]) == (201, None)
    again = client.put("/v1/records/hjis/K1", json=KNOWN, headers=sent)
    gone = client.delete("/v1/records/hjis/K1", headers=sent)
    for each in (again, gone):
        assert (each.json()["person_id"], each.json()["persons"]) == (None, [])


@pytest.mark.parametrize(("door", "name"), DOORS)
def test_only_what_the_policy_lets_a_client_verify_counts_as_verified(client, url, door, name):
    door(client, name, "V1", STRANGER)
    with Index.open(url) as index:
        (person,) = index.cross_references("nhs-number", "9990000034").persons
    (held,) = [x for x in person.cross_references if x.identifier.system == "nhs-number"]
    assert (RecordKey("hjis", "V1") in held.verified_by) == (name == "whole")


def restricted(url, key):
    with Index.open(url) as index:
        (person,) = index.holdings([index.holder(RecordKey("hjis", key))])
    return person.person.restricted


@pytest.mark.parametrize("name", CLIENTS)
def test_anybody_may_restrict_and_only_who_may_lifts_it(client, url, name):
    path, sent = "/v1/records/hjis/R1", headers(name)
    client.put(path, json=STRANGER | {"version": "1", "restricted": True}, headers=sent)
    assert restricted(url, "R1")
    after = client.put(path, json=STRANGER | {"version": "2"}, headers=sent)
    assert (after.status_code, after.json()["status"]) == (200, "updated")
    assert restricted(url, "R1") == (name != "whole")
    again = client.put(path, json=STRANGER | {"version": "2"}, headers=sent)
    assert again.json()["status"] == "duplicate"
    gone = client.delete(path, headers=sent)
    assert gone.status_code == (200 if name == "whole" else 403)


def test_a_restricted_record_is_not_merged_away(client, url):
    pytest.importorskip("fhir.resources", reason="the extra `fhir` is not installed")
    for key in ("M1", "M2"):
        body = STRANGER | {"restricted": key == "M1"}
        client.put(f"/v1/records/hjis/{key}", json=body, headers=headers("clinic"))
    link = {"other": {"identifier": {"system": WHERE, "value": "M2"}}, "type": "replaced-by"}
    sent = {
        "resourceType": "Patient",
        "identifier": [{"system": WHERE, "value": "M1"}],
        "active": False,
        "link": [link],
    }
    where = {"identifier": f"{WHERE}|M1"}
    for name, status in (("clinic", 403), ("whole", 200)):
        answer = client.put("/fhir/Patient", params=where, json=sent, headers=headers(name))
        assert answer.status_code == status, answer.text
        assert restricted(url, "M2") == (name == "clinic")


def test_what_the_source_itself_delivers_lifts_it(url):
    with Index.open(url) as index:
        names = (Name("Ingeborg", "Vandersteen"),)
        index.put(Record("hjis", "F1", "1", names=names, restricted=True))
        index.put(Record("hjis", "F1", "2", names=names))
    assert not restricted(url, "F1")
