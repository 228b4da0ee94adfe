"""As the narrowest clients: no answer has a value or key of a system that they may not see."""

from __future__ import annotations

from itertools import combinations
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from mpi.access.reading import Kept
from mpi.api.app import create_app
from mpi.index.decide import Supersession
from mpi.index.index import Index
from mpi.records import RecordKey
from mpi.sources import load_sources
from tests.access.policies import HEAD, Issuer, access_of
from tests.api.conftest import HERE
from tests.api.restricted_world import HELD, OMAR, ZELDA, restricted_index, said

SYSTEMS = sorted({system for system, *_ in HELD.values()})
PROFILE = """
[profiles.{name}]
title = "{name}"
operations = ["look-up", "match", "search"]
rate = {{ per_minute = 1000000, burst = 100000 }}
batch = 100

[[profiles.{name}.grants]]
purposes = ["TREAT"]
regime = "uk-gdpr"
legal_basis = "for the tests of access"
ask_with = ["*"]
see = [{see}]
sources = ["*"]
minimum_confidence = 0
demographic_search = true
most_matches = 50

[clients.{name}]
profile = "{name}"
organisation = "{name}"
"""
SEES = {"nobody": (), **{f"only-{each}": (each,) for each in SYSTEMS}}
OLD, NEW = "A7777BC", HELD["nomis"][1]
"""A prison number that was replaced by Zelda's."""


def policy():
    listed = {name: ", ".join(f'"{each}"' for each in see) for name, see in SEES.items()}
    return HEAD + "".join(PROFILE.format(name=name, see=see) for name, see in listed.items())


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    url = restricted_index(tmp_path_factory.mktemp("withheld"))
    with Index.open(url) as index:
        index.supersede(Supersession("noms-number", OLD, NEW))
    return url


@pytest.fixture(scope="module")
def app(url, tmp_path_factory):
    return create_app(url, access=access_of(tmp_path_factory.mktemp("policy"), policy()))


@pytest.fixture(scope="module")
def client(app):
    with TestClient(
        app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client


def headers(name):
    return Issuer().headers(name, scope="mpi:look-up mpi:match mpi:search mpi:explain")


def questions(which, person):
    """Everything that may be asked about a person, as method, path and body."""
    for system, *values in HELD.values():
        yield "GET", f"/v1/cross-references/{system}/{quote(values[which], safe='')}", None
    yield "GET", f"/v1/cross-references/noms-number/{OLD}", None
    named = [{"system": s, "value": values[which]} for s, *values in HELD.values()]
    for each in (*named, {"system": "noms-number", "value": OLD}):
        yield "POST", "/v1/cross-references:batch", {"identifiers": [each]}
        yield "POST", "/v1/match", said(person, identifiers=[{**each, "verified": True}])
    yield "POST", "/v1/match", said(person)
    for source in HELD:
        yield "POST", "/v1/match", said(person, source=source, source_id="none")
    for left, right in combinations(HELD, 2):
        yield "GET", f"/v1/links?left={left}|{left}-{which}&right={right}|{right}-{which}", None
    yield "GET", "/v1/events?limit=100", None
    for params in ({"family": "Brackenridge", "birthdate": "1975-11-02"},):
        yield "GET", "/fhir/Patient?" + "&".join(f"{k}={v}" for k, v in params.items()), None


def person_id(url, which):
    with Index.open(url) as index:
        return index.holder(RecordKey("hjis", f"hjis-{which}"))


def secrets(which, see):
    """The values, and the keys of records, that are not for who sees some systems."""
    issues = {name: source.issues for name, source in load_sources().items()}
    for source, (system, *values) in HELD.items():
        if system not in see:
            yield values[which]
        if issues[source] not in see:
            yield f"{source}-{which}"


@pytest.mark.parametrize("name", SEES)
@pytest.mark.parametrize(("which", "person"), [(0, ZELDA), (1, OMAR)])
def test_nothing_is_told_that_may_not_be_seen(client, url, name, which, person):
    asked = list(questions(which, person))
    of_person = f"/v1/persons/{person_id(url, which)}"
    asked += [("GET", f"{of_person}{rest}", None) for rest in ("", "/history", "?as_of=9")]
    hidden = set(secrets(which, SEES[name]))
    answered = 0
    for method, path, body in asked:
        answer = client.request(method, path, json=body, headers=headers(name))
        assert answer.status_code < 500, answer.text
        answered += answer.status_code == 200
        sent = f"{path} {body}".replace("%3A", ":").replace("%2F", "/")
        told = [each for each in hidden if f'"{each}"' in answer.text and each not in sent]
        assert not told, (method, path, body)
    assert answered > 20


@pytest.mark.parametrize("name", SEES)
def test_who_asks_with_a_replaced_number_is_told_the_other_only_if_they_may_see_it(client, name):
    path = f"/v1/cross-references/noms-number/{OLD}"
    batch = {"identifiers": [{"system": "noms-number", "value": OLD}]}
    alone = client.get(path, headers=headers(name)).json()
    several = client.post("/v1/cross-references:batch", json=batch, headers=headers(name)).json()
    assert several["answers"][0]["answer"] == alone
    sees = "noms-number" in SEES[name]
    assert alone["value"] == (NEW if sees else OLD)
    held = {each["value"] for person in alone["persons"] for each in person["identifiers"]}
    assert (NEW in held) == sees
    assert OLD not in held


@pytest.mark.parametrize("name", SEES)
def test_contradictions_that_may_not_be_seen_change_nothing_of_a_match(client, name):
    """Whoever says another NHS number than a person has learns of that only if they may see it."""
    other = {"system": "nhs-number", "value": "9990000034", "verified": True}
    answer = client.post(
        "/v1/match", json=said(OMAR, identifiers=[other]), headers=headers(name)
    ).json()
    sees = "nhs-number" in SEES[name]
    conflicts = {each for person in answer["persons"] for each in person["conflicts"]}
    assert conflicts == ({"nhs-number"} if sees else set())
    grades = [each["grade"] for each in answer["persons"]]
    assert ("certain" in grades) == (not sees)


def test_a_key_is_no_way_to_ask_where_its_system_may_not_be_asked_with(url, tmp_path):
    text = policy().replace('ask_with = ["*"]', 'ask_with = ["nhs-number"]')
    with TestClient(create_app(url, access=access_of(tmp_path, text)), base_url=HERE) as client:
        right, wrong = (
            client.post(
                "/v1/match",
                json=said(OMAR, source="hjis", source_id=key),
                headers=headers("nobody"),
            ).json()
            for key in ("hjis-1", "hjis-none")
        )
    assert right == wrong
    assert right["held_by"] is None
    assert right["persons"]


def test_the_audit_names_whom_an_answer_told_of_and_which_systems_it_withheld(client, app, url):
    omar, seen = person_id(url, 1), 0
    for method, path, body in questions(1, OMAR):
        answer = client.request(method, path, json=body, headers=headers("nobody"))
        if answer.status_code != 200 or "batch" in path or "fhir" in path:
            continue
        persons = {each["person_id"] for each in answer.json()["persons"]}
        kept = Kept.of(app.state.access.policy).entries()
        (entry,) = [e for e in kept if e.get("request") == answer.headers["x-request-id"]]
        assert {each["person"] for each in entry["persons"]} == persons
        kept_back = {each["person"]: each["withheld"] for each in entry["persons"]}
        if omar in kept_back:
            seen += 1
            assert "local-patient-id" in kept_back[omar] or "local-patient-id" in path
    assert seen > 10
