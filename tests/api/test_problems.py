"""Every error over HTTP is a problem of RFC 9457 with a stable code, and nothing else leaks."""

from __future__ import annotations

import logging
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpi.api import problems
from mpi.api.app import create_app
from mpi.api.schemas import Problem
from mpi.errors import IndexNotFound, MPIError, all_errors
from mpi.identifiers import SYSTEMS
from tests.api.conftest import HERE

PROBLEMS = [
    ("GET", "/v1/cross-references/nhs-number/9990000026", 404, "identifier-not-found"),
    ("GET", "/v1/cross-references/nhs-number/9990000019", 422, "invalid-identifier"),
    ("GET", "/v1/cross-references/nhs-number/", 422, "invalid-identifier"),
    ("GET", "/v1/cross-references/shoe-size/9990000018", 400, "unknown-identifier-system"),
    ("GET", "/v1/persons/p-0", 404, "person-not-found"),
    ("GET", "/v1/persons/p-9", 410, "person-gone"),
    ("GET", "/v2/anything", 404, "not-found"),
    ("POST", "/v1/persons/ann", 405, "method-not-allowed"),
]


@pytest.mark.parametrize(("method", "path", "status", "code"), PROBLEMS)
def test_a_refusal_is_a_problem_with_its_status_and_code(client, method, path, status, code):
    answer = client.request(method, path)
    body = answer.json()
    Problem.model_validate(body)
    assert answer.status_code == body["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["code"] == code
    assert body["type"] == f"urn:mpi:problem:{code}"
    assert body["instance"] == f"urn:mpi:request:{answer.headers['x-request-id']}"


@pytest.mark.parametrize(("method", "path", "status", "code"), PROBLEMS)
def test_neither_problem_nor_log_repeats_what_was_asked(client, caplog, method, path, status, code):
    value = path.rpartition("/")[2]
    with caplog.at_level(logging.INFO, logger="mpi.api"):
        body = client.request(method, path).text
    assert f" {status} " in caplog.text
    if value:
        assert value not in body
        assert value not in caplog.text


def test_the_log_line_has_the_template_of_the_route_and_the_request_id(client, caplog):
    with caplog.at_level(logging.INFO, logger="mpi.api"):
        client.get("/v1/persons/ann", headers={"x-request-id": "call-17"})
    (line,) = [r.getMessage() for r in caplog.records if r.name == "mpi.api"]
    assert line.startswith("GET /v1/persons/{person_id} 200 ")
    assert line.endswith(" ms call-17")


def test_a_method_that_is_not_allowed_says_which_are(client):
    assert client.delete("/health").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("given_id", ["", "a b", "x" * 65, "9\u00e9", 'a"b'])
def test_a_request_id_that_is_not_plain_is_replaced(client, given_id):
    got = client.get("/health", headers={"x-request-id": given_id.encode("latin-1")})
    assert len(got.headers["x-request-id"]) == 32


def test_a_request_id_that_may_be_an_identifier_is_replaced(client):
    got = client.get("/health", headers={"x-request-id": "9990000018"})
    assert "9990000018" not in got.headers["x-request-id"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_a_request_for_another_host_is_refused(client, host):
    got = client.get("/v1/persons/ann", headers={"host": host})
    assert got.status_code == 421
    assert got.json()["code"] == "misdirected-request"


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "[::1]:8000"])
def test_every_name_of_this_machine_is_answered(client, host):
    assert client.get("/v1/persons/ann", headers={"host": host}).status_code == 200


def test_a_request_id_is_echoed(client):
    assert client.get("/health", headers={"x-request-id": "a-1"}).headers["x-request-id"] == "a-1"


def test_what_nobody_expected_is_a_bare_500_and_logged_without_its_message(index_url, caplog):
    app = create_app(index_url)
    value = "9990000018"

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError(value)

    client = TestClient(app, base_url=HERE, raise_server_exceptions=False)
    with caplog.at_level(logging.INFO, logger="mpi.api"):
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal-server-error"
    assert set(answer.json()) == {"type", "title", "status", "code", "instance"}
    assert "RuntimeError" in caplog.text
    assert value not in caplog.text


def test_the_framework_collects_no_telemetry_of_a_request(index_url):
    telemetry = pytest.importorskip("fastapi.telemetry")
    app = create_app(index_url)

    @app.get("/watched")
    def watched() -> bool:
        return telemetry.get_telemetry_data() is not None

    assert TestClient(app, base_url=HERE).get("/watched").json() is False


def test_a_request_that_does_not_fit_its_declaration_is_a_problem_without_the_value(index_url):
    app = create_app(index_url)

    @app.get("/counted")
    def counted(count: int) -> int:
        return count

    answer = TestClient(app, base_url=HERE).get("/counted", params={"count": "secret"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid-request"
    assert answer.json()["detail"] == "See query.count."
    assert "secret" not in answer.text


def test_an_index_that_vanishes_is_a_503_without_its_path(tmp_path, index_url):
    source = index_url.removeprefix("sqlite:///")
    copy = tmp_path / "copy.db"
    with open(source, "rb") as whole:
        copy.write_bytes(whole.read())
    with TestClient(
        create_app(f"sqlite:///{copy}"), base_url=HERE, raise_server_exceptions=False
    ) as client:
        assert client.get("/ready").status_code == 200
        copy.write_bytes(b"no longer a database" * 4096)
        answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["code"] == "index-unreachable"
    assert "retry-after" in answer.headers
    assert "copy.db" not in answer.text


def test_an_application_without_an_index_does_not_start(tmp_path):
    with pytest.raises(IndexNotFound):
        create_app(f"sqlite:///{tmp_path / 'none.db'}")


@pytest.mark.parametrize("error", all_errors())
def test_every_error_has_a_status_and_a_public_sentence(error):
    assert issubclass(error, MPIError)
    assert 400 <= problems.status_of(error) < 600
    assert error.sentence().endswith(".")


def test_codes_are_distinct():
    codes = [error.code for error in all_errors()]
    assert len(codes) == len(set(codes))


@given(
    system=st.one_of(st.sampled_from(list(SYSTEMS)), st.text(max_size=12)),
    value=st.one_of(st.text(max_size=40), st.from_regex(r"[0-9A-Z/ -]{0,20}", fullmatch=True)),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_identifier_whatsoever_is_a_server_error(client, system, value):
    where = f"{quote(system, safe='')}/{quote(value, safe='/')}"
    answer = client.get(f"/v1/cross-references/{where}")
    assert answer.status_code in {200, 400, 404, 422}
    if answer.status_code != 200:
        Problem.model_validate(answer.json())


@given(person_id=st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_no_person_id_whatsoever_is_a_server_error(client, person_id):
    status = client.get(f"/v1/persons/{quote(person_id, safe='')}").status_code
    assert status in {200, 300, 308, 404, 410}
