"""An `mpi serve` of our own for as long as a benchmark needs it, on loopback, and one client."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

HOST = "127.0.0.1"
START_SECONDS = 60.0
ANSWER_SECONDS = 30.0
MPI = Path(sys.executable).with_name("mpi")


class Client:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self.headers: dict[str, str] = {}
        self._connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_SECONDS)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask, and read the whole answer: status and body."""
        self._connection.request("GET", path, headers=self.headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def post(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Send JSON, and read the whole answer: status and body."""
        self._connection.request("POST", path, body, {"content-type": "application/json"})
        response = self._connection.getresponse()
        return response.status, response.read()

    def put(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Send JSON to be kept there, and read the whole answer: status and body."""
        self._connection.request("PUT", path, body, {"content-type": "application/json"})
        response = self._connection.getresponse()
        return response.status, response.read()

    def timed(self, path: str) -> float:
        """Seconds from asking to the last byte; raises RuntimeError when the answer is not 200."""
        start = perf_counter()
        status, _ = self.get(path)
        taken = perf_counter() - start
        if status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path} answered {status}")
        return taken

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextmanager
def serving(index: str, *options: str) -> Iterator[Client]:
    """A client of a fresh server of this index: one worker, stopped whatever happens.

    Args: options, further ones of `mpi serve`.
    """
    port = free_port()
    command = [str(MPI), "serve", "--index", index, "--host", HOST, "--port", str(port), *options]
    with subprocess.Popen([*command], stderr=subprocess.DEVNULL) as server:
        try:
            client = listening(server, port)
            yield client
            client.close()
        finally:
            server.terminate()


def path_of(system: str, value: str) -> str:
    """Where the cross-references of an identifier are."""
    return f"/v1/cross-references/{system}/{quote(value)}"


def listening(
    server: subprocess.Popen[bytes], port: int, *, seconds: float = START_SECONDS
) -> Client:
    """A connection to a server that has just been started; raises RuntimeError if it never is."""
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            return Client(port)
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server did not listen within {seconds:.0f} s")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
