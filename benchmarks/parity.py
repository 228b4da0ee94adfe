"""Whether both engines find the same: one set of feeds linked by each, every table compared.

    python benchmarks/parity.py FEEDS --model MODEL [--work DIR] [--spark-master URL] [--json FILE]

Both links start from nothing with the same seed and time, so even person ids must be equal. Prints
for each table how many rows each index has and how many are in one and not in the other, then what
each engine took. Ends with 1 if anything differs, 0 if nothing does.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
from measure import table

from mpi.index.link import LinkOptions, link
from mpi.index.progress import SilentProgress
from mpi.linking.engines.duckdb import Limits
from mpi.linking.engines.spark.asked import Asked
from mpi.store.schema import TABLES, generation, membership, release_file
from mpi.store.store import Store, open_store
from mpi.store.whole import arrow_schema

AT = datetime(2026, 1, 1, tzinfo=UTC)
ENGINES = ("duckdb", "spark")


class Compared(NamedTuple):
    """A table: rows of each index, and rows that one of them alone has."""

    name: str
    rows: tuple[int, int]
    alone: tuple[int, int]

    @property
    def same(self) -> bool:
        """Whether both hold the same rows."""
        return not any(self.alone)


def compare(one: str, other: str) -> Iterator[Compared]:
    """Compare two indexes, table by table."""
    stores = [open_store(url) for url in (one, other)]
    try:
        for name in (*TABLES, membership.name, release_file.name):
            yield _compare(name, *(_whole(store, name) for store in stores))
    finally:
        for store in stores:
            store.close()


def _whole(store: Store, name: str) -> pa.Table:
    with store.reading() as view:
        of = {membership.name: membership, release_file.name: release_file}
        kept = of.get(name)
        asked = getattr(generation(view.generation), name) if kept is None else kept
        return pa.Table.from_batches(view.whole(asked), arrow_schema(asked))


def _compare(name: str, one: pa.Table, other: pa.Table) -> Compared:
    with duckdb.connect(":memory:") as con:
        con.register("one", one)
        con.register("other", other)
        alone = [
            con.execute(f"SELECT count(*) FROM (FROM {a} EXCEPT ALL FROM {b})").fetchall()[0][0]
            for a, b in (("one", "other"), ("other", "one"))
        ]
    return Compared(name, (len(one), len(other)), (int(alone[0]), int(alone[1])))


def linked(engine: str, options: argparse.Namespace, folder: Path) -> tuple[str, dict[str, Any]]:
    """Link into an index of its own: its URL, and what the link says of itself."""
    url = f"sqlite:///{folder / engine}.db"
    limits = Limits(threads=options.threads, temp=folder)
    told = LinkOptions(
        seed=1, at=AT, limits=limits, engine=engine, spark=Asked(options.spark_master)
    )
    progress, start = SilentProgress(), perf_counter()
    summary = link(options.feeds, options.model, url, options=told, progress=progress)
    return url, summary.as_dict() | {"wall": perf_counter() - start}


def main() -> int:
    """Compare the engines."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("feeds", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="where to work; a temporary folder without it")
    parser.add_argument("--spark-master", default="")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="parity-", dir=options.work) as folder:
        made = {engine: linked(engine, options, Path(folder)) for engine in ENGINES}
        found = list(compare(*(url for url, _ in made.values())))
    summaries = {engine: summary for engine, (_, summary) in made.items()}
    differ = _told(summaries)
    _show(found, summaries, differ)
    if options.json:
        content = {"tables": [each._asdict() for each in found], "links": summaries}
        options.json.write_text(json.dumps(content, indent=1, default=str) + "\n", "utf-8")
    return int(bool(differ) or not all(each.same for each in found))


def _told(summaries: dict[str, dict[str, Any]]) -> list[str]:
    """What the two summaries say otherwise, but for time."""
    one, other = summaries.values()
    return [name for name in one if name not in ("seconds", "wall") and one[name] != other[name]]


def _show(found: list[Compared], summaries: dict[str, dict[str, Any]], differ: list[str]) -> None:
    rows = [[each.name, *(f"{n:,}" for n in (*each.rows, *each.alone))] for each in found]
    header = ["table", *(f"rows, {e}" for e in ENGINES), *(f"only {e}" for e in ENGINES)]
    print(table(header, rows))
    print(f"\nSummaries differ in: {', '.join(differ) or 'nothing'}.\n")
    steps = list(dict.fromkeys(step for s in summaries.values() for step in s["seconds"]))
    times = [
        [step, *(f"{s['seconds'].get(step, 0.0):.1f}" for s in summaries.values())]
        for step in steps
    ]
    times.append(["whole", *(f"{s['wall']:.1f}" for s in summaries.values())])
    print(table(["step", *(f"{engine} s" for engine in summaries)], times))


if __name__ == "__main__":
    sys.exit(main())
