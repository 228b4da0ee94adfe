"""A client of the FHIR API over the small index of `world`, and what makes sure of its answers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from mpi.api.app import create_app
from mpi.identifiers import NAMESPACE
from tests.api.conftest import HERE
from tests.api.fhir import world


@pytest.fixture(scope="session", autouse=True)
def installed():
    """Without the extra these tests are skipped, except where all of them have to run."""
    if not os.environ.get("CI"):
        pytest.importorskip("fhir.resources", reason="the extra `fhir` is not installed")
        pytest.importorskip("lxml", reason="the extra `fhir` is not installed")


def serving(url: str, sources) -> TestClient:
    """A client of an index, in a context."""
    app = create_app(url, NAMESPACE, sources=sources)
    return TestClient(app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False)


@pytest.fixture(scope="session")
def fhir_folder(tmp_path_factory) -> Path:
    """Where the small index and the descriptions of its sources are; nothing may write to it."""
    folder = tmp_path_factory.mktemp("fhir")
    world.linked(folder, world.FEEDS)
    return folder


@pytest.fixture(scope="session")
def fhir(fhir_folder):
    with serving(
        f"sqlite:///{fhir_folder / 'mpi.db'}", world.sources_in(fhir_folder / "sources")
    ) as c:
        yield c


@pytest.fixture
def own(fhir_folder, tmp_path):
    """A client of a copy of the index, to write to."""
    shutil.copy(fhir_folder / "mpi.db", tmp_path / "mpi.db")
    sources = world.sources_in(tmp_path / "sources")
    with serving(f"sqlite:///{tmp_path / 'mpi.db'}", sources) as client:
        yield client
