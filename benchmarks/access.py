"""What policy and audit cost a look-up.

    PYTHONPATH=. python benchmarks/access.py --index sqlite:///mpi.db [--requests N] [--json FILE]

Two servers of one index by turns, over one kept-alive connection each: one open, one with a policy,
a token on every request and the audit on. The same identifier is asked of the open one, of the
other, and then the constant route, so that whatever else the machine does falls on all alike. In
process the same is measured without HTTP: what the policy takes to filter an answer, and what an
entry takes to be durable, against the disk's own time for a flush.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import time
from typing import Any

from latency import CONSTANT, WARM_UP, Latency, arguments, sampled, timed_calls
from measure import machine, pin, table
from serving import path_of, serving

from mpi.access.access import Access, opened
from mpi.access.operations import Operation
from mpi.index.index import Index
from mpi.records import Identifier
from tests.access import policies
from tests.access.policies import HEAD, Issuer, clients, grant, profile

EVERYTHING = grant("TREAT", ask_with=["*"], see=["*"], sources=["*"])
POLICY = (
    HEAD
    + profile("all", ["look-up"], EVERYTHING, rate=(1_000_000, 100_000))
    + clients(benchmark="all")
)
TARGET_MS = 0.3


def written(folder: Path) -> Path:
    """The policy in a folder, with its issuer's keys beside it."""
    return policies.written(folder, POLICY)


def token() -> str:
    """A token that holds for as long as a benchmark takes."""
    return Issuer().token("benchmark", scope="mpi:look-up", exp=int(time()) + 36_000)


def over_http(url: str, asked: Sequence[Identifier], policy: Path) -> dict[str, Latency]:
    """Look-ups with and without a policy, and the constant, by turns: what each took."""
    names = ("open", "with policy and audit", f"GET {CONSTANT}")
    taken: list[tuple[float, float, float]] = []
    with serving(url) as bare, serving(url, "--policy", str(policy)) as guarded:
        guarded.headers["authorization"] = f"Bearer {token()}"
        for each in asked:
            path = path_of(each.system, each.value)
            taken.append((bare.timed(path), guarded.timed(path), guarded.timed(CONSTANT)))
    columns = zip(*taken[WARM_UP:], strict=True)
    return {name: Latency.of(column) for name, column in zip(names, columns, strict=True)}


def in_process(url: str, asked: Sequence[Identifier], policy: Path) -> dict[str, Latency]:
    """The parts of what it costs: letting in, filtering, writing down; and the disk's flush."""
    access = opened(policy)
    access.fetch_keys()
    headers = (f"Bearer {token()}", "")
    with Index.open(url) as index:
        found = [index.cross_references(each.system, each.value) for each in asked[WARM_UP:]]
    question = _let_in(access, headers)
    told = [question.disclose(each.persons, each.asked) for each in found]
    answers = zip(found, told, strict=True)
    parts = {
        "let in": Latency.of(timed_calls(_let_in, [(access, headers)] * len(found))),
        "filter": Latency.of(
            timed_calls(question.disclose, ((each.persons, each.asked) for each in found))
        ),
        "write down": Latency.of(
            timed_calls(
                lambda each, seen: question.answered(seen, release=each.standing.release), answers
            )
        ),
        "disk alone": _flushes(policy.parent / "flushes", len(found)),
    }
    access.close()
    return parts


def _let_in(access: Access, credentials: tuple[str, str]) -> Any:
    return access.question(Operation.LOOK_UP, "request", credentials=credentials)


def _flushes(path: Path, count: int) -> Latency:
    """What the disk takes to make a line of an entry's length durable."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    line = b"x" * 900

    def flush() -> None:
        os.write(descriptor, line)
        os.fdatasync(descriptor)

    found = Latency.of(timed_calls(flush, [()] * count))
    os.close(descriptor)
    return found


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Sample, ask over HTTP, and take apart in process."""
    asked = sampled(options.index, options.requests + WARM_UP, options.seed)
    if len(asked) <= WARM_UP:
        raise SystemExit(f"The index holds only {len(asked)} records with an identifier.")
    with tempfile.TemporaryDirectory(prefix="mpi-access-", dir=".") as folder:
        policy = written(Path(folder))
        whole = over_http(options.index, asked, policy)
        parts = in_process(options.index, asked, policy)
    bare, guarded, constant = whole.values()
    return {
        "machine": machine(),
        "latency": {name: each.as_dict() for name, each in (whole | parts).items()},
        "cost_ms": round(guarded.p50 - bare.p50, 3),
        "rows": [each.row(name, constant) for name, each in (whole | parts).items()],
    }


HEADER = ["", "p50 ms", "p99 ms", "p50 / constant", "p99 / constant", "a second"]


def report(result: dict[str, Any]) -> str:
    """The tables for the terminal and for README.md."""
    cost = f"Policy and audit cost {result['cost_ms']:.2f} ms at p50 (at most {TARGET_MS})."
    return f"{result['machine']}\n\n{table(HEADER, result['rows'])}\n\n{cost}"


def main() -> None:
    """Measure, print, and keep."""
    options = arguments("policy and audit", 2000)
    pin(options.threads)
    result = measure(options)
    print(report(result))
    if options.json:
        result.pop("rows")
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
