"""A client of the API over the small index."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mpi.api.app import create_app

HERE = "http://127.0.0.1:8000"
AS_JSON = {"content-type": "application/json"}


@pytest.fixture(scope="session")
def app(index_url) -> FastAPI:
    return create_app(index_url)


@pytest.fixture(scope="session")
def client(app) -> TestClient:
    with TestClient(
        app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False
    ) as client:
        yield client
