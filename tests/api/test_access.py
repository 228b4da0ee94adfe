"""Over HTTP: who is let in, what they are told, and that it was written down before."""

from __future__ import annotations

import json
from itertools import product

import pytest
from fastapi.testclient import TestClient

from mpi.access.operations import Operation
from mpi.access.reading import Kept, about_identifier, found
from mpi.api.app import create_app
from mpi.api.security import permitted
from mpi.identifiers import SYSTEMS
from mpi.store.store import open_store
from tests.access.policies import BODY, HEAD, Issuer, access_of
from tests.api.conftest import HERE
from tests.conftest import PNC

ISSUED = Issuer()
TREAT = ISSUED.headers(purpose="TREAT")
NHS = "/v1/cross-references/nhs-number/9990000018"
PURPOSES = {"clinic": ("TREAT", "PATADMIN"), "office": ("PROBATION",)}


@pytest.fixture(scope="module")
def app(index_url, tmp_path_factory):
    return create_app(index_url, access=access_of(tmp_path_factory.mktemp("policy")))


@pytest.fixture(scope="module")
def client(app):
    with TestClient(
        app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client


@pytest.fixture
def kept(app):
    return Kept.of(app.state.access.policy)


def entries_of(kept, answer):
    return found(kept, [lambda e: e.get("request") == answer.headers["x-request-id"]])


def told(answer):
    return {
        (each["system"], each["value"])
        for person in answer.json()["persons"]
        for each in person["identifiers"]
    }


def test_who_is_permitted_is_told_what_the_policy_allows(client):
    answer = client.get(NHS, headers=TREAT)
    assert answer.status_code == 200
    assert told(answer) == {("nhs-number", "9990000018"), ("local-patient-id", "RX1:12345")}
    (person,) = answer.json()["persons"]
    assert {each["source"] for each in person["records"]} == {"pds", "hjis"}
    assert "nomis" not in answer.text
    assert "A1234BC" not in answer.text


def test_another_purpose_is_told_something_else(client):
    answer = client.get(NHS, headers=ISSUED.headers(purpose="PATADMIN"))
    assert told(answer) == {("nhs-number", "9990000018"), ("noms-number", "A1234BC")}


def test_every_answer_is_written_down_before_it_leaves(client, kept):
    answer = client.get(NHS, headers=TREAT)
    (entry,) = entries_of(kept, answer)
    assert (entry["client"], entry["user"], entry["purpose"]) == ("clinic", "user-7", "TREAT")
    assert (entry["outcome"], entry["release"]) == ("answered", "small-world")
    assert entry["legal_basis"] == "for the tests of access"
    (person,) = entry["persons"]
    assert set(person["told"]) == {"nhs-number", "local-patient-id"}
    assert set(person["withheld"]) == {"noms-number", "pnc", "crn", "nino"}
    assert "9990000018" not in json.dumps(entry)
    assert "RX1" not in json.dumps(entry)


def test_an_answer_is_found_in_the_audit_by_what_was_asked_and_by_what_was_told(client, kept):
    answer = client.get(NHS, headers=TREAT)
    for system, value in (("nhs-number", "9990000018"), ("local-patient-id", "RX1:12345")):
        hits = found(kept, [about_identifier(kept.keyed, system, value)])
        assert answer.headers["x-request-id"] in {each.get("request") for each in hits}


def test_without_credentials_nothing_is_said_but_who_should_come_back(client, kept):
    answer = client.get(NHS)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "detail" not in answer.json()
    (entry,) = entries_of(kept, answer)
    assert (entry["class"], entry["client"], entry["code"]) == ("refusal", "", "not-authenticated")


def without_request(answer):
    body = {name: said for name, said in answer.json().items() if name != "instance"}
    headers = {n: v for n, v in answer.headers.items() if n not in ("x-request-id", "date")}
    return answer.status_code, body, headers


def test_every_wrong_token_gets_the_same_answer(client):
    answers = [
        client.get(NHS, headers={"authorization": said})
        for said in ("", "Bearer x", f"Bearer {ISSUED.token(exp=1)}", "Basic YTpi",
                     f"Bearer {ISSUED.token('nobody')}", f"Bearer {ISSUED.token(aud='x')}")
    ]  # fmt: skip
    first = without_request(answers[0])
    assert first[0] == 401
    assert all(without_request(each) == first for each in answers)


@pytest.mark.parametrize(
    ("headers", "path", "code"),
    [
        (ISSUED.headers(purpose="PROBATION"), NHS, "purpose-not-permitted"),
        (ISSUED.headers(), NHS, "purpose-not-permitted"),
        (ISSUED.headers(purpose="TREAT", scope="mpi:match"), NHS, "not-permitted"),
        (ISSUED.headers(purpose="TREAT"), "/v1/links?left=a%7Cb&right=c%7Cd", "not-permitted"),
    ],
)
def test_a_wrong_scope_or_purpose_is_forbidden_and_written_down(client, kept, headers, path, code):
    answer = client.get(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    (entry,) = entries_of(kept, answer)
    assert (entry["client"], entry["class"], entry["code"]) == ("clinic", "refusal", code)


ABSENT = {"crn": "X999999", "noms-number": "A9998BC", "pnc": "2012/0000124R", "nino": "AB999999"}
THERE = {"crn": "X123456", "noms-number": "A1234BC", "pnc": PNC, "nino": "AB123456"}


@pytest.mark.parametrize("system", THERE)
def test_an_identifier_withheld_looks_like_one_that_nobody_holds(client, system):
    """Whether it may not be asked with, or is held by a record of a source that is not known."""
    there = client.get(f"/v1/cross-references/{system}/{THERE[system]}", headers=TREAT)
    absent = client.get(f"/v1/cross-references/{system}/{ABSENT[system]}", headers=TREAT)
    assert there.status_code == 404
    assert without_request(there) == without_request(absent)


def test_a_person_of_whom_nothing_may_be_told_is_not_there(client):
    there = client.get("/v1/persons/cat", headers=TREAT)
    absent = client.get("/v1/persons/nobody", headers=TREAT)
    assert there.status_code == 404
    assert without_request(there) == without_request(absent)


def test_a_person_whose_id_is_gone_was_never_there(client):
    gone = client.get("/v1/persons/p-9", headers=TREAT)
    assert without_request(gone) == without_request(client.get("/v1/persons/x", headers=TREAT))


def test_a_retired_id_leads_only_to_persons_whom_the_caller_may_know_of(client):
    office = ISSUED.headers("office")
    assert client.get("/v1/persons/merged", headers=TREAT).status_code == 404
    answer = client.get("/v1/persons/merged", headers=office)
    assert (answer.status_code, answer.headers["location"]) == (308, "/v1/persons/ann")
    answer = client.get("/v1/persons/split", headers=office)
    assert answer.status_code == 308
    assert answer.json()["superseded_by"] == [{"person_id": "bob", "records": 1}]


def all_identifiers(index_url):
    store = open_store(index_url)
    with store.reading() as view:
        persons = [view.person_of(each) for each in ("ann", "bob", "cat", "dee")]
    store.close()
    held = {}
    for person in persons:
        sources = {each.record_no: each.key.source for each in person.members}
        for each in person.identifiers:
            held.setdefault((each.system, each.value), set()).add(sources[each.record_no])
    return held


def test_no_client_is_told_anything_outside_its_policy_for_any_purpose(client, app, index_url):
    """Every client, purpose and identifier of the index, against the policy read anew."""
    policy = app.state.access.policy
    held = all_identifiers(index_url)
    answered = 0
    for name, ((system, value), sources) in product(PURPOSES, held.items()):
        for purpose in PURPOSES[name]:
            grant = policy.permission(policy.client(name), purpose).grant
            headers = ISSUED.headers(name, purpose=purpose)
            answer = client.get(f"/v1/cross-references/{system}/{value}", headers=headers)
            permitted_ = system in grant.ask_with and sources & set(grant.sources)
            assert answer.status_code == (200 if permitted_ else 404)
            answered += answer.status_code == 200
            if answer.status_code == 200:
                check(answer.json(), grant, held, asked=(system, value))
    assert answered > 5


def check(body, grant, held, *, asked):
    everything = set(SYSTEMS) if "*" in grant.see else set(grant.see)
    for person in body["persons"]:
        assert {each["source"] for each in person["records"]} <= set(grant.sources)
        for each in person["identifiers"]:
            identifier = (each["system"], each["value"])
            assert each["system"] in everything or identifier == asked
            assert held[identifier] & set(grant.sources)
            assert {record["source"] for record in each["records"]} <= set(grant.sources)
            assert each["confidence"] >= grant.minimum_confidence or identifier == asked


def test_an_explanation_is_of_records_that_the_caller_may_know_of(client):
    office = ISSUED.headers("office")
    path = "/v1/links?left=pds%7C9990000018&right=nomis%7CA1234BC"
    there = client.get(path, headers=office)
    absent = client.get(path.replace("9990000018", "1"), headers=office)
    assert there.status_code == 404
    assert without_request(there) == without_request(absent)


def test_a_route_that_forgets_the_audit_answers_nothing(index_url, tmp_path):
    app = create_app(index_url, access=access_of(tmp_path))
    from fastapi import Depends

    @app.get("/v1/forgetful", dependencies=[Depends(permitted(Operation.LOOK_UP))])
    def forgetful() -> str:
        return "9990000018"

    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        answer = client.get("/v1/forgetful", headers=TREAT)
    assert answer.status_code == 500
    assert "9990000018" not in answer.text


def test_where_the_audit_cannot_be_written_nothing_is_answered(index_url, tmp_path):
    app = create_app(index_url, access=access_of(tmp_path))
    (tmp_path / "audit").write_text("in the way")
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        for path, headers in ((NHS, TREAT), (NHS, {}), (NHS.replace("18", "26"), TREAT)):
            answer = client.get(path, headers=headers)
            assert answer.status_code == 503
            assert answer.json()["code"] == "audit-unavailable"
            assert "A1234BC" not in answer.text
        assert client.get("/ready").status_code == 503
        assert client.get("/health").status_code == 200


def test_who_asks_too_often_is_told_when_to_come_back(index_url, tmp_path):
    rate = "rate = { per_minute = 60, burst = 2 }"
    text = HEAD + BODY.replace("rate = { per_minute = 60000, burst = 10000 }", rate, 1)
    app = create_app(index_url, access=access_of(tmp_path, text))
    with TestClient(app, base_url=HERE) as client:
        answers = [client.get(NHS, headers=TREAT) for _ in range(5)]
        assert client.get("/v1/cross-references/crn/X123456", headers=ISSUED.headers("office")
                          ).status_code == 200  # fmt: skip
    assert [each.status_code for each in answers] == [200, 200, 429, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    codes = [each.get("code") for each in Kept.of(app.state.access.policy).entries()]
    assert codes.count("too-many-requests") == 1


def test_strangers_share_one_rate(index_url, tmp_path):
    app = create_app(index_url, access=access_of(tmp_path))
    with TestClient(app, base_url=HERE) as client:
        statuses = {client.get(NHS).status_code for _ in range(150)}
    assert statuses == {401, 429}


def test_the_host_does_not_matter_where_callers_show_tokens(client):
    assert client.get("/health", headers={"host": "mpi.example.org"}).status_code == 200


def test_health_and_readiness_need_no_token_and_tell_nothing(client):
    client.get(NHS, headers=TREAT)
    assert client.get("/health").json() == {"status": "alive"}
    ready = client.get("/ready")
    assert ready.json() == {"status": "ready", "release": None, "records": None}


def test_metrics_are_for_clients_that_may_monitor_and_tell_of_nobody(client, kept):
    client.get(NHS)
    client.get(NHS, headers=TREAT)
    for headers, status in (({}, 401), (TREAT, 403), (ISSUED.headers("watch"), 403)):
        refused = client.get("/metrics", headers=headers)
        assert refused.status_code == status
        assert [each["status"] for each in entries_of(kept, refused)] == [status]
    monitor = ISSUED.headers("watch", scope="mpi:monitor")
    answer = client.get("/metrics", headers=monitor)
    assert answer.status_code == 200
    assert entries_of(kept, answer) == []
    for secret in ("9990000018", "clinic", "user-7", "ann", "Clinic", "nomis"):
        assert secret not in answer.text
    counted = answer.text
    assert client.get(NHS, headers=monitor).status_code == 403
    assert 'route="/v1/cross-references/{system}/{value:path}"' in counted
    assert 'mpi_refusals_total{code="not-authenticated"}' in counted


def test_an_answer_has_a_tag_of_what_was_told(client):
    path = "/v1/persons/ann"
    treat, office = (client.get(path, headers=h) for h in (TREAT, ISSUED.headers("office")))
    assert treat.headers["etag"] != office.headers["etag"]
    again = client.get(path, headers={**TREAT, "if-none-match": f'W/{treat.headers["etag"]}, "x"'})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={**TREAT, "if-none-match": '"x"'}).status_code == 200
