"""A client of a real service: over HTTP, on the loopback interface."""

from __future__ import annotations

import pytest

from mpi.client import Client
from mpi.showing.serving import serving


@pytest.fixture(scope="session")
def client(index_url):
    with serving(index_url) as url, Client(url) as client:
        yield client


@pytest.fixture(scope="session")
def matching(invented, tmp_path_factory):
    """A client of an index that can match and be written to."""
    index = invented.copy_of_index(tmp_path_factory.mktemp("client") / "mpi.db")
    with serving(index) as url, Client(url) as client:
        yield client
