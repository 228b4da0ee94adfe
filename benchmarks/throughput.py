"""From CSV to a served index: what it takes, against plain Splink on the same rows.

    python benchmarks/throughput.py DIR [--model MODEL | --weights-from MODEL] [--work DIR]
        [--threads 2] [--json FILE]

DIR is what `mpi synthesise --to DIR` wrote. A model is trained on these feeds and they are linked
with it; with `--weights-from` that model is refreshed for the feeds instead of training one, and
with `--model` they are linked with that one as it is. Every part is a fresh process on the same
cores, one after the other. The baseline's wall is the sum of its steps, which leaves out starting
Python and looking for its best threshold; ours is that of whole processes. At the end the index is
served and asked one question.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from measure import STEP_HEADER, Usage, machine, pin, run_command, table
from serving import path_of, serving

from mpi.index.index import Index

HERE = Path(__file__).parent
OVERHEAD = "start and end of the process"
READING = "read feeds"
LEAST_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Part:
    """One process: what it took altogether, step by step, and what it says about itself."""

    name: str
    whole: Usage
    steps: dict[str, Usage]
    summary: dict[str, Any]

    def rows(self) -> list[list[str]]:
        """Each step, what the process took besides, and the whole."""
        rest = Usage(
            self.whole.wall - sum(usage.wall for usage in self.steps.values()),
            self.whole.cpu - sum(usage.cpu for usage in self.steps.values()),
            0.0,
        )
        named = _grouped(self.steps)
        if rest.wall > LEAST_SECONDS:
            named[OVERHEAD] = rest
        named["whole"] = self.whole
        return [
            [self.name, name, *_figures(usage, self.whole.wall)] for name, usage in named.items()
        ]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "whole": self.whole.as_dict(),
            "steps": {name: usage.as_dict() for name, usage in self.steps.items()},
            "summary": self.summary,
        }


def _grouped(steps: dict[str, Usage]) -> dict[str, Usage]:
    """The steps, those that read one feed each as one."""
    found: dict[str, Usage] = {}
    for name, usage in steps.items():
        group = READING if name.startswith("read ") else name
        found[group] = found[group].then(usage) if group in found else usage
    return found


def _figures(usage: Usage, of: float) -> list[str]:
    share = f"{usage.wall / of:.0%}" if of else ""
    peak = f"{usage.peak_mb:,.0f}" if usage.peak_mb else ""
    return [f"{usage.wall:.1f}", share, f"{usage.cpu:.1f}", peak]


def use_case(what: str, options: argparse.Namespace, work: Path) -> Part:
    """Run `train` or `link` on the feeds, in a process of its own."""
    said = work / f"{what}.json"
    command: list[str | Path] = [sys.executable, HERE / "use_case.py", what]
    command += ["--feeds", options.folder / "feeds", "--model", options.model or work / "model"]
    if options.weights_from:
        command += ["--weights-from", options.weights_from]
    command += ["--index", index_url(work), "--threads", str(options.threads), "--json", said]
    whole = run_command(command)
    found = json.loads(said.read_text())
    steps = {name: Usage(**usage) for name, usage in found["steps"].items()}
    return Part(what, whole, steps, found["summary"])


def baseline(options: argparse.Namespace, work: Path) -> Part:
    """Run plain Splink on the same feeds; its whole is the sum of its steps."""
    said = work / "baseline.json"
    command: list[str | Path] = [sys.executable, HERE / "baseline_splink.py", options.folder]
    run_command([*command, "--threads", str(options.threads), "--json", said])
    found = json.loads(said.read_text())
    steps = {name: Usage(**usage) for name, usage in found.pop("steps").items()}
    return Part("baseline", Usage(**found.pop("total")), steps, found)


def index_url(work: Path) -> str:
    """The index that is made."""
    return f"sqlite:///{work / 'index.db'}"


def served(url: str) -> dict[str, Any]:
    """Start a server on the index and make one look-up: that it answers, and how soon."""
    with Index.open(url) as index:
        asked = index.widest_identifier()
    start = perf_counter()
    with serving(url) as client:
        status, body = client.get(path_of(asked.system, asked.value))
        taken = perf_counter() - start
    persons = len(json.loads(body).get("persons", ()))
    return {"status": status, "persons": persons, "seconds": round(taken, 2)}


def measure(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Every part in turn; the index of an earlier run is not linked into but replaced."""
    (work / "index.db").unlink(missing_ok=True)
    ours = [] if options.model else [use_case("train", options, work)]
    ours.append(use_case("link", options, work))
    parts = ours if options.no_baseline else [*ours, baseline(options, work)]
    return {
        "machine": machine(),
        "parts": {part.name: part.as_dict() for part in parts},
        "rows": [row for part in parts for row in part.rows()],
        "comparison": compared(parts),
        "index_mb": round((work / "index.db").stat().st_size / 1e6),
        "served": served(index_url(work)),
    }


def compared(parts: list[Part]) -> list[list[str]]:
    """Link alone, train and link together, the baseline; and the ratio of the first two to it."""
    whole = {part.name: part.whole for part in parts}
    ways = {"link": whole["link"]}
    if "train" in whole:
        ways["train and link"] = whole["train"].then(whole["link"])
    ways |= {name: usage for name, usage in whole.items() if name == "baseline"}
    return [[name, *_compared(usage, whole.get("baseline"))] for name, usage in ways.items()]


def _compared(usage: Usage, to: Usage | None) -> list[str]:
    ratios = [f"{usage.wall / to.wall:.2f}", f"{usage.cpu / to.cpu:.2f}"] if to else ["", ""]
    return [f"{usage.wall:.1f}", f"{usage.cpu:.1f}", f"{usage.peak_mb:,.0f}", *ratios]


COMPARISON_HEADER = ["", "wall s", "CPU s", "peak MB", "wall / baseline", "CPU / baseline"]


def report(result: dict[str, Any]) -> str:
    """The tables for the terminal and for README.md."""
    link = result["parts"]["link"]["summary"]
    records = sum(link["records"].values())
    answer = result["served"]
    return "\n\n".join(
        (
            f"{records:,} records, {link['candidates']:,} candidate pairs, {link['links']:,} links,"
            f" {link['persons']:,} persons; {result['machine']}",
            table(COMPARISON_HEADER, result["comparison"]),
            table(["part", *STEP_HEADER], result["rows"]),
            f"The index takes {result['index_mb']:,} MB. {answer['seconds']} s after `mpi serve`"
            f" started it answered {answer['status']} with {answer['persons']} person(s).",
        )
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="From CSV to a served index, measured.")
    parser.add_argument("folder", type=Path, help="what `mpi synthesise` wrote")
    parser.add_argument("--model", type=Path, help="link with this model, train none")
    parser.add_argument(
        "--weights-from", type=Path, metavar="MODEL", help="train by refreshing this model"
    )
    parser.add_argument("--work", type=Path, help="where model and index go, and stay")
    parser.add_argument("--no-baseline", action="store_true", help="ours alone, no ratios")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write everything here")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and keep."""
    options = arguments()
    pin(options.threads)
    with tempfile.TemporaryDirectory(prefix="mpi-benchmark-") as folder:
        work = options.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        result = measure(options, work.absolute())
    print(report(result))
    if options.json:
        result.pop("rows")
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
