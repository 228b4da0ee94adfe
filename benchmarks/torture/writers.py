"""Several writers on one index at once: does it end where a link of its state would?

    python benchmarks/torture/writers.py [--seeds 50] [--writers 8] [--events 40]
        [--postgres postgresql://user@host/database]

Each round starts from the same small index. Writers, each a process of its own, apply random events
to one pool of records, so that they meet in the same persons all the time. Then everything is
computed again from the state (`mpi verify`): records in another cluster than a link would put them
are *wrong*. Also: one new record created by six writers at the same moment, a hundred times; it
must be one person, and one event.

On PostgreSQL each round has a schema of its own, dropped afterwards.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

from events import Source, apply, copy_of, linked, patiently, pool_of, small_feeds
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from mpi.index.index import Index
from mpi.index.verify import verify
from mpi.records import Record

CONTEXT = get_context("forkserver")
CREATORS = 6

Place = Callable[[str], Any]
"""A context manager with the URL of a fresh small index, by the name of a round."""


def round_of(url: str, pool: list[Record], seed: int, writers: int, events: int) -> Counter[str]:
    """Let writers loose on an index; what came of their events."""
    start, words = CONTEXT.Barrier(writers), CONTEXT.Queue()
    each = [
        CONTEXT.Process(target=_write, args=(url, pool, seed * 1000 + n, events, start, words))
        for n in range(writers)
    ]
    _run(each)
    found: Counter[str] = Counter()
    for _ in each:
        found.update(words.get())
    return found


def _write(url: str, pool: list[Record], seed: int, events: int, start: Any, words: Any) -> None:
    source = Source(pool, seed)
    with Index.open(url) as index:
        index.prepare()
        start.wait()
        words.put([apply(index, source.next()).word for _ in range(events)])


def creations(url: str, pool: list[Record], times: int) -> tuple[int, int]:
    """How often six creations of one record made one person, and how often they were one event."""
    barrier, answers = CONTEXT.Barrier(CREATORS), CONTEXT.Queue()
    records = [
        replace(pool[n % len(pool)], source_id=f"X{n:04d}", identifiers=()) for n in range(times)
    ]
    _run(
        [
            CONTEXT.Process(target=_create, args=(url, records, barrier, answers))
            for _ in range(CREATORS)
        ]
    )
    said = [answers.get() for _ in range(CREATORS)]
    persons = sum(len({person for person, _ in of_one}) == 1 for of_one in zip(*said, strict=True))
    events = sum(
        sum(sequence is not None for _, sequence in of_one) == 1
        for of_one in zip(*said, strict=True)
    )
    return persons, events


def _create(url: str, records: list[Record], barrier: Any, answers: Any) -> None:
    with Index.open(url) as index:
        index.prepare()
        said = []
        for record in records:
            barrier.wait()
            found = patiently(index.put, record)
            said.append((found.person_id, found.sequence))
        answers.put(said)


def _run(processes: list[Any]) -> None:
    for each in processes:
        each.start()
    for each in processes:
        each.join()
    if any(each.exitcode for each in processes):
        raise RuntimeError("A writer failed.")


@contextmanager
def in_files(folder: Path, first: Path) -> Iterator[Place]:
    """Indexes that are copies of a file."""

    @contextmanager
    def place(name: str) -> Iterator[str]:
        file = folder / f"{name}.db"
        yield copy_of(first, file)
        for each in folder.glob(f"{name}.db*"):
            each.unlink()

    yield place


@contextmanager
def in_schemas(url: str, feeds: Path) -> Iterator[Place]:
    """Indexes that are linked anew, each in a schema of its own."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))

    @contextmanager
    def place(name: str) -> Iterator[str]:
        schema = f"mpi_{name}"
        its_own = make_url(url).update_query_dict({"schema": schema})
        yield linked(its_own.render_as_string(hide_password=False), feeds, 1)
        with engine.begin() as connection:
            connection.execute(text(f'DROP SCHEMA "{schema}" CASCADE'))

    yield place
    engine.dispose()


def torture(name: str, place: Place, pool: list[Record], options: argparse.Namespace) -> bool:
    """All rounds on one store, reported; whether nothing was wrong."""
    words: Counter[str] = Counter()
    wrong = different = 0
    seconds = 0.0
    for seed in range(1, options.seeds + 1):
        with place(f"round{seed}") as url:
            start = perf_counter()
            words += round_of(url, pool, seed, options.writers, options.events)
            seconds += perf_counter() - start
            found = verify(url)
            wrong += found.of("partition")
            different += not found.clean
            if not found.clean:
                print(f"{name} seed {seed}: {found.summary()}", flush=True)
    with place("creations") as url:
        persons, events = creations(url, pool, options.creations)
    total = sum(words.values())
    print(
        f"{name}: {options.seeds} seeds, {total:,} events of {options.writers} writers"
        f" ({total / seconds:,.0f} a second, with starting them);"
        f" records in a wrong cluster {wrong}, rounds not clean {different};"
        f" creations of one record by {CREATORS}: one person {persons}, one event {events}"
        f" of {options.creations}"
    )
    print("  " + ", ".join(f"{word} {n:,}" for word, n in words.most_common()))
    return not wrong and not different and persons == events == options.creations


def main() -> None:
    """Both stores, as far as given."""
    parser = argparse.ArgumentParser(description="Several writers at once.")
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--events", type=int, default=40, help="of each writer, in each round")
    parser.add_argument("--creations", type=int, default=100)
    parser.add_argument("--postgres", default="", metavar="URL")
    parser.add_argument("--only-postgres", action="store_true")
    options = parser.parse_args()
    CONTEXT.set_forkserver_preload(["mpi.index.index", "mpi.index.ingest", "mpi.index.compiled"])
    with tempfile.TemporaryDirectory(prefix="mpi-") as name:
        folder = Path(name)
        feeds = small_feeds(folder, 1)
        first = folder / "first.db"
        pool = pool_of(linked(f"sqlite:///{first}", feeds, 1))
        fine = True
        if not options.only_postgres:
            with in_files(folder, first) as place:
                fine &= torture("SQLite", place, pool, options)
        if options.postgres:
            with in_schemas(options.postgres, feeds) as place:
                fine &= torture("PostgreSQL", place, pool, options)
    raise SystemExit(0 if fine else 1)


if __name__ == "__main__":
    main()
