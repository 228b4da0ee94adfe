"""Kill a server at random moments: was anybody told anything that is not in the audit?

    PYTHONPATH=.:benchmarks python benchmarks/torture/audit_kills.py --index sqlite:///mpi.db

A server with a policy answers several connections at once. It is killed (SIGKILL) after a random
time, and another begins. Whatever answer a client has received must be in the audit under its
request id, every chain must hold, and none may lack what was anchored. A killed process cannot take
back what it has handed to the system, so this is about order: an entry goes out before its answer.
That the entry also survives a loss of power rests on the flush before the answer.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import random
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

from access import token, written
from latency import sampled
from serving import path_of

from mpi.access.access import opened
from mpi.access.loader import load_policy
from mpi.access.reading import Kept
from mpi.access.verification import verify

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["uvicorn", "mpi.api.app"])
SHORTEST, LONGEST = 0.05, 0.5
CLIENTS = 4
START_SECONDS = 60.0


def _serve(index: str, policy: Path, listening: socket.socket) -> None:
    import uvicorn

    from mpi.api.app import create_app

    app = create_app(index, access=opened(policy))
    config = uvicorn.Config(app, access_log=False, log_level="critical")
    uvicorn.Server(config).run(sockets=[listening])


class Client(Thread):
    """Asks again and again over one connection, until the server is gone."""

    def __init__(self, port: int, paths: Iterator[str], headers: dict[str, str]) -> None:
        super().__init__()
        self.answered: dict[str, int] = {}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        self._paths = paths
        self._headers = headers

    def run(self) -> None:
        """Ask; only an answer that came whole counts."""
        try:
            for path in self._paths:
                self._connection.request("GET", path, headers=self._headers)
                response = self._connection.getresponse()
                response.read()
                self.answered[response.headers["x-request-id"]] = response.status
        except (OSError, http.client.HTTPException):
            return


def killed(index: str, policy: Path, paths: Sequence[str], seed: int) -> dict[str, int]:
    """Run a server, ask it, and kill it; the status of every answer received, by request id."""
    chance = random.Random(seed)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = CONTEXT.Process(target=_serve, args=(index, policy, listening))
        server.start()
        headers = {"authorization": f"Bearer {token()}"}
        order = itertools.cycle(chance.sample(paths, len(paths)))
        clients = [Client(listening.getsockname()[1], order, headers) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    _wait_until_asked(clients)
    time.sleep(chance.uniform(SHORTEST, LONGEST))
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.join()
    for client in clients:
        client.join()
    return {name: status for client in clients for name, status in client.answered.items()}


def _wait_until_asked(clients: Sequence[Client]) -> None:
    """The time of a kill counts from the first answer: before it there is nothing to lose."""
    stop = time.monotonic() + START_SECONDS
    while not any(client.answered for client in clients):
        if time.monotonic() > stop:
            raise RuntimeError("the server did not answer")
        time.sleep(0.005)


def unaccounted(kept: Kept, answered: dict[str, int]) -> list[str]:
    """The requests that were answered and are not in the audit with that outcome."""
    outcomes = {200: "answered", 404: "not-found"}
    entries = {each["request"]: each["outcome"] for each in kept.entries() if "request" in each}
    return [name for name, status in answered.items() if entries.get(name) != outcomes[status]]


def main() -> None:
    """Kill, and see what is left."""
    parser = argparse.ArgumentParser(description="Kills of a server, and what its audit has.")
    parser.add_argument("--index", required=True, metavar="URL", help="e.g. sqlite:///mpi.db")
    parser.add_argument("--kills", type=int, default=100)
    options = parser.parse_args()
    asked = sampled(options.index, 200, seed=1)
    paths = [path_of(each.system, each.value) for each in asked]
    paths.append(path_of("nhs-number", "9990000026"))
    answered: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="mpi-audit-", dir=".") as folder:
        policy = written(Path(folder))
        for number in range(options.kills):
            answered |= killed(options.index, policy.resolve(), paths, seed=number)
        kept = Kept.of(load_policy(policy))
        missing = unaccounted(kept, answered)
        problems = [each for chain in verify(kept) for each in chain.problems]
        entries = sum(1 for each in kept.entries() if "request" in each)
    print(
        f"{options.kills} kills, {len(answered):,} answers received, {entries:,} entries: "
        f"{len(missing)} answers without an entry, {len(problems)} faults in the chains."
    )
    raise SystemExit(1 if missing or problems or not answered else 0)


if __name__ == "__main__":
    main()
