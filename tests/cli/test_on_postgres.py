"""The doors over an index in PostgreSQL: what they say is what they say over a file."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from mpi.api.app import create_app
from tests.conftest import small_index

SECRET = "hunter2"
QUESTIONS = (
    "/v1/cross-references/nhs-number/9990000018",
    "/v1/cross-references/pnc/2012/0000123Q",
    "/v1/persons/cat",
    "/v1/persons/merged",
    "/v1/persons/split",
    "/v1/persons/p-9",
    "/v1/cross-references/crn/X999999",
    "/ready",
)


@pytest.fixture(scope="module")
def on_postgres(postgres) -> str:
    """The URL of the small index in PostgreSQL, with a password in it."""
    return small_index(f"{postgres}&schema=small".replace("postgres@", f"postgres:{SECRET}@"))


def test_a_look_up_gives_the_same_answer(mpi, index_url, on_postgres):
    for asked in (("nhs-number", "9990000018"), ("person", "merged"), ("crn", "X999999")):
        ours = mpi("lookup", *asked, "--json", "--index", on_postgres)
        assert ours == mpi("lookup", *asked, "--json", "--index", index_url)


def test_an_export_writes_the_same_bytes(mpi, index_url, on_postgres, tmp_path):
    for at, url in (("one", index_url), ("two", on_postgres)):
        for what in ("cross-references", "links"):
            to = tmp_path / f"{at}-{what}.csv"
            assert mpi("export", what, "--to", to, "--index", url).code == 0
    written = [[p.read_bytes() for p in sorted(tmp_path.glob(f"{at}-*"))] for at in ("one", "two")]
    assert written[0] == written[1]
    assert len(written[0]) == 2


def test_the_service_gives_the_same_answers(index_url, on_postgres):
    answers = []
    for url in (index_url, on_postgres):
        app = create_app(url)
        with TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
            found = [client.get(question) for question in QUESTIONS]
        answers.append([answer(each) for each in found])
    assert answers[0] == answers[1]
    assert {status for status, _, _ in answers[0]} == {200, 300, 308, 404, 410}


def answer(response):
    """What was answered, without what tells one request from another."""
    body = {name: value for name, value in response.json().items() if name != "instance"}
    return response.status_code, response.headers.get("location"), body


def test_no_password_is_shown(mpi, on_postgres):
    shown = mpi("upgrade", "--index", on_postgres)
    assert "schema=small has the schema of this version" in shown.out
    failed = mpi("upgrade", "--index", on_postgres.replace("schema=small", "schema=none"))
    assert "There is no index here" in failed.err
    for done in (shown, failed, mpi("upgrade", "--json", MPI_INDEX=on_postgres)):
        assert SECRET not in done.out + done.err
