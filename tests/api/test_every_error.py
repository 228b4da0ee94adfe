"""Whatever refuses a request, ours or the framework, answers with a problem that names it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from mpi.api.app import create_app
from mpi.api.limits import LARGEST_BODY
from mpi.api.schemas import Problem
from tests.api.conftest import AS_JSON, HERE

AS_TEXT = {"content-type": "text/plain"}
BODIES = [
    ("POST", "/v1/match"),
    ("POST", "/v1/cross-references:batch"),
    ("POST", "/v1/decisions"),
    ("PUT", "/v1/records/hjis/H1"),
]
REFUSED = [
    ("GET", "/", {}, 404, "not-found"),
    ("GET", "/v1/", {}, 404, "not-found"),
    ("GET", "/v1/match/", {}, 404, "not-found"),
    ("GET", "/%00%ff", {}, 404, "not-found"),
    ("DELETE", "/v1/match", {}, 405, "method-not-allowed"),
    ("PATCH", "/v1/records/hjis/H1", {}, 405, "method-not-allowed"),
    ("OPTIONS", "/v1/match", {}, 405, "method-not-allowed"),
    ("GET", "/v1/events?limit=0", {}, 422, "invalid-request"),
    ("GET", "/v1/links", {}, 422, "invalid-request"),
    ("POST", "/v1/match", {"content-length": str(LARGEST_BODY + 1)}, 413, "too-large"),
    *((method, path, AS_TEXT, 415, "unsupported-format") for method, path in BODIES),
    *((method, path, {}, 415, "unsupported-format") for method, path in BODIES),
    *((method, path, AS_JSON, 422, "invalid-record") for method, path in BODIES),
]


def told(answer, status, code, name):
    """A refusal, all of which is as RFC 9457 and our headers have it."""
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    body = Problem.model_validate(answer.json())
    assert (body.status, body.code, body.type) == (status, code, f"urn:mpi:problem:{code}")
    assert answer.headers["x-request-id"] == name
    assert body.instance == f"urn:mpi:request:{name}"


@pytest.mark.parametrize(("method", "path", "headers", "status", "code"), REFUSED)
def test_every_refusal_is_a_problem_that_names_the_request(
    client, method, path, headers, status, code
):
    content = b"{" if method in ("POST", "PUT") else None
    named = {**headers, "x-request-id": "call-17"}
    told(client.request(method, path, content=content, headers=named), status, code, "call-17")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=UTF-8", 200),
        ("application/vnd.example+json", 200),
        ("application/json; charset=latin-1", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/xml", 415),
        ("json", 415),
    ],
)
def test_a_body_says_that_it_is_json(client, said, status):
    body = b'{"identifiers": [{"system": "nhs-number", "value": "9990000018"}]}'
    headers = {"content-type": said}
    answer = client.post("/v1/cross-references:batch", content=body, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/broken", "/fhir/broken"])
def test_what_nobody_expected_names_its_request_too(index_url, path):
    app = create_app(index_url)

    def broken() -> None:
        raise RuntimeError

    inside = next(route.app for route in app.routes if getattr(route, "path", "") == "/fhir")
    for each, at in ((app, "/broken"), (inside, "/broken")):
        each.add_api_route(at, broken)
    with TestClient(app, base_url=HERE, raise_server_exceptions=False) as client:
        answer = client.get(path, headers={"x-request-id": "call-17"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "call-17")
    if path == "/broken":
        told(answer, 500, "internal-server-error", "call-17")
    else:
        assert answer.json()["resourceType"] == "OperationOutcome"
