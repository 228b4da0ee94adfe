"""How long every review page takes over an index, and a person with very many records on them.

    python benchmarks/pages.py --index sqlite:///copy.db [--requests N] [--large N] [--json FILE]

An `mpi review` of our own, one reviewer who has signed in, one request at a time on a kept-alive
connection. What pages are about (tasks, persons, what is searched for) is drawn from the index with
a seed. **Give a copy of an index**: an invented person with `--large` records is put into it, a
sample is put on the review list, and answers are given and undone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import numpy as np
from match import held
from measure import machine, pin, table
from serving import HOST, MPI, free_port, listening

from mpi.index.index import Index
from mpi.index.review.rules import Kind, Stream
from mpi.index.sample import sample
from mpi.records import Identifier, Name, Record

SOURCE = "police_custody"
DRAWN = 400
"""Pairs of the sample that is put on the list."""

LARGE = "large person"
REFRESHED = 10
WARM_UP = 5
MILLI = 1e3
_TOKEN = re.compile(r'name="form" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Page:
    """Milliseconds that a kind of page took, and the size of the largest, in kilobytes."""

    p50: float
    p95: float
    largest_kb: float
    requests: int

    @classmethod
    def of(cls, seconds: list[float], sizes: list[int]) -> Page:
        """Summarise at least one request."""
        p50, p95 = (float(each) * MILLI for each in np.percentile(seconds, (50, 95)))
        return cls(p50, p95, max(sizes) / 1e3, len(seconds))

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {
            "p50_ms": round(self.p50, 1),
            "p95_ms": round(self.p95, 1),
            "largest_kb": round(self.largest_kb, 1),
            "requests": self.requests,
        }


class Reviewer:
    """Somebody who has signed in, and what their pages took."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        self._client = client
        self._form = ""
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)
        self.sizes: defaultdict[str, list[int]] = defaultdict(list)
        self.get("sign in", "/sign-in")
        self.post("signed in", "/sign-in", name=name)

    def get(self, kind: str, path: str) -> httpx.Response:
        """Open a page; what forms must repeat is read off it."""
        response = self._timed(kind, lambda: self._client.get(f"/review{path}"))
        found = _TOKEN.search(response.text)
        self._form = found.group(1) if found else self._form
        return response

    def post(self, kind: str, path: str, **fields: str) -> httpx.Response:
        """Send a form, and open the page that it leads to."""
        sent = {"form": self._form, **fields}
        response = self._timed(kind, lambda: self._client.post(f"/review{path}", data=sent))
        found = _TOKEN.search(response.text)
        self._form = found.group(1) if found else self._form
        return response

    def _timed(self, kind: str, ask: Callable[[], httpx.Response]) -> httpx.Response:
        start = perf_counter()
        response = ask()
        self.seconds[kind].append(perf_counter() - start)
        self.sizes[kind].append(len(response.content))
        if response.status_code != httpx.codes.OK:
            raise RuntimeError(f"{kind}: {response.url} answered {response.status_code}")
        return response

    def pages(self) -> dict[str, Page]:
        """What each kind of page took, the first few requests apart."""
        return {
            kind: Page.of(taken[_warm(taken) :], self.sizes[kind])
            for kind, taken in self.seconds.items()
        }


def _warm(taken: list[float]) -> int:
    return WARM_UP if len(taken) > 2 * WARM_UP else 0


