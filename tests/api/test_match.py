"""`POST /v1/match`: what is asked, what is answered, and what is refused."""

from __future__ import annotations

import orjson
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpi.api import match_schemas as schemas
from mpi.api.app import create_app
from mpi.api.routes.dependencies import LARGEST_BODY
from mpi.api.schemas import Problem
from mpi.index.given import _READERS
from mpi.linking.intake import record_of
from mpi.store.store import open_store
from tests.api.conftest import AS_JSON, HERE

PATH = "/v1/match"


@pytest.fixture(scope="module")
def url(invented):
    return f"sqlite:///{invented.index}"


@pytest.fixture(scope="module")
def client(url):
    with TestClient(create_app(url), base_url=HERE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def known(url):
    """A record of the index that resembles others, as JSON, and its person."""
    store = open_store(url)
    with store.reading() as view:
        number = next(link.record_l for link in view.links_among(range(50)) if link.weight > 20_000)
        (stored,) = view.records([number])
    store.close()
    return orjson.loads(orjson.dumps(record_of(stored.payload))), stored.person_id


def refusal(answer, status, code):
    body = answer.json()
    Problem.model_validate(body)
    assert (answer.status_code, body["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    return body


def test_a_record_of_somebody_known_is_answered_with_the_person(client, known):
    record, person_id = known
    answer = client.post(PATH, json={**record, "source_id": "new"})
    schemas.Matches.model_validate(answer.json())
    assert answer.status_code == 200
    first = answer.json()["persons"][0]
    assert first["person_id"] == person_id
    assert first["grade"] in ("certain", "probable")
    assert 0 < first["probability"] <= first["confidence"] <= 1


def test_a_record_that_the_index_holds_says_by_whom(client, known):
    record, person_id = known
    assert client.post(PATH, json=record).json()["held_by"] == person_id


def test_an_empty_record_is_not_searchable(client):
    answer = client.post(PATH, json={}).json()
    schemas.Matches.model_validate(answer)
    assert (answer["searchable"], answer["p_null"], answer["persons"]) == (False, None, [])


def test_limit_and_all_say_how_many_are_listed(client, known):
    record, _ = known
    everybody = client.post(f"{PATH}?all=true&limit=100", json=record).json()["persons"]
    usual = client.post(PATH, json=record).json()["persons"]
    one = client.post(f"{PATH}?limit=1", json=record).json()["persons"]
    assert len(one) == 1
    assert one == usual[:1]
    assert usual == everybody[: len(usual)]
    assert {each["grade"] for each in everybody[len(usual) :]} <= {"certainly-not"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "invalid-record"),
        (b"{", "invalid-record"),
        (b"[]", "invalid-record"),
        (b"\xff", "invalid-record"),
        (b'{"names": "Ann"}', "invalid-record"),
        (b'{"names": [{"first": "Ann"}]}', "invalid-record"),
        (b'{"names": [{"given": 1}]}', "invalid-record"),
        (b'{"birth_dates": [19900101]}', "invalid-record"),
        (b'{"birth_date": "1990-01-01"}', "invalid-record"),
        (b'{"identifiers": [{"system": "nhs-number"}]}', "invalid-record"),
        (b'{"identifiers": [{"system": "a", "value": "b", "verified": 1}]}', "invalid-record"),
        (b'{"source": "nomis", "source_id": "a\\u0000b"}', "invalid-record"),
        (b'{"sex": "\\ud800"}', "invalid-record"),
        (b"[" * 100_000, "invalid-record"),
    ],
)
def test_what_is_no_record_is_refused(client, content, code):
    refusal(client.post(PATH, content=content, headers=AS_JSON), 422, code)


def test_an_unknown_source_is_refused(client):
    refusal(client.post(PATH, json={"source": "shoe-shop"}), 400, "unknown-source")


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "all=perhaps"])
def test_a_wrong_parameter_is_refused(client, query):
    refusal(client.post(f"{PATH}?{query}", json={}), 422, "invalid-request")


def test_a_body_that_is_too_large_is_refused(client):
    refusal(client.post(PATH, content=b" " * (LARGEST_BODY + 1), headers=AS_JSON), 413, "too-large")
    assert (
        client.post(PATH, content=b"{}" + b" " * (LARGEST_BODY - 2), headers=AS_JSON).status_code
        == 200
    )


def test_a_body_without_a_length_is_no_way_around_it(client):
    parts = (b" " * 10_000 for _ in range(100))
    refusal(client.post(PATH, content=parts, headers=AS_JSON), 413, "too-large")


def test_ten_thousand_aliases_are_answered_or_too_large(client):
    names = [{"given": "A", "family": str(n)} for n in range(10_000)]
    answer = client.post(PATH, json={"names": names})
    refusal(answer, 413, "too-large")
    assert client.post(PATH, json={"names": names[:1_000]}).status_code == 200


def test_no_refusal_repeats_what_was_asked(client):
    for body in ({"sex": ["Sensitive"]}, {"Sensitive": 1}, {"source": "Sensitive"}):
        assert "Sensitive" not in client.post(PATH, json=body).text


def test_an_index_that_keeps_no_release_is_unavailable(index_url):
    client = TestClient(create_app(index_url), base_url=HERE, raise_server_exceptions=False)
    refusal(client.post(PATH, json={}), 503, "not-matchable")


def test_the_fields_that_are_described_are_those_that_are_read():
    assert list(schemas.AskedRecord.model_fields) == list(_READERS)


def test_the_examples_fit_their_schemas():
    schemas.AskedRecord.model_validate(schemas.ASKED_EXAMPLE)
    schemas.Matches.model_validate(schemas.MATCHES_EXAMPLE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.lists(st.fixed_dictionaries({"given": TEXTS, "family": TEXTS}), max_size=4)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "names": NAMES,
        "identifiers": st.lists(
            st.fixed_dictionaries(
                {"system": st.sampled_from(["nhs-number", "pnc", "nino"]) | TEXTS, "value": TEXTS}
            ),
            max_size=3,
        ),
        "source": st.sampled_from(["", "nomis"]),
        **{
            name: st.lists(TEXTS, max_size=4)
            for name in ("birth_dates", "postcodes", "addresses", "phones", "emails")
        },
        **dict.fromkeys(("source_id", "sex", "town", "birth_place", "occupation"), TEXTS),
    },
)


@given(st.dictionaries(st.sampled_from(list(_READERS)), JSON, max_size=4) | RECORDS | JSON)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_body_is_ever_an_internal_error(client, body):
    try:
        content = orjson.dumps(body)
    except TypeError:
        content = repr(body).encode("utf-8", "replace")
    answer = client.post(PATH, content=content, headers=AS_JSON)
    assert answer.status_code in (200, 400, 422)
    if answer.status_code == 200:
        schemas.Matches.model_validate(answer.json())
