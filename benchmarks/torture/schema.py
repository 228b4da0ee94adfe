"""Send to every operation what its description allows, and what it does not: is any answer wrong?

    PYTHONPATH=. python benchmarks/torture/schema.py --index sqlite:///mpi.db [--examples 100]

schemathesis makes the requests from `/openapi.json`, as a client with the narrowest policy and as
one with the widest, over a copy of an index of a file. An answer is wrong if it is a server error,
or if its status, headers, media type or body are not as described. Exits with 1 if any is.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import perf_counter

from fastapi import FastAPI

from mpi.access.access import Access
from mpi.api.app import create_app
from tests.api import fuzzing


def main() -> int:
    """Run as a command."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(options.index.removeprefix("sqlite:///"), folder / "mpi.db")
        url = f"sqlite:///{folder / 'mpi.db'}"
        app = create_app(url, access=Access(fuzzing.policy_in(folder)))
        known = fuzzing.known_in(url)
        wrong = [_run(app, client, known, options) for client in fuzzing.PURPOSES]
    return 1 if any(wrong) else 0


def _run(app: FastAPI, client: str, known: fuzzing.Known, options: argparse.Namespace) -> int:
    begun = perf_counter()
    tally = fuzzing.fuzz(app, client, known, examples=options.examples, number=options.seed)
    statuses: Counter[str] = Counter()
    for label, count in tally.answers.items():
        statuses[label.rpartition(" ")[2]] += count
    said = ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))
    seconds = perf_counter() - begun
    print(f"{client}: {statuses.total():,} answers in {seconds:.0f} s ({said})")
    print(f"{client}: {len(tally.failures)} wrong")
    for each in tally.failures:
        print(each)
    return len(tally.failures)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--index", required=True, help="URL of an index in a file; it is copied")
    parser.add_argument("--examples", type=int, default=100, help="requests of each kind")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
