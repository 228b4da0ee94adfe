"""FHIR under a policy: who is let in, what they are told, and that it was written down before."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from mpi.api.fhir import feed, match, metadata, pix, read, search
from tests.api.conftest import HERE
from tests.api.fhir.answers import identifiers, patients, refusal, resource, targets
from tests.api.fhir.guarded import by_pix, entries_of, headers, policy, serving
from tests.api.fhir.world import BLUE, CRN, GREEN, NHS, PNC, RED, ZELDA, patient

ALL = (
    ("GET", "/fhir/Patient/$ihe-pix?sourceIdentifier=x|y"),
    ("POST", "/fhir/Patient/$ihe-pix"),
    ("POST", "/fhir/Patient/$match"),
    ("GET", "/fhir/Patient?family=x"),
    ("POST", "/fhir/Patient/_search"),
    ("GET", "/fhir/Patient/1"),
    ("POST", "/fhir/Patient"),
    ("PUT", "/fhir/Patient?identifier=x|y"),
    ("DELETE", "/fhir/Patient?identifier=x|y"),
)


@pytest.fixture(scope="module")
def app(fhir_folder, tmp_path_factory):
    return serving(fhir_folder / "mpi.db", tmp_path_factory.mktemp("policy"), policy())


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client


def test_what_may_not_be_seen_looks_as_if_it_were_not_there(client):
    told = identifiers(resource(by_pix(client, f"{RED}|R1")))
    assert told == {(NHS, "9990000018"), (BLUE, "B1")}


def test_another_purpose_is_told_something_else(client):
    answer = by_pix(client, f"{NHS}|9990000018", purpose="PATADMIN")
    assert identifiers(resource(answer)) == set()
    assert len(targets(resource(answer))) == 1


@pytest.mark.parametrize("wanted", [CRN, GREEN], ids=["system", "source"])
def test_a_target_system_that_may_not_be_seen_is_an_empty_200(client, wanted):
    answer = by_pix(client, f"{RED}|R1", wanted)
    assert (answer.status_code, resource(answer)) == (200, {"resourceType": "Parameters"})


@pytest.mark.parametrize("source", [f"{CRN}|X123456", f"{PNC}|2012/0000123Q", f"{GREEN}|G1"])
def test_a_withheld_source_identifier_is_the_404_of_an_absent_one(client, source):
    withheld, absent = by_pix(client, source), by_pix(client, f"{RED}|nobody")
    refusal(withheld, 404, "not-found", "sourceIdentifier Patient Identifier not found")
    assert withheld.content == absent.content
    kept = {"x-request-id", "date"}
    assert {k: v for k, v in withheld.headers.items() if k not in kept} == {
        k: v for k, v in absent.headers.items() if k not in kept
    }


def test_a_patient_shows_no_identifier_that_may_not_be_seen(client):
    query = {"identifier": f"{NHS}|9990000018"}
    (shown,) = patients(resource(client.get("/fhir/Patient", params=query, headers=headers())))
    again = client.get(f"/fhir/Patient/{shown['id']}", headers=headers())
    for each in (shown, resource(again)):
        systems = {identifier["system"] for identifier in each["identifier"]}
        assert systems == {NHS, RED, BLUE}
        assert each["name"][0]["family"] == "Quillfeather"


def test_who_may_not_search_by_individuals_is_not_told_of_them(client):
    told = by_pix(client, f"{NHS}|9990000018", purpose="PATADMIN")
    (where,) = targets(resource(told))
    shown = resource(client.get(f"/fhir/{where}", headers=headers("PATADMIN")))
    assert {each["system"] for each in shown["identifier"]} == {NHS}
    assert not {"gender", "birthDate", "address"} & shown.keys()
    assert "Quillfeather" not in str(shown)
    body = patient(**ZELDA)
    refusal(
        client.post("/fhir/Patient/$match", json=body, headers=headers("PATADMIN")),
        403,
        "forbidden",
    )


@pytest.mark.parametrize(("method", "path"), ALL)
def test_a_format_that_cannot_be_given_is_refused_to_those_who_are_let_in(
    client, app, method, path
):
    wanted = {"accept": "image/png"}
    refusal(client.request(method, path, headers=wanted), 401, "login")
    answer = client.request(method, path, headers=headers() | wanted)
    refusal(answer, 406, "not-supported")
    (entry,) = entries_of(app, answer)
    assert (entry["outcome"], entry["code"]) == ("refused", "unacceptable-format")


def test_a_person_of_whom_nothing_may_be_told_is_one_never_issued(client, fhir):
    query = {"identifier": f"{PNC}|2012/0000123Q"}
    unseen = [each["id"] for each in patients(resource(fhir.get("/fhir/Patient", params=query)))]
    assert len(unseen) == 2
    never = client.get("/fhir/Patient/019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70", headers=headers())
    for person_id in unseen:
        answer = client.get(f"/fhir/Patient/{person_id}", headers=headers())
        assert (answer.status_code, answer.content) == (404, never.content)


def test_totals_are_counted_after_withholding(client):
    query = {"identifier": f"{PNC}|2012/0000123Q"}
    found = resource(client.get("/fhir/Patient", params=query, headers=headers()))
    assert (found["total"], patients(found)) == (0, [])
    known = {"family": "Oduya", "birthdate": "1948-09-09"}
    found = resource(client.get("/fhir/Patient", params=known, headers=headers()))
    assert (found["total"], patients(found)) == (0, [])


def test_a_match_is_with_what_may_be_seen(client):
    unseen = patient("Oduya", "Ivan", "1948-09-09")
    found = resource(client.post("/fhir/Patient/$match", json=unseen, headers=headers()))
    assert found["total"] == 0
    seen = resource(client.post("/fhir/Patient/$match", json=patient(**ZELDA), headers=headers()))
    (entry,) = seen["entry"]
    assert {each["system"] for each in entry["resource"]["identifier"]} == {NHS, RED, BLUE}


def test_a_search_that_says_too_little_is_refused(client):
    answer = client.get("/fhir/Patient", params={"family": "Oduya"}, headers=headers())
    refusal(answer, 422, "too-costly")


@pytest.mark.parametrize(
    ("named", "status"),
    [(f"{RED}|R1", 412), (f"{BLUE}|B1", 403), (f"{GREEN}|G1", 403)],
)
def test_a_client_feeds_its_own_domain_alone(client, named, status):
    # two records, so that what is permitted writes nothing here
    query = {"identifier": f"{named},{RED}|R2"}
    for method in ("put", "delete"):
        sent = {"json": patient()} if method == "put" else {}
        answer = getattr(client, method)("/fhir/Patient", params=query, headers=headers(), **sent)
        issue = resource(answer)["issue"][0]
        assert (answer.status_code, issue["code"]) == (
            status,
            "forbidden" if status == 403 else "multiple-matches",
        )


@pytest.mark.parametrize(("method", "path"), ALL)
def test_nobody_is_let_in_without_a_token(client, method, path):
    answer = client.request(method, path)
    refusal(answer, 401, "login")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), ALL)
def test_nobody_is_let_in_with_the_scope_of_something_else(client, method, path):
    answer = client.request(method, path, headers=headers(scope="mpi:explain"))
    refusal(answer, 403, "forbidden")


@pytest.mark.parametrize(("method", "path"), ALL)
def test_nobody_is_let_in_for_a_purpose_that_is_not_theirs(client, method, path):
    refusal(client.request(method, path, headers=headers("HRESCH")), 403, "forbidden")


def test_every_route_but_the_statements_asks_who_it_is():
    routes = [r for each in (pix, match, search, read, feed) for r in each.router.routes]
    asked = {(method, f"/fhir{route.path}") for route in routes for method in route.methods}
    named = {(m, p.partition("?")[0].replace("Patient/1", "Patient/{person_id}")) for m, p in ALL}
    assert asked == named
    assert {route.path for route in metadata.router.routes} == {
        *("/metadata", "/OperationDefinition/{code}")
    }


def test_the_statements_are_open(client):
    assert client.get("/fhir/metadata").status_code == 200
    assert client.get("/fhir/OperationDefinition/match").status_code == 200


def test_every_answer_is_in_the_audit_with_its_transaction(client, app):
    query = {"identifier": f"{NHS}|9990000018"}
    answers = {
        "ITI-83": by_pix(client, f"{RED}|R1"),
        "ITI-78": client.get("/fhir/Patient", params=query, headers=headers()),
        "ITI-119": client.post("/fhir/Patient/$match", json=patient(**ZELDA), headers=headers()),
    }
    for transaction, answer in answers.items():
        (entry,) = entries_of(app, answer)
        assert (entry["transaction"], entry["outcome"]) == (transaction, "answered")
        assert (entry["client"], entry["purpose"]) == ("clinic", "TREAT")
        (person,) = entry["persons"]
        assert set(person["told"]) == {"nhs-number", "local-patient-id"}
        assert "crn" in person["withheld"]
        assert "Quillfeather" not in str(entry)


def test_refusals_are_in_the_audit_too(client, app):
    (absent,) = entries_of(app, by_pix(client, f"{RED}|nobody"))
    (unknown,) = entries_of(app, by_pix(client, "urn:oid:9.9|x"))
    assert (absent["outcome"], unknown["outcome"]) == ("not-found", "refused")
    assert unknown["code"] == "unknown-source-domain"


def test_too_many_requests_say_when_to_come_again(fhir_folder, tmp_path):
    app = serving(fhir_folder / "mpi.db", tmp_path, policy(rate=(1, 1)))
    with TestClient(app, base_url=HERE) as client:
        assert by_pix(client, f"{RED}|R1").status_code == 200
        answer = by_pix(client, f"{RED}|R1")
    refusal(answer, 429, "throttled")
    assert int(answer.headers["retry-after"]) > 0
