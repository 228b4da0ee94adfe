"""The Spark engine on a cluster: a master and a worker, processes of their own, on loopback.

    python benchmarks/spark_cluster.py --model MODEL [--people 500] [--feeds DIR] [--cores 2]

Starts both, runs `parity.py` against them on invented feeds or those given, and stops them. Driver,
worker and executors share nothing but the disk and this environment. Ends as `parity.py` does.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pyspark

from mpi.synthetic import synthesise

HERE = Path(__file__).parent
LOOPBACK = "127.0.0.1"
PATIENCE = 120
READY = {"master": "I have been elected leader", "worker": "Successfully registered with master"}


@contextmanager
def cluster(folder: Path, cores: int) -> Iterator[str]:
    """A master and a worker, for as long as the context lasts; yields the master's address."""
    port = _free_port()
    address = f"spark://{LOOPBACK}:{port}"
    own = ["--host", LOOPBACK, "--webui-port", "0"]
    workers = ["--cores", str(cores), "--memory", "3g", "--work-dir", str(folder / "work"), address]
    with (
        _running("master", [*own, "--port", str(port)], folder),
        _running("worker", [*own, *workers], folder),
    ):
        yield address


@contextmanager
def _running(what: str, arguments: list[str], folder: Path) -> Iterator[None]:
    home, said = Path(pyspark.__file__).parent, folder / f"{what}.log"
    kind = f"org.apache.spark.deploy.{what}.{what.capitalize()}"
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": LOOPBACK}
    with said.open("wb") as log:
        process = subprocess.Popen(
            [home / "bin" / "spark-class", kind, *arguments],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(READY[what], said, process)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await(line: str, said: Path, process: subprocess.Popen[bytes]) -> None:
    end = monotonic() + PATIENCE
    while line not in said.read_text("utf-8", "replace"):
        if process.poll() is not None or monotonic() > end:
            sys.exit(f"{said.stem} did not start:\n{said.read_text('utf-8', 'replace')[-2000:]}")
        sleep(0.2)


def _free_port() -> int:
    with socket.socket() as some:
        some.bind((LOOPBACK, 0))
        port: int = some.getsockname()[1]
        return port


def main() -> int:
    """Run the parity on a cluster."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--feeds", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cluster-") as name:
        folder = Path(name)
        if options.feeds is None:
            synthesise(people=options.people, seed=1, to=folder / "invented")
        feeds = options.feeds or folder / "invented" / "feeds"
        with cluster(folder, options.cores) as address:
            command = [sys.executable, HERE / "parity.py", feeds, "--model", options.model]
            command += ["--work", folder, "--spark-master", address]
            environment = {**os.environ, "SPARK_LOCAL_IP": LOOPBACK}
            return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
