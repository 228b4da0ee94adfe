"""Whatever the description lets anybody send, or does not: no server error, and answers as told.

A short run of `benchmarks/torture/schema.py`, which sends far more.
"""

from __future__ import annotations

import pytest

from mpi.access.access import Access
from mpi.api.app import create_app
from tests.api import fuzzing

EXAMPLES = 6


@pytest.fixture(scope="module")
def service(invented, tmp_path_factory):
    """An application over a copy of an index, and what that holds."""
    folder = tmp_path_factory.mktemp("fuzzed")
    url = invented.copy_of_index(folder / "mpi.db")
    return create_app(url, access=Access(fuzzing.policy_in(folder))), fuzzing.known_in(url)


@pytest.mark.parametrize("client", ["narrowest", "widest"])
def test_no_request_is_a_server_error_and_every_answer_is_as_described(service, client):
    app, known = service
    tally = fuzzing.fuzz(app, client, known, examples=EXAMPLES, number=7)
    assert not tally.failures
    asked = {label.rpartition(" ")[0] for label in tally.answers}
    paths = app.openapi()["paths"]
    assert asked == {f"{method.upper()} {path}" for path, ops in paths.items() for method in ops}
    if client == "widest":
        answered = {label.rpartition(" ")[0] for label in tally.answers if label.endswith(" 200")}
        assert len(answered) >= len(asked) / 3
