"""What a link takes as feeds grow, and how near `mpi plan` came: one command for each size.

    python benchmarks/scale.py measure 1000000 --work DIR --json FILE [--memory 4GB] [--threads 2]
        [--model MODEL | --weights-from MODEL] [--keep]
    python benchmarks/scale.py table FILE
    python benchmarks/scale.py rates FILE

`measure` invents people, learns a release for feeds of their size (its weights from another one),
links, and appends what it took to FILE. In DIR people and release stay, for the next time; the
index goes unless it is to be kept. `table` holds what was measured against what is forecast from
the smaller sizes alone. `rates` writes the file that `mpi plan` goes by.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from measure import (
    MEGABYTE,
    STEP_HEADER,
    PeakMemory,
    Usage,
    machine,
    pin,
    run_command,
    table,
)

from mpi.index.forecast import RATES, Forecast, Run, forecast, runs_of

HERE = Path(__file__).parent
WEIGHTS = HERE.parent / "models" / "synthetic-base"
RECORDS_PER_PERSON = 4.04
SOURCES = 12
SEED = 1
LOOK_SECONDS = 1.0


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """One size: what each part took, and what came of it."""
    people = round(options.records / RECORDS_PER_PERSON)
    load = os.getloadavg()[0]
    feeds, invented = _population(options.work / f"people-{people}", people)
    model, trained = _release(options, people, feeds)
    url, said = options.work / f"index-{people}.db", options.work / f"link-{people}.json"
    temp = options.work / f"temp-{people}"
    temp.mkdir(exist_ok=True)
    _remove_index(url)
    command = _use_case("link", feeds, model, said)
    command += ["--index", f"sqlite:///{url}", "--threads", str(options.threads)]
    command += ["--memory", options.memory, "--temp", temp]
    with _largest(temp) as largest, PeakMemory(os.getpid()) as memory:
        whole = run_command(command)
    entry = _entry(json.loads(said.read_text()), _looked_up(url))
    shutil.rmtree(temp)
    if not options.keep:
        _remove_index(url)
    return {
        **entry,
        "peak_mb": round(whole.peak_mb),
        "unmapped_mb": round(memory.unmapped / MEGABYTE),
        "temp_mb": round(max(largest) / MEGABYTE),
        "whole": whole.as_dict(),
        "synthesise": invented and invented.as_dict(),
        "train": trained and trained.as_dict(),
        "memory": options.memory,
        "threads": options.threads,
        "machine": machine(),
        "load_before": round(load, 1),
        "niceness": os.nice(0),
        "on": datetime.now(UTC).date().isoformat(),
    }


def _population(folder: Path, people: int) -> tuple[Path, Usage | None]:
    """The feeds of so many people, invented unless they were before."""
    settings = folder / "settings.json"
    if settings.is_file() and json.loads(settings.read_text())["people"] == people:
        return folder / "feeds", None
    command: list[str | Path] = [sys.executable, "-c", "from mpi.cli.app import main; main()"]
    command += ["synthesise", "--people", str(people), "--seed", str(SEED), "--to", folder]
    return folder / "feeds", run_command(command)


def _release(options: argparse.Namespace, people: int, feeds: Path) -> tuple[Path, Usage | None]:
    """A release for feeds of this size, learned unless it was before."""
    model = options.model or options.work / f"model-{people}"
    if (model / "parameters.json").is_file():
        return model, None
    command = _use_case("train", feeds, model, options.work / f"train-{people}.json")
    return model, run_command([*command, "--weights-from", options.weights_from])


def _use_case(what: str, feeds: Path, model: Path, said: Path) -> list[str | Path]:
    command: list[str | Path] = [sys.executable, HERE / "use_case.py", what]
    return [*command, "--feeds", feeds, "--model", model, "--json", said]


def _remove_index(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-lock"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _entry(said: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What a run says of itself, as `mpi.index.forecast.Run` wants it, and its steps."""
    summary, steps = said["summary"], _grouped(said["steps"])
    return {
        "engine": "duckdb",
        "records": sum(summary["records"].values()),
        "sources": SOURCES,
        "candidates": summary["candidates"],
        "links": summary["links"],
        "persons": summary["persons"],
        "release": summary["release"],
        **found,
        "cpu": {name: round(usage.cpu, 2) for name, usage in steps.items()},
        "steps": {name: usage.as_dict() for name, usage in steps.items()},
    }


def _grouped(steps: dict[str, dict[str, float]]) -> dict[str, Usage]:
    """The steps, those that read one feed each as one."""
    found: dict[str, Usage] = {}
    for name, usage in steps.items():
        group = "read feeds" if name.startswith("read ") else name
        now = Usage(**usage)
        found[group] = found[group].then(now) if group in found else now
    return found


