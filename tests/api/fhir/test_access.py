"""FHIR under a policy: who is let in, what they are told, and that it was written down before."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from mpi.access.reading import Kept, found
from mpi.api.app import create_app
from mpi.api.fhir import feed, match, metadata, pix, read, search
from mpi.identifiers import NAMESPACE
from tests.access.policies import HEAD, RATE, Issuer, access_of, clients, grant, profile
from tests.api.conftest import HERE
from tests.api.fhir import world
from tests.api.fhir.answers import identifiers, patients, refusal, resource, targets
from tests.api.fhir.world import BLUE, CRN, GREEN, NHS, PNC, RED, ZELDA, patient

ISSUED = Issuer()
SCOPES = "ITI-83 ITI-78 ITI-119 ITI-104"
KNOWN = ("pds", "red", "blue")
SEEN = ["nhs-number", "local-patient-id"]


def policy(sources=KNOWN, see=SEEN, rate=RATE):
    """A clinic that feeds Red: it may treat, and administer."""
    treat = grant(
        "TREAT",
        ask_with=SEEN,
        see=list(see),
        sources=list(sources),
        minimum_confidence=0.5,
        demographic_search=True,
    )
    numbers = ["nhs-number"]
    administer = grant(
        "PATADMIN", ask_with=numbers, see=numbers, sources=["pds"], minimum_confidence=0.5
    )
    operations = ["look-up", "match", "search", "feed"]
    described = profile("health", operations, treat, administer, feeds=["red"], rate=rate)
    return HEAD + described + clients(clinic="health")


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


def headers(purpose="TREAT", **others):
    return ISSUED.headers(purpose=purpose, **{"scope": SCOPES, **others})


def serving(index, folder, text):
    """An application over an index file, under a policy that is written to a new folder."""
    folder.mkdir(exist_ok=True)
    sources = world.sources_in(folder / "sources")
    access = access_of(folder, text, folder / "sources")
    return create_app(f"sqlite:///{index}", NAMESPACE, access, sources)


@pytest.fixture(scope="module")
def app(fhir_folder, tmp_path_factory):
    return serving(fhir_folder / "mpi.db", tmp_path_factory.mktemp("policy"), policy())


@pytest.fixture(scope="module")
def client(app):
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client


def entries_of(app, answer):
    kept = Kept.of(app.state.access.policy)
    return found(kept, [lambda e: e.get("request") == answer.headers["x-request-id"]])


def by_pix(client, source, *wanted, **said):
    query = [("sourceIdentifier", source), *(("targetSystem", each) for each in wanted)]
    return client.get("/fhir/Patient/$ihe-pix", params=query, headers=headers(**said))


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


@pytest.mark.parametrize("born", ["1961-04-30", "1999-01-01"], ids=["right", "wrong"])
@pytest.mark.parametrize("named", [{"identifier": f"{NHS}|9990000018"}, {"_id": "{id}"}], ids=str)
@pytest.mark.parametrize(
    "said",
    [{"birthdate": "{born}"}, {"birthdate": "{born}", "family": "Quillfeather"}],
    ids=["birth date", "and name"],
)
def test_who_may_not_search_by_individuals_cannot_have_one_confirmed(client, named, said, born):
    (where,) = targets(resource(by_pix(client, f"{NHS}|9990000018", purpose="PATADMIN")))
    filled = {"{id}": where.removeprefix("Patient/"), "{born}": born}
    query = {name: filled.get(value, value) for name, value in (named | said).items()}
    answers = [
        client.get("/fhir/Patient", params=query, headers=headers("PATADMIN")),
        client.post("/fhir/Patient/_search", data=query, headers=headers("PATADMIN")),
    ]
    for answer in answers:
        issue = refusal(answer, 403, "forbidden")
        assert {each["code"] for each in issue["details"]["coding"]} == {"search-not-permitted"}
    alone = {name: filled.get(value, value) for name, value in named.items()}
    found = resource(client.get("/fhir/Patient", params=alone, headers=headers("PATADMIN")))
    assert found["total"] == 1


def test_a_former_id_leads_to_those_alone_whose_records_may_be_known(own, tmp_path):
    gone = former_id(own)
    told = {}
    for name, sources in (("knows", KNOWN), ("does not", ("pds", "blue"))):
        app = serving(tmp_path / "mpi.db", tmp_path / name, policy(sources))
        with TestClient(app, base_url=HERE) as client:
            told[name] = by_pix(client, f"{HERE}/fhir|Patient/{gone}")
    assert len(targets(resource(told["knows"]))) == 1
    refusal(told["does not"], 404, "not-found", "sourceIdentifier Patient Identifier not found")


def former_id(client):
    """A person id whose only record was Red's, and which now is with others."""
    alone = patient("Quillfeather", "Zelda Maud", "1961-04-30", identifiers=[(RED, "R50")])
    moved = {**alone, "identifier": [*alone["identifier"], {"system": NHS, "value": "9990000018"}]}
    alone = {**alone, "birthDate": "1933-03-03", "name": [{"family": "Elsewhere"}]}
    query = {"identifier": f"{RED}|R50"}
    before = client.put("/fhir/Patient", params=query, json=alone).headers["location"]
    after = client.put("/fhir/Patient", params=query, json={**moved, **ZELDA}).headers["location"]
    assert before != after
    return before.rpartition("/")[2]


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


def test_what_replaced_an_identifier_is_told_like_any_other(own, tmp_path):
    link = [{"other": {"identifier": {"system": RED, "value": "R1"}}, "type": "replaced-by"}]
    gone = {**patient(identifiers=[(RED, "R2")]), "active": False, "link": link}
    merged = own.put("/fhir/Patient", params={"identifier": f"{RED}|R2"}, json=gone)
    assert merged.status_code == 200
    policies = {
        "sees": policy(),
        "does not": policy(see=["nhs-number"]),
        "knows not": policy(sources=["pds", "blue"]),
    }
    told, status = {}, {}
    for name, text in policies.items():
        app = serving(tmp_path / "mpi.db", tmp_path / name, text)
        with TestClient(app, base_url=HERE) as client:
            told[name] = identifiers(resource(by_pix(client, f"{RED}|R2")))
            status[name] = by_pix(client, f"{RED}|R2").status_code
    assert status == {"sees": 200, "does not": 200, "knows not": 404}
    assert told == {
        "sees": {(NHS, "9990000018"), (RED, "R1"), (BLUE, "B1")},
        "does not": {(NHS, "9990000018")},
        "knows not": set(),
    }
