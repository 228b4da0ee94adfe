"""HEAD answers whatever GET does, without the body."""

from __future__ import annotations

import asyncio
import logging
import socket

import httpx
import pytest
import uvicorn

PATHS = [
    ("/health", 200),
    ("/ready", 200),
    ("/openapi.json", 200),
    ("/v1/persons/ann", 200),
    ("/v1/persons/merged", 308),
    ("/v1/cross-references/pnc/2012/0000123Q", 200),
    ("/v1/cross-references/nhs-number/9990000026", 404),
    ("/v2/anything", 404),
]


@pytest.mark.parametrize(("path", "status"), PATHS)
def test_head_has_the_status_and_headers_of_get_and_no_body(client, path, status):
    got, head = client.get(path), client.head(path)
    assert got.status_code == head.status_code == status
    assert got.content
    assert head.content == b""
    of_one_request = {"x-request-id"}
    assert set(head.headers) == set(got.headers)
    for name in set(got.headers) - of_one_request:
        assert head.headers[name] == got.headers[name]
    assert int(head.headers["content-length"]) == len(got.content)


def test_the_log_says_that_it_was_a_head(client, caplog):
    with caplog.at_level(logging.INFO, logger="mpi.api"):
        client.head("/v1/persons/ann")
    (line,) = [r.getMessage() for r in caplog.records if r.name == "mpi.api"]
    assert line.startswith("HEAD /v1/persons/{person_id} 200 ")


def test_a_server_sends_no_body_and_the_connection_stays_usable(app):
    """The length of a body that does not follow is an error to a server that was not told."""

    async def asked():
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error"))
            serving = asyncio.create_task(server.serve([listening]))
            where = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=where) as client:
                while not server.started:
                    await asyncio.sleep(0.01)
                found = [await client.request(m, "/health") for m in ("HEAD", "GET", "HEAD")]
            server.should_exit = True
            await serving
        return found

    head, got, again = asyncio.run(asked())
    assert [each.status_code for each in (head, got, again)] == [200, 200, 200]
    assert [len(each.content) for each in (head, got, again)] == [0, 18, 0]
    assert head.headers["content-length"] == "18"
