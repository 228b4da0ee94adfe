"""`GET /v1/links`: two records in, every comparison out."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from mpi.api import explain_schemas as schemas
from mpi.api.app import create_app
from mpi.store.store import open_store
from tests.api.conftest import HERE

PATH = "/v1/links"


@pytest.fixture(scope="module")
def client(invented):
    app = create_app(f"sqlite:///{invented.index}")
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def pair(invented):
    """The keys of two linked records, as parameters."""
    store = open_store(f"sqlite:///{invented.index}")
    with store.reading() as view:
        link = view.links_among(range(50))[0]
        left, right = ("|".join(r.key) for r in view.records([link.record_l, link.record_r]))
    store.close()
    return {"left": left, "right": right}


def test_an_explanation_is_as_described_and_adds_up(client, pair):
    answer = client.get(PATH, params=pair)
    body = answer.json()
    schemas.Explanation.model_validate(body)
    assert answer.status_code == 200
    parts = sum(each["match_weight"] for each in body["comparisons"])
    assert body["prior"] + parts == pytest.approx(body["match_weight"])
    assert "|".join([body["left"]["source"], body["left"]["source_id"]]) == pair["left"]


def test_the_example_fits_its_schema_and_adds_up():
    example = schemas.EXPLANATION_EXAMPLE
    schemas.Explanation.model_validate(example)
    parts = sum(each["match_weight"] for each in example["comparisons"])
    assert example["prior"] + parts == pytest.approx(example["match_weight"])


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"left": "nomis"}, 400, "usage"),
        ({"left": "nomis|a\x00b"}, 400, "usage"),
        ({"left": "nomis|\U0001f600"}, 404, "record-not-found"),
        ({"left": "shoe-shop|1"}, 404, "record-not-found"),
        ({"left": None}, 422, "invalid-request"),
    ],
)
def test_what_names_no_record_is_a_problem(client, pair, change, status, code):
    asked = {name: value for name, value in (pair | change).items() if value is not None}
    answer = client.get(PATH, params=asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_index_that_keeps_no_release_is_unavailable(index_url):
    client = TestClient(create_app(index_url), base_url=HERE, raise_server_exceptions=False)
    answer = client.get(PATH, params={"left": "a|1", "right": "b|2"})
    assert (answer.status_code, answer.json()["code"]) == (503, "not-matchable")
