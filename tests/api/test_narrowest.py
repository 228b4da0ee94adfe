"""Whatever the client with the narrowest policy sends, it is told nothing and breaks nothing."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpi.api.app import create_app
from mpi.identifiers import SYSTEMS
from tests.access.policies import HEAD, Issuer, access_of, clients, grant, profile
from tests.api.conftest import HERE
from tests.conftest import HELD, KEYS_OF_RECORDS

NOTHING = grant("HRESCH", ask_with=["nhs-number"], sources=["pds"], minimum_confidence=0.999)
RATE = (1_000_000, 100_000)
NARROW = (
    HEAD
    + profile("narrow", ["look-up", "match", "search"], NOTHING, rate=RATE)
    + clients(clinic="narrow")
)
SECRETS = {value for _, _, value, _ in HELD} | {source_id for _, source_id in KEYS_OF_RECORDS}
PERSONS = ("ann", "bob", "cat", "dee", "merged", "split", "p-9")
TEXT = st.text(max_size=20)
VALUES = st.sampled_from(sorted(SECRETS)) | TEXT
NAMES = st.sampled_from(list(SYSTEMS)) | TEXT
HEADERS = Issuer().headers(exp=4_000_000_000)


def part(text):
    return quote(text, safe="")


LOOK_UPS = st.tuples(NAMES, VALUES).map(
    lambda asked: ("GET", f"/v1/cross-references/{part(asked[0])}/{part(asked[1])}", None)
)
OF_PERSONS = (st.sampled_from(PERSONS) | TEXT).map(
    lambda person: ("GET", f"/v1/persons/{part(person)}", None)
)
KEYS = st.sampled_from([f"{source}|{key}" for source, key in KEYS_OF_RECORDS]) | TEXT
EXPLAINED = st.tuples(KEYS, KEYS).map(
    lambda keys: ("GET", f"/v1/links?left={part(keys[0])}&right={part(keys[1])}", None)
)
IDENTIFIERS = st.lists(st.fixed_dictionaries({"system": NAMES, "value": VALUES}), max_size=3)
BATCHES = IDENTIFIERS.map(
    lambda asked: ("POST", "/v1/cross-references:batch", {"identifiers": asked})
)
RECORDS = st.fixed_dictionaries(
    {"identifiers": IDENTIFIERS},
    optional={"source": st.sampled_from(("", "nomis")) | TEXT, "source_id": VALUES, "sex": TEXT},
)
MATCHES = RECORDS.map(lambda record: ("POST", "/v1/match?all=true", record))
PURPOSES = st.sampled_from(["", "HRESCH", "HRESCH", "HRESCH", "TREAT"])


@pytest.fixture(scope="module")
def client(index_url, tmp_path_factory):
    app = create_app(index_url, access=access_of(tmp_path_factory.mktemp("policy"), NARROW))
    with TestClient(
        app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client


def without_forms(text):
    """What an answer says, without the examples of how identifiers are written."""
    for system in SYSTEMS.values():
        text = text.replace(system.form, "")
    return text


@given(LOOK_UPS | OF_PERSONS | EXPLAINED | BATCHES | MATCHES, PURPOSES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_is_told_of_nothing_that_it_did_not_say_itself(client, request_, purpose):
    method, path, body = request_
    headers = HEADERS | ({"x-purpose-of-use": purpose} if purpose else {})
    answer = client.request(method, path, json=body, headers=headers)
    assert answer.status_code < 500 or answer.json()["code"] == "not-matchable"
    sent = f"{path} {body}"
    text = without_forms(answer.text)
    told = {secret for secret in SECRETS if len(secret) > 3 and secret in text}
    # the record that holds what was asked with is of a source it may know of: its key is repeated
    assert told <= {secret for secret in SECRETS if part(secret) in sent or secret in sent}
    for source in ("nomis", "ndelius", "hjis", "courts"):
        assert f'"source":"{source}"' not in answer.text


def test_it_is_told_that_what_it_asked_with_is_known(client):
    answer = client.get("/v1/cross-references/nhs-number/9990000018", headers=HEADERS)
    (person,) = answer.json()["persons"]
    assert [each["value"] for each in person["identifiers"]] == ["9990000018"]
    # the key is an NHS number, which it is not told of anybody
    assert person["records"] == [{"source": "pds", "source_id": ""}]
