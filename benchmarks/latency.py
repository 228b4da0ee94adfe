"""How long one look-up takes, beside a route of the same server that returns a constant.

    python benchmarks/latency.py --index sqlite:///mpi.db [--requests 5000] [--json FILE]

One worker on loopback, one kept-alive connection, one request at a time: a look-up, then the
constant, and so on, so that whatever else the machine does falls on both alike. Identifiers are
drawn from the index with a seed, each of another record; they are asked once over HTTP, then once
of the use case in this process, which so finds their pages in memory. Over HTTP that depends on
what the system still holds of the file: with the same seed, the second run is the warm one.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from measure import machine, pin, table
from serving import Client, path_of, serving

from mpi.index.index import Index
from mpi.records import Identifier
from mpi.store.store import open_store

CONSTANT = "/health"
WARM_UP = 200
MILLI = 1e3


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of repeated requests, and how many a second that makes one after the other."""

    p50: float
    p99: float
    per_second: float
    requests: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Latency:
        """Summarise the durations of at least one request."""
        p50, p99 = (float(each) * MILLI for each in np.percentile(seconds, (50, 99)))
        return cls(p50, p99, len(seconds) / sum(seconds), len(seconds))

    def row(self, name: str, to: Latency) -> list[str]:
        """One line of the table; `to` is what the ratios are to."""
        return [
            name,
            f"{self.p50:.2f}",
            f"{self.p99:.2f}",
            f"{self.p50 / to.p50:.2f}",
            f"{self.p99 / to.p99:.2f}",
            f"{self.per_second:,.0f}",
        ]

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {
            "p50_ms": round(self.p50, 3),
            "p99_ms": round(self.p99, 3),
            "per_second": round(self.per_second, 1),
            "requests": self.requests,
        }


def sampled(url: str, count: int, seed: int) -> list[Identifier]:
    """An identifier each of records drawn at random; fewer than `count` if fewer have any."""
    chance = random.Random(seed)
    store = open_store(url)
    found: list[Identifier] = []
    try:
        with store.reading() as view:
            persons = view.previous_membership()["person_id"]
            order = chance.sample(range(len(persons)), k=len(persons))
            for number in order[: 2 * count]:
                rows = view.person_of(persons[number].as_py())
                if rows is not None and rows.identifiers and len(found) < count:
                    held = chance.choice(rows.identifiers)
                    found.append(Identifier(held.system, held.value, held.verified))
    finally:
        store.close()
    return found


def over_http(url: str, asked: Sequence[Identifier]) -> tuple[Latency, Latency]:
    """Look-ups and the constant by turns: what each took."""
    with serving(url) as client:
        for each in asked[:WARM_UP]:
            _both(client, each)
        taken = [_both(client, each) for each in asked[WARM_UP:]]
    look_ups, constants = zip(*taken, strict=True)
    return Latency.of(look_ups), Latency.of(constants)


def _both(client: Client, asked: Identifier) -> tuple[float, float]:
    return client.timed(path_of(asked.system, asked.value)), client.timed(CONSTANT)


def in_process(url: str, asked: Sequence[Identifier]) -> Latency:
    """The use case alone, up to the dictionary that would be sent."""
    with Index.open(url) as index:

        def ask(each: Identifier) -> None:
            index.cross_references(each.system, each.value).as_dict()

        timed(ask, asked[:WARM_UP])
        return Latency.of(timed(ask, asked[WARM_UP:]))


def timed(ask: Callable[..., object], asked: Iterable[Any]) -> list[float]:
    """Seconds that each call took, with one argument."""
    return timed_calls(ask, ((each,) for each in asked))


def timed_calls(ask: Callable[..., object], calls: Iterable[tuple[Any, ...]]) -> list[float]:
    """Seconds that each call took, with the arguments given for it."""
    taken = []
    for each in calls:
        start = perf_counter()
        ask(*each)
        taken.append(perf_counter() - start)
    return taken


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Sample, ask over HTTP, ask in process."""
    asked = sampled(options.index, options.requests + WARM_UP, options.seed)
    if len(asked) <= WARM_UP:
        raise SystemExit(f"The index holds only {len(asked)} records with an identifier.")
    look_up, constant = over_http(options.index, asked)
    alone = in_process(options.index, asked)
    with Index.open(options.index) as index:
        records = index.state().counts.get("record", 0)
    named = {"GET /v1/cross-references": look_up, f"GET {CONSTANT}": constant, "in process": alone}
    return {
        "machine": machine(),
        "records": records,
        "latency": {name: latency.as_dict() for name, latency in named.items()},
        "rows": [latency.row(name, constant) for name, latency in named.items()],
    }


HEADER = ["", "p50 ms", "p99 ms", "p50 / constant", "p99 / constant", "requests/s"]


def report(result: dict[str, Any]) -> str:
    """The table for the terminal and for README.md."""
    requests = next(iter(result["latency"].values()))["requests"]
    of = f"{result['records']:,} records, {requests:,} requests of each kind; {result['machine']}"
    return f"{of}\n\n{table(HEADER, result['rows'])}"


def arguments(what: str, requests: int) -> argparse.Namespace:
    """The command line of a script that measures `what` on an index, as `match.py` does too."""
    parser = argparse.ArgumentParser(description=f"The latency of {what}, measured.")
    parser.add_argument("--index", required=True, metavar="URL", help="e.g. sqlite:///mpi.db")
    parser.add_argument("--requests", type=int, default=requests)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="cores for server and client")
    parser.add_argument("--json", type=Path, help="also write everything here")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and keep."""
    options = arguments("a look-up", 5000)
    pin(options.threads)
    result = measure(options)
    print(report(result))
    if options.json:
        result.pop("rows")
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
