"""Kill a writer at random moments: is anything acknowledged lost, is anything half done?

    python benchmarks/torture/kills.py [--kills 100] [--postgres postgresql://user@host/database]

A writer process applies random events, and says so after each: only then does it count as
acknowledged. It is killed (SIGKILL) after a random time, and another goes on. At the end every
acknowledged event must be in the log under its number, the log must have no gap, its events folded
must give the membership, and everything computed again from the state must be what the index holds.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from events import Source, apply, linked, pool_of, small_feeds
from writers import in_schemas

from mpi.index.index import Index
from mpi.index.verify import verify
from mpi.records import Record

CONTEXT = get_context("forkserver")
SHORTEST, LONGEST = 0.0, 0.4
VERIFY_EVERY = 25


def _write(url: str, pool: list[Record], seed: int, said: Connection) -> None:
    source = Source(pool, seed)
    with Index.open(url) as index:
        index.prepare()
        said.send(None)
        while True:
            said.send(apply(index, source.next()).sequence)


def killed(url: str, pool: list[Record], seed: int) -> list[int]:
    """Run a writer and kill it; the numbers of the events that it acknowledged."""
    receiver, sender = CONTEXT.Pipe(duplex=False)
    writer = CONTEXT.Process(target=_write, args=(url, pool, seed, sender))
    writer.start()
    sender.close()
    receiver.recv()
    time.sleep(random.Random(seed).uniform(SHORTEST, LONGEST))
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    found: list[int] = []
    while True:
        try:
            sequence = receiver.recv()
        except EOFError:
            return found
        if sequence is not None:
            found.append(sequence)


def folded(index: Index) -> dict[tuple[str, str], str]:
    """The person of every record, from the events alone."""
    found: dict[tuple[str, str], str] = {}
    cursor, more = "", True
    while more:
        page = index.events(cursor, limit=1000)
        for event in page.events:
            if event.record is not None:
                if event.went_to is None:
                    found.pop(event.record, None)
                else:
                    found[event.record] = event.went_to
        cursor, more = page.cursor, page.more
    return found


def judge(url: str, acknowledged: list[int]) -> dict[str, Any]:
    """What must hold, counted: all but the first two figures should be 0."""
    with Index.open(url) as index, index._store.reading() as view:
        sequences = [each.sequence for each in view.events()]
        membership = view.previous_membership()
        rows = membership.select(["source", "source_id", "person_id"]).to_pylist()
        held = {(r["source"], r["source_id"]): r["person_id"] for r in rows}
        lost = set(acknowledged) - set(sequences)
        return {
            "events": len(sequences),
            "acknowledged": len(acknowledged),
            "acknowledged and lost": len(lost),
            "gaps in the log": max(sequences) - len(sequences),
            "records that the folded events place otherwise": len(
                held.items() ^ folded(index).items()
            ),
        }


def torture(name: str, url: str, pool: list[Record], kills: int) -> bool:
    """Kill, and judge; whether all was well."""
    acknowledged: list[int] = []
    unclean = 0
    for seed in range(1, kills + 1):
        acknowledged += killed(url, pool, seed)
        if seed % VERIFY_EVERY == 0 or seed == kills:
            found = verify(url)
            unclean += not found.clean
            if not found.clean:
                print(f"{name} after {seed} kills: {found.summary()}", flush=True)
    counts = judge(url, acknowledged) | {"verifications not clean": unclean}
    print(f"{name}: {kills} kills; " + "; ".join(f"{what} {n:,}" for what, n in counts.items()))
    return not any(list(counts.values())[2:])


def main() -> None:
    """SQLite, and PostgreSQL if given."""
    parser = argparse.ArgumentParser(description="A writer killed at random moments.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--postgres", default="", metavar="URL")
    options = parser.parse_args()
    CONTEXT.set_forkserver_preload(["mpi.index.index", "mpi.index.ingest", "mpi.index.compiled"])
    with tempfile.TemporaryDirectory(prefix="mpi-") as folder, ExitStack() as stack:
        feeds = small_feeds(Path(folder), 1)
        url = linked(f"sqlite:///{folder}/mpi.db", feeds, 1)
        pool = pool_of(url)
        fine = torture("SQLite", url, pool, options.kills)
        if options.postgres:
            place = stack.enter_context(in_schemas(options.postgres, feeds))
            with place("kills") as at:
                fine &= torture("PostgreSQL", at, pool, options.kills)
    raise SystemExit(0 if fine else 1)


if __name__ == "__main__":
    main()