def _looked_up(path: Path) -> dict[str, Any]:
    """What only the index can tell: blocking keys, size of what is compared, and its own size."""
    with closing(sqlite3.connect(path)) as index:
        [(number, counts)] = index.execute("SELECT generation, counts FROM index_state")
        [(size,)] = index.execute(
            f"SELECT avg(length(row)) FROM (SELECT row FROM compared_{number} LIMIT 100000)"
        )
    keys = json.loads(counts)["blocking_key"]
    megabytes = round(path.stat().st_size / MEGABYTE)
    return {"keys": keys, "row_bytes": round(size, 1), "index_mb": megabytes}


@contextmanager
def _largest(folder: Path) -> Iterator[list[int]]:
    """How large a folder became, as a list of what was seen."""
    seen, stop = [0], threading.Event()

    def watch() -> None:
        while not stop.wait(LOOK_SECONDS):
            seen.append(_bytes_in(folder))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total


def appended(path: Path, entry: dict[str, Any]) -> None:
    """Add a run to a file of runs; a run of the same size and threads gives way to it."""
    runs = _runs_in(path) if path.exists() else []
    same = ("records", "threads", "engine")
    others = [run for run in runs if any(run[name] != entry[name] for name in same)]
    runs = sorted([*others, entry], key=lambda run: int(run["records"]))
    aside = path.with_suffix(".partial")
    aside.write_text(json.dumps({"runs": runs}, indent=1) + "\n")
    aside.rename(path)


def _runs_in(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["runs"]
    return found


HEADER = [
    "records", "", "candidate pairs", "links", "CPU s", "wall s", "ms / 1,000 records",
    "peak MB", "files and index, MB",
]  # fmt: skip


def compared(entries: list[dict[str, Any]]) -> list[list[str]]:
    """Each run, and below it what was to be expected of it from the smaller ones."""
    rows = []
    for entry in entries:
        rows.append(_measured_row(entry))
        [run] = runs_of([entry])
        smaller = [each for each in runs_of(entries) if each.records < run.records]
        smaller = [each for each in smaller if each.is_like(run)]
        if smaller:
            threads = entry["threads"]
            rows.append(
                _expected_row(
                    forecast(entry["records"], SOURCES, threads=threads, runs=smaller), smaller
                )
            )
    return rows


def _measured_row(entry: dict[str, Any]) -> list[str]:
    whole = entry["whole"]
    return [
        f"{entry['records']:,}",
        "measured",
        f"{entry['candidates']:,}",
        f"{entry['links']:,}",
        f"{sum(entry['cpu'].values()):,.0f}",
        f"{whole['wall']:,.0f}",
        f"{whole['wall'] * 1e6 / entry['records']:,.0f}",
        f"{entry['peak_mb']:,}",
        f"{entry['index_mb'] + entry['temp_mb']:,}",
    ]


def _expected_row(found: Forecast, smaller: list[Run]) -> list[str]:
    return [
        "",
        "expected from " + ", ".join(f"{run.records:,}" for run in smaller),
        f"{found.pairs:,}",
        f"{found.links:,}",
        f"{found.cpu_hours * 3600:,.0f}",
        f"{found.hours * 3600:,.0f}",
        f"{found.hours * 3600e6 / found.records:,.0f}",
        f"{found.memory / MEGABYTE:,.0f}",
        f"{found.disk / MEGABYTE:,.0f}",
    ]


def step_rows(entry: dict[str, Any]) -> list[list[str]]:
    """The steps of one run, with their shares of the wall of the whole process."""
    wall = entry["whole"]["wall"]
    named = {name: Usage(**usage) for name, usage in entry["steps"].items()}
    return [
        [name, f"{u.wall:.1f}", f"{u.wall / wall:.0%}", f"{u.cpu:.1f}", f"{u.peak_mb:,.0f}"]
        for name, u in [*named.items(), ("whole", Usage(**entry["whole"]))]
    ]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="What a link takes as feeds grow.")
    commands = parser.add_subparsers(dest="what", required=True)
    one = commands.add_parser("measure", help="one size")
    one.add_argument("records", type=int, help="about how many")
    one.add_argument("--work", type=Path, required=True, help="for people, releases and indexes")
    one.add_argument("--json", type=Path, required=True, help="append the result here")
    one.add_argument("--model", type=Path, help="link with this release, learn none")
    one.add_argument("--weights-from", type=Path, metavar="MODEL", default=WEIGHTS)
    one.add_argument("--threads", type=int, default=2)
    one.add_argument("--memory", default="1500MB", metavar="SIZE", help="of DuckDB")
    one.add_argument("--keep", action="store_true", help="keep the index")
    for what, told in (("table", "measured beside expected"), ("rates", "for mpi plan")):
        commands.add_parser(what, help=told).add_argument("json", type=Path)
    return parser.parse_args()


def main() -> None:
    """Measure, compare, or write the rates."""
    options = arguments()
    if options.what == "measure":
        pin(options.threads)
        options.work = options.work.absolute()
        options.work.mkdir(parents=True, exist_ok=True)
        entry = measured(options)
        appended(options.json, entry)
        print(table(STEP_HEADER, step_rows(entry)))
    elif options.what == "rates":
        shutil.copyfile(options.json, RATES)
    else:
        print(table(HEADER, compared(_runs_in(options.json))))


if __name__ == "__main__":
    main()
