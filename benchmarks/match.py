"""How long matching one record takes, in process and over HTTP, and with how many candidates.

    python benchmarks/match.py --index sqlite:///mpi.db [--requests 2000] [--json FILE]

Records are drawn from the index with a seed and asked as new ones: under a key that nobody has, so
that the record itself is the best candidate, as in an arrival at reception whom the index knows. In
process each record is asked twice, first with nothing in memory but the release (`cold`), then with
what the first pass left there (`warm`); CPU is of the process, per call. Over HTTP one worker on
loopback answers one kept-alive connection, one request at a time, after a warm-up.
"""

from __future__ import annotations

import argparse
import http
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from time import process_time
from typing import Any

import numpy as np
import orjson
from latency import WARM_UP, Latency, arguments, timed
from measure import machine, pin, table
from serving import Client, serving

from mpi.index.index import Index
from mpi.linking.intake import record_of
from mpi.records import Record
from mpi.store.store import open_store

PATH = "/v1/match"
NEW = "benchmark"
MILLI = 1e3


def held(url: str, count: int, seed: int) -> list[Record]:
    """Records drawn at random; fewer than `count` if the index holds fewer."""
    store = open_store(url)
    try:
        with store.reading() as view:
            held = view.state.counts.get("record", 0)
            numbers = random.Random(seed).sample(range(held), k=min(count, held))
            payloads = {each.record_no: each.payload for each in view.records(numbers)}
    finally:
        store.close()
    return [record_of(payloads[number]) for number in numbers]


def sampled(url: str, count: int, seed: int) -> list[Record]:
    """Records drawn at random, as new ones."""
    return [replace(each, source_id=NEW) for each in held(url, count, seed)]


def in_process(url: str, asked: Sequence[Record]) -> tuple[dict[str, Latency], dict[str, Any]]:
    """The use case alone, up to the dictionary that would be sent; and what it had to look at."""
    candidates: list[int] = []
    with Index.open(url) as index:

        def ask(record: Record) -> None:
            found = index.match(record)
            found.as_dict()
            candidates.append(found.candidates)

        # reads and compiles the release
        ask(Record("", ""))
        candidates.clear()
        cold = Latency.of(timed(ask, asked))
        cpu = process_time()
        warm = Latency.of(timed(ask, asked))
        cpu = (process_time() - cpu) / len(asked)
    p50, p99 = np.percentile(candidates, (50, 99))
    looked_at = {
        "candidates_p50": float(p50),
        "candidates_p99": float(p99),
        "candidates_mean": round(float(np.mean(candidates)), 1),
        "cpu_ms_per_warm_call": round(cpu * MILLI, 3),
    }
    return {"in process, cold": cold, "in process, warm": warm}, looked_at


def over_http(url: str, asked: Sequence[Record]) -> dict[str, Latency]:
    """The same records by POST, each once, the first `WARM_UP` of them also before."""
    bodies = [orjson.dumps(record) for record in asked]
    with serving(url) as client:
        for body in bodies[:WARM_UP]:
            _posted(client, body)
        return {f"POST {PATH}": Latency.of(timed(lambda body: _posted(client, body), bodies))}


def _posted(client: Client, body: bytes) -> None:
    status, _ = client.post(PATH, body)
    if status != http.HTTPStatus.OK:
        raise RuntimeError(f"{PATH} answered {status}")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Sample, ask in process, ask over HTTP."""
    asked = sampled(options.index, options.requests, options.seed)
    if not asked:
        raise SystemExit("The index holds no records.")
    named, looked_at = in_process(options.index, asked)
    named |= over_http(options.index, asked)
    with Index.open(options.index) as index:
        records = index.state().counts.get("record", 0)
    return {
        "machine": machine(),
        "records": records,
        **looked_at,
        "latency": {name: latency.as_dict() for name, latency in named.items()},
    }


HEADER = ["", "p50 ms", "p99 ms", "requests/s"]


def report(result: dict[str, Any]) -> str:
    """The table for the terminal and for README.md."""
    found = result["latency"]
    rows = [
        [name, f"{each['p50_ms']:.2f}", f"{each['p99_ms']:.2f}", f"{each['per_second']:,.0f}"]
        for name, each in found.items()
    ]
    requests = next(iter(found.values()))["requests"]
    of = f"{result['records']:,} records, {requests:,} of them asked; {result['machine']}"
    looked_at = (
        f"candidates per query: p50 {result['candidates_p50']:,.0f},"
        f" p99 {result['candidates_p99']:,.0f}, mean {result['candidates_mean']:,};"
        f" CPU per warm call {result['cpu_ms_per_warm_call']} ms"
    )
    return f"{of}\n{looked_at}\n\n{table(HEADER, rows)}"


def main() -> None:
    """Measure, print, and keep."""
    options = arguments("matching one record", 2000)
    pin(options.threads)
    result = measure(options)
    print(report(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