@contextmanager
def pages(index: str) -> Iterator[httpx.Client]:
    """A client of `mpi review`, stopped whatever happens."""
    port = free_port()
    command = [str(MPI), "review", "--index", index, "--port", str(port), "--no-open"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            listening(server, port, seconds=600).close()
            # the pages follow a form with another page, which counts as well
            with httpx.Client(
                base_url=f"http://{HOST}:{port}", timeout=120, follow_redirects=True
            ) as client:
                yield client
        finally:
            server.terminate()


def large(records: int) -> Iterator[Record]:
    """An invented person with very many records, each of another arrest."""
    for at in range(records):
        day = f"20{at % 20:02d}-{at % 12 + 1:02d}-{at % 28 + 1:02d}"
        yield Record(
            SOURCE,
            f"PAGES{at:05d}",
            version="2016-05-02T09:30:00",
            names=(Name("Many", "Recordsworth"),),
            birth_dates=("1979-03-02",),
            sex="male",
            town="Testford",
            custody_dates=(day,),
            identifiers=(Identifier("nhs-number", "9990000026"),),
        )


@dataclass(frozen=True, slots=True)
class Items:
    """What the pages are asked about."""

    pairs: list[str]
    person_tasks: list[str]
    sampled: list[str]
    persons: list[str]
    large: str
    records: list[Record]


def prepared(url: str, requests: int, size: int, seed: int) -> Items:
    """Put the large person and a sample into the index, and draw what to ask about."""
    sample(url, size=DRAWN, seed=seed)
    chance = random.Random(seed)
    with Index.open(url) as index:
        put = [index.put(record) for record in large(size)]
        room = index.review_room()
        room.fill()
        with room.store.reviews() as reviews:
            operational = reviews.listed(Stream.OPERATIONAL, "open", limit=5_000)
            drawn = reviews.listed(Stream.EVALUATION, "open", limit=DRAWN)
        records = held(url, requests, seed)
        found = [room.person_of(each.key) for each in records]
        asked = [each.task_id for each in operational if each.kind == Kind.PAIR]
        whole = [each.task_id for each in operational if each.kind == Kind.PERSON]
        return Items(
            pairs=chance.sample(asked, k=min(requests, len(asked))),
            person_tasks=chance.sample(whole, k=min(requests, len(whole))),
            sampled=[each.task_id for each in drawn],
            persons=[each for each in found if each is not None],
            large=str(put[-1].person_id),
            records=records,
        )


def browse(reviewer: Reviewer, items: Items, requests: int) -> None:
    """Ask for every kind of page."""
    few = max(requests // 10, 10)
    always = {
        "work list": "/",
        "agreement": "/quality",
        "search, empty": "/search",
        "keys and guidance": "/keys",
        LARGE: f"/person/{items.large}",
    }
    for kind, path in always.items():
        for _ in range(few):
            reviewer.get(kind, path)
    for task in items.pairs:
        reviewer.get("pair, operational", f"/task/{task}?within=operational")
    for task in items.person_tasks:
        reviewer.get("person task", f"/task/{task}?within=operational")
    for task in items.sampled[:requests]:
        reviewer.get("pair, blind", f"/task/{task}?within=evaluation")
    for person in items.persons:
        reviewer.get("person", f"/person/{person}")
    _search(reviewer, items, few)
    _answer(reviewer, items, requests)


def _search(reviewer: Reviewer, items: Items, few: int) -> None:
    """Search by what records say, for further records of persons, and of the large one."""
    for each in items.records:
        if each.names and each.birth_dates:
            name, day = each.names[0], each.birth_dates[0]
            typed = {"given": name.given, "family": name.family, "birth_date": day}
            reviewer.post("search", "/search", **typed)
    for person in items.persons:
        reviewer.post("further records", f"/person/{person}/further")
    for _ in range(few):
        reviewer.post(f"further records, {LARGE}", f"/person/{items.large}/further")


def _answer(reviewer: Reviewer, items: Items, requests: int) -> None:
    """Answer the tasks of a sample as they come, look at each with its waterfall, and undo it."""
    sampled = {"within": Stream.EVALUATION.value}
    response = reviewer.post("next", "/next", **sampled)
    for _ in range(requests):
        if "/task/" not in str(response.url):
            break
        task = _task(response)
        response = reviewer.post("answer, then next", f"/task/{task}", verdict="same", **sampled)
        reviewer.get("answered, with waterfall", f"/task/{task}")
    for task in items.sampled[:REFRESHED]:
        reviewer.post("compare", "/compare", **_ends(reviewer, task))
    for _ in range(REFRESHED):
        reviewer.post("bring the list up to date", "/refresh")


def _task(response: httpx.Response) -> str:
    return response.url.path.rsplit("/", 1)[-1]


def _ends(reviewer: Reviewer, task: str) -> dict[str, str]:
    """The two records of a task, as they are named on its page."""
    page = reviewer.get("pair, blind", f"/task/{task}?within=evaluation").text
    found = re.findall(r'class="key"><bdi>([^<]+)</bdi> <bdi>([^<]+)</bdi>', page)
    left, right = ("|".join(each) for each in found[:2])
    return {"left": left, "right": right}


HEADER = ["page", "p50 ms", "p95 ms", "largest kB", "requests"]


def report(result: dict[str, Any]) -> str:
    """The table for the terminal and for README.md."""
    rows = [
        [kind, f"{p['p50_ms']:.0f}", f"{p['p95_ms']:.0f}", f"{p['largest_kb']:,.0f}", p["requests"]]
        for kind, p in result["pages"].items()
    ]
    return f"{result['records']:,} records; {result['machine']}\n\n{table(HEADER, rows)}"


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Prepare the index, browse, summarise."""
    start = perf_counter()
    items = prepared(options.index, options.requests, options.large, options.seed)
    taken = perf_counter() - start
    with pages(options.index) as client:
        reviewer = Reviewer(client, "Benchmark")
        browse(reviewer, items, options.requests)
    with Index.open(options.index) as index:
        records = index.state().counts.get("record", 0)
    found = {kind: page.as_dict() for kind, page in reviewer.pages().items()}
    return {
        "machine": machine(),
        "records": records,
        "large": options.large,
        "prepared_seconds": round(taken, 1),
        "pages": found,
    }


def main() -> None:
    """Measure, print, and keep."""
    parser = argparse.ArgumentParser(description="The latency of the review pages, measured.")
    parser.add_argument("--index", required=True, metavar="URL", help="a copy: it is written to")
    parser.add_argument("--requests", type=int, default=200, help="of most kinds of page")
    parser.add_argument("--large", type=int, default=200, help="records of the large person")
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
