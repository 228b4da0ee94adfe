"""`mpi` as its own process: what it loads, how it ends, how it serves."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest

MPI = (sys.executable, "-c", "from mpi.cli.app import main; main()")
HEAVY = ("splink", "duckdb", "pandas", "sklearn", "scipy", "fastapi", "alembic", "pyarrow")


def run(*arguments, **options):
    return subprocess.run(
        [*MPI, *arguments], capture_output=True, text=True, timeout=60, check=False, **options
    )


@contextmanager
def serving(*arguments):
    """A server on a free port of this machine; yields the process and its address."""
    server = subprocess.Popen(
        [*MPI, "serve", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = []
    try:
        for line in server.stderr:
            lines.append(line)
            if found := re.search(r"http://[0-9.:]+", line):
                yield server, found.group(), lines
                return
        raise AssertionError("".join(lines))
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["lookup", "crn", "X123456"]], ids=["help", "lookup"]
)
def test_what_only_linking_needs_is_not_loaded(index_url, arguments):
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: print([m for m in {HEAVY!r} if m in sys.modules]))\n"
        f"from mpi.cli.app import main\nmain({arguments!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=os.environ | {"MPI_INDEX": index_url},
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_error(index_url):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(
            [*MPI, "lookup", "crn", "X123456", "--json", "--index", index_url],
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.stderr == ""
    assert done.returncode == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_an_address_that_others_can_reach_is_refused(index_url, host):
    done = run("serve", "--index", index_url, "--host", host)
    assert done.returncode == 2
    assert "Authentication is not configured" in done.stderr
    assert done.stderr.count("\n") == 1


def test_serving_an_index_that_is_not_there_does_not_start(tmp_path):
    done = run("serve", "--index", f"sqlite:///{tmp_path / 'none.db'}")
    assert done.returncode == 1
    assert done.stderr.startswith("error: There is no index here.")


def test_it_serves_and_logs_without_identifiers_and_stops_when_interrupted(index_url):
    with serving("--index", index_url) as (server, url, lines):
        answer = httpx.get(f"{url}/v1/cross-references/pnc/2012%2F0000123Q", timeout=20)
        assert answer.status_code == 200
        assert answer.json()["ambiguous"] is True
        assert httpx.get(f"{url}/v1/persons/ann", timeout=20).json()["person_id"] == "ann"
        rest = []
        reader = threading.Thread(target=lambda: rest.extend(server.stderr))
        reader.start()
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)
        reader.join(timeout=20)
        log = "".join(lines + rest)
    assert "GET /v1/cross-references/{system}/{value:path} 200" in log
    logged = [json.loads(line) for line in log.splitlines()]
    assert any(each["message"].startswith("no policy: everybody") for each in logged)
    (told,) = [each for each in logged if each.get("route", "").startswith("/v1/cross-references/")]
    assert (told["method"], told["status"]) == ("GET", 200)
    assert told["seconds"] > 0
    assert "0000123Q" not in log
    assert "Traceback" not in log


def test_settings_that_cannot_be_used_are_misuse(index_url):
    done = run("serve", "--index", index_url, env=os.environ | {"MPI_PORT": "http"})
    assert done.returncode == 2
    assert "variable MPI_PORT" in done.stderr


def test_the_openapi_description_is_served(index_url):
    with serving("--index", index_url) as (_, url, _lines):
        described = json.loads(httpx.get(f"{url}/openapi.json", timeout=20).text)
    assert described["info"]["title"] == "Master person index"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lookup", "crn", b"\xff\xfe"], "Argument 3 of the command line is not UTF-8 text."),
        (["link", "--feeds", b"caf\xe9"], "Argument 3 of the command line is not UTF-8 text."),
        (["undo", str(2**63)], "Invalid value for"),
        (["undo", str(2**200)], "Invalid value for"),
        (["undo", "0"], "Invalid value for"),
    ],
)
def test_what_no_index_can_hold_is_a_misuse_and_said_so(arguments, said):
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
