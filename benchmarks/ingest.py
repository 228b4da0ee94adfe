"""How long taking in one record takes, durable and re-clustered, and how many a second can be.

    python benchmarks/ingest.py --index sqlite:///mpi.db [--requests 1000] [--writers 8]

Works on a copy of an index in a file; an index in PostgreSQL is written to as it is, so give it one
that nobody needs. Records are drawn from the index with a seed. Each kind of event is timed alone:

- `arrival`: the record again, under a key that nobody has, with its first identifier left out;
- `change`: the same record in a newer version, with another telephone number;
- `bridge`: a record with the names and birth date of one person and the identifiers of another, the
  two drawn from the largest persons, so that two whole components are looked at together;
- `delete`: what `arrival` put.

In process first, one writer; then arrivals over HTTP by PUT, one kept-alive connection; then
arrivals by several writer processes at once, each with an index of its own open.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
from latency import WARM_UP, Latency, timed
from match import held
from measure import machine, pin, table
from serving import serving

from mpi.index.index import Index
from mpi.linking.intake import record_of
from mpi.records import Record
from mpi.store.database import file_of
from mpi.store.store import open_store

NEW = "benchmark-"
LATER = datetime(9000, 1, 1)
BRIDGES = 40


def bridges(records: Sequence[Record]) -> list[Record]:
    """Each the face of one record and the identifiers of the next."""
    found = []
    for at, (one, other) in enumerate(itertools.pairwise(records)):
        key = f"{NEW}bridge-{at}"
        found.append(replace(one, source_id=key, identifiers=other.identifiers))
    return found


def of_large_persons(url: str, count: int) -> list[Record]:
    """A record of each of the largest persons."""
    store = open_store(url)
    try:
        with store.reading() as view:
            sizes = view.previous_membership()["person_id"].value_counts().to_pylist()
            sizes.sort(key=lambda each: (-each["counts"], each["values"]))
            golden = []
            for each in sizes[:count]:
                rows = view.person_of(each["values"])
                if rows is not None:
                    golden.append(rows.golden_record_no)
            return [record_of(each.payload) for each in view.records(sorted(golden))]
    finally:
        store.close()


def arrivals(records: Sequence[Record], name: str) -> list[Record]:
    """The records under keys of nobody, without their first identifier."""
    return [
        replace(each, source_id=f"{NEW}{name}-{at}", identifiers=each.identifiers[1:])
        for at, each in enumerate(records)
    ]


def changes(records: Sequence[Record]) -> list[Record]:
    """The records in a newer version, with another telephone number."""
    return [
        replace(each, version=_later(at), phones=(f"07700 9{at % 100_000:05d}",))
        for at, each in enumerate(records)
    ]


def _later(at: int) -> str:
    return (LATER + timedelta(seconds=at)).isoformat()


def in_process(url: str, records: Sequence[Record]) -> dict[str, Latency]:
    """One writer, no HTTP."""
    came = arrivals(records, "one")
    with Index.open(url) as index:
        index.prepare()
        for each in arrivals(records[:WARM_UP], "warm"):
            index.put(each)
        found = {
            "arrival": Latency.of(timed(index.put, came)),
            "change": Latency.of(timed(index.put, changes(records))),
        }
        found["bridge"] = Latency.of(timed(index.put, bridges(of_large_persons(url, BRIDGES))))
        found["delete"] = Latency.of(timed(index.delete, [each.key for each in came]))
    return found


def over_http(url: str, records: Sequence[Record]) -> Latency:
    """Arrivals by PUT."""
    with serving(url) as client:

        def put(record: Record) -> None:
            path = f"/v1/records/{record.source}/{record.source_id}"
            status, _ = client.put(path, orjson.dumps(record))
            if status not in (200, 201):
                raise RuntimeError(f"PUT answered {status}")

        for each in arrivals(records[:WARM_UP], "http-warm"):
            put(each)
        return Latency.of(timed(put, arrivals(records, "http")))


def several(url: str, records: Sequence[Record], writers: int) -> float:
    """Arrivals a second of several processes together, from the first's start to the last's end."""
    shares = [arrivals(records[n::writers], f"w{n}") for n in range(writers)]
    context = get_context("spawn")
    barrier = context.Barrier(writers + 1)
    processes = [context.Process(target=_write, args=(url, each, barrier)) for each in shares]
    for each in processes:
        each.start()
    barrier.wait()
    start = perf_counter()
    for each in processes:
        each.join()
    if any(each.exitcode for each in processes):
        raise RuntimeError("A writer failed.")
    return len(records) / (perf_counter() - start)


def _write(url: str, records: Sequence[Record], barrier: Any) -> None:
    with Index.open(url) as index:
        index.prepare()
        barrier.wait()
        for each in records:
            index.put(each)


@contextmanager
def scratch(url: str) -> Iterator[str]:
    """A copy of the index, where it is a file."""
    file = file_of(url)
    if file is None:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="mpi-", dir=file.parent) as folder:
        copy = Path(folder) / file.name
        shutil.copyfile(file, copy)
        yield f"sqlite:///{copy}"


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Everything, on a copy."""
    with scratch(options.index) as url:
        records = held(url, options.requests, options.seed)
        found = in_process(url, records)
        found["PUT over HTTP"] = over_http(url, records)
        rate = several(url, records, options.writers)
        with Index.open(url) as index:
            size = index.state().records
    return {
        "machine": machine(),
        "records": size,
        "writers": options.writers,
        "per_second_of_all_writers": round(rate, 1),
        "latency": {name: each.as_dict() for name, each in found.items()},
    }


HEADER = ["", "p50 ms", "p99 ms", "a second", "events"]


def report(result: dict[str, Any]) -> str:
    """The table for the terminal and for README.md."""
    rows = [
        [
            name,
            f"{each['p50_ms']:.2f}",
            f"{each['p99_ms']:.2f}",
            f"{each['per_second']:,.0f}",
            f"{each['requests']:,}",
        ]
        for name, each in result["latency"].items()
    ]
    many = f"{result['writers']} writers: {result['per_second_of_all_writers']:,.0f} a second"
    return f"{result['records']:,} records; {result['machine']}\n{many}\n\n{table(HEADER, rows)}"


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description="Records taken in one by one, measured.")
    parser.add_argument("--index", required=True, metavar="URL", help="e.g. sqlite:///mpi.db")
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="cores for server and client")
    parser.add_argument("--json", type=Path, help="also write everything here")
    options = parser.parse_args()
    pin(options.threads)
    result = measure(options)
    print(report(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
