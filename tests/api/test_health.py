"""Whether it is ready, and what is counted: without a word about anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from mpi.api.app import age_of, create_app
from mpi.api.metrics import Metrics
from mpi.index.index import Index
from tests.access.policies import BODY, HEAD, access_of
from tests.api.conftest import HERE

LAST = datetime(2026, 1, 2, tzinfo=UTC)
"""When the small index was last linked."""


def ready(index_url, folder, service):
    app = create_app(index_url, access=access_of(folder, HEAD + BODY + service))
    with TestClient(app, base_url=HERE) as client:
        return client.get("/ready")


def test_an_index_that_has_been_quiet_for_too_long_is_not_ready(index_url, tmp_path):
    answer = ready(index_url, tmp_path, "[service]\nstale_after_hours = 1\n")
    assert (answer.status_code, answer.json()["code"]) == (503, "index-stale")
    assert answer.headers["retry-after"] == "1"


def test_without_a_limit_or_within_it_it_is_ready(index_url, tmp_path):
    age = datetime.now(UTC) - LAST
    service = f"[service]\nstale_after_hours = {age / timedelta(hours=1) + 1}\n"
    assert ready(index_url, tmp_path, service).json()["status"] == "ready"
    said = ready(index_url, tmp_path, "").json()
    assert said == {"status": "ready", "release": None, "records": None}


def test_an_open_service_says_how_many_records_there_are(client):
    assert client.get("/ready").json()["records"] == 9


def test_the_age_of_the_index_is_told_to_the_minute(index_url):
    with Index.open(index_url) as index:
        at = LAST + timedelta(minutes=7, seconds=31)
        assert age_of(index, at) == {"last event": 420.0}


def test_an_age_that_cannot_be_told_is_left_out(tmp_path, index_url):
    copy = tmp_path / "copy.db"
    copy.write_bytes(Path(index_url.removeprefix("sqlite:///")).read_bytes())
    with Index.open(f"sqlite:///{copy}") as index:
        copy.write_bytes(b"no longer a database" * 4096)
        assert age_of(index, LAST) == {}


def test_metrics_have_times_statuses_refusals_grades_and_what_is_watched():
    metrics = Metrics()
    metrics.answered("GET", "/v1/persons/{person_id}", 404, 0.003)
    metrics.refused("person-not-found")
    metrics.graded(["certain", "possible", "certain"])
    metrics.touched(7)
    metrics.watch("mpi_feed_age_seconds", "Since the last feed.", "source", lambda: {"pds": 60.0})
    said = metrics.exposition().decode()
    for line in (
        'mpi_answers_total{method="GET",route="/v1/persons/{person_id}",status="404"} 1.0',
        'mpi_request_seconds_count{method="GET",route="/v1/persons/{person_id}"} 1.0',
        'mpi_refusals_total{code="person-not-found"} 1.0',
        'mpi_match_grades_total{grade="certain"} 2.0',
        "mpi_region_records_sum 7.0",
        'mpi_feed_age_seconds{source="pds"} 60.0',
    ):
        assert line in said


def test_applications_count_for_themselves():
    one, other = Metrics(), Metrics()
    one.refused("x")
    assert "mpi_refusals_total{" not in other.exposition().decode()


@pytest.mark.parametrize("path", ["/nowhere/9990000018", "/v1/persons/9990000018"])
def test_no_path_is_ever_a_label(client, path):
    client.get(path)
    said = client.get("/metrics").text
    assert "9990000018" not in said
    assert "nowhere" not in said
