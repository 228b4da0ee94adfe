"""A FHIR client that is not ours registers three patients, asks, merges and removes.

The service runs in a process of its own behind a real socket, as `mpi serve` starts it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib import import_module
from socket import socket

import pytest

from tests.api.fhir import world
from tests.api.fhir.world import BLUE, CRN, GREEN, NHS, RED, ZELDA, patient

HOME = {"line": ["41 Tamarisk Row"], "city": "Penzance", "postalCode": "TR18 2AB"}
ADA = patient("Okonkwo", "Ada", "1988-08-08", identifiers=[(CRN, "X654321")], address=[HOME])
STARTED_WITHIN = 60.0


def known_as(system, value):
    """Ada as one domain knows her."""
    return {**ADA, "identifier": [*ADA["identifier"], {"system": system, "value": value}]}


@pytest.fixture(scope="module")
def fhirpy():
    """The client library."""
    if not os.environ.get("CI"):
        pytest.importorskip("fhirpy", reason="the FHIR client `fhirpy` is not installed")
    return import_module("fhirpy")


@pytest.fixture
def client(fhir_folder, tmp_path, fhirpy):
    """A client of a running service over a copy of the small index."""
    shutil.copy(fhir_folder / "mpi.db", tmp_path / "mpi.db")
    world.sources_in(tmp_path / "sources")
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "MPI_SOURCES": str(tmp_path / "sources"), "MPI_LOG": "WARNING"}
    run = "from mpi.cli.app import main; main()"
    command = [sys.executable, "-c", run, "serve", "--port", str(port)]
    command += ["--index", f"sqlite:///{tmp_path / 'mpi.db'}"]
    with (tmp_path / "log").open("wb") as log:
        service = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/health", service, tmp_path / "log")
        yield fhirpy.SyncFHIRClient(f"{url}/fhir")
    finally:
        service.terminate()
        service.wait(timeout=30)


def wait_for(url, service, log):
    """Return as soon as the service answers."""
    until = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < until and service.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(log.read_text())


def feed(client, system, value, sent):
    query = {"identifier": f"{system}|{value}"}
    return client.execute("Patient", method="put", data=sent, params=query)


def ask(client, system, value):
    """The identifiers that `$ihe-pix` answers with."""
    query = {"sourceIdentifier": f"{system}|{value}"}
    found = client.execute("Patient/$ihe-pix", method="get", params=query)
    named = [
        each["valueIdentifier"] for each in found.get("parameter", ()) if "valueIdentifier" in each
    ]
    return {(each["system"], each["value"]) for each in named}


def test_a_client_that_is_not_ours_registers_asks_merges_and_removes(client, fhirpy):
    for system, value in ((RED, "R7"), (GREEN, "G7"), (BLUE, "B7")):
        feed(client, system, value, known_as(system, value))
    shared = {(CRN, "X654321")}
    assert ask(client, RED, "R7") == shared | {(GREEN, "G7"), (BLUE, "B7")}
    assert ask(client, CRN, "X654321") == {(RED, "R7"), (GREEN, "G7"), (BLUE, "B7")}

    feed(client, RED, "R8", known_as(RED, "R8"))
    assert (RED, "R8") in ask(client, GREEN, "G7")
    survivor = {"identifier": {"system": RED, "value": "R7"}}
    link = [{"other": survivor, "type": "replaced-by"}]
    feed(client, RED, "R8", {**known_as(RED, "R8"), "active": False, "link": link})
    assert ask(client, RED, "R8") == shared | {(RED, "R7"), (GREEN, "G7"), (BLUE, "B7")}
    assert ask(client, GREEN, "G7") == shared | {(RED, "R7"), (BLUE, "B7")}

    client.execute("Patient", method="delete", params={"identifier": f"{BLUE}|B7"})
    assert ask(client, RED, "R7") == shared | {(GREEN, "G7")}
    with pytest.raises(fhirpy.base.exceptions.ResourceNotFound):
        ask(client, BLUE, "B7")


def test_it_searches_and_matches(client, fhirpy):
    found = client.resources("Patient").search(identifier=f"{NHS}|9990000018").fetch()
    (zelda,) = found
    assert zelda["name"][0]["family"] == "Quillfeather"
    assert client.reference("Patient", zelda["id"]).to_resource()["birthDate"] == "1961-04-30"
    matched = client.execute("Patient/$match", method="post", data=patient(**ZELDA))
    (entry,) = matched["entry"]
    assert entry["resource"]["id"] == zelda["id"]
    with pytest.raises(fhirpy.base.exceptions.OperationOutcome):
        client.resources("Patient").search(family="Quillfeather").fetch()
