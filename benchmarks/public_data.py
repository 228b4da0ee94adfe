"""How right the persons are on public data with a known truth: one table, one set of defaults.

    python benchmarks/public_data.py --data DIR [--only fake_1000 …] [--json FILE] [--work DIR]

`DIR/NAME/records.parquet` and `DIR/NAME/truth.parquet` are a data set; `public_data/NAME.toml` says
what its columns mean, as for any source system. Each is trained without labels, linked and judged
through the index's own commands, with the shipped thresholds. A true pair that blocking lost is
missed. The thresholds and their hash are printed, because they are the same for every row.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from measure import machine, pin, table
from serving import MPI

from mpi.model.thresholds import Thresholds

DESCRIPTIONS = Path(__file__).with_suffix("")
TARGETS = {
    "febrl4": "F1 .997",
    "febrl3": "F1 .994",
    "fake_1000": "F1 .935",
    "historical_50k": "F1 .876, precision .98",
    "pseudopeople_census_ssa": "F1 .993",
    "uganda_registry": "F1 .9995",
}
HEADER = ["data", "aim", "precision", "recall", "F1", "B3 F1", "candidates", "largest wrong merge"]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set laid out as feeds of its source systems, and its truth."""

    feeds: Path
    sources: Path
    truth: Path

    @classmethod
    def laid_out(cls, name: str, data: Path, work: Path) -> DataSet:
        """Write one feed and one description for each source system under `work`."""
        found = cls(work / "feeds", work / "sources", work / "truth.parquet")
        found.feeds.mkdir(parents=True)
        found.sources.mkdir()
        records = pq.read_table(data / name / "records.parquet")
        systems = records.column("source")
        for system in sorted(set(systems.to_pylist())):
            own = records.filter(pc.equal(systems, system))
            pq.write_table(own, found.feeds / f"{system}.parquet")
            shutil.copy(DESCRIPTIONS / f"{name}.toml", found.sources / f"{system}.toml")
        _write_truth(records, data / name / "truth.parquet", found.truth)
        return found


def _write_truth(records: pa.Table, truth: Path, to: Path) -> None:
    joined = records.select(["record_id", "source"]).join(pq.read_table(truth), "record_id")
    columns = {"source": "source", "source_id": "record_id", "person": "entity_id"}
    pq.write_table(pa.table({ours: joined.column(its) for ours, its in columns.items()}), to)


def run(*command: str | Path) -> dict[str, Any]:
    """What an `mpi` command says as JSON. Raises CalledProcessError."""
    words = [str(MPI), *map(str, command), "--json"]
    print("mpi", *words[1:], file=sys.stderr, flush=True)
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def judged(name: str, data: Path, work: Path) -> dict[str, Any]:
    """Train, link and evaluate one data set."""
    laid = DataSet.laid_out(name, data, work)
    model, index = work / "model", ("--index", f"sqlite:///{work / 'index.db'}")
    feeds = ("--feeds", laid.feeds, "--sources", laid.sources)
    run("train", *feeds, "--to", model)
    linked = run("link", *feeds, "--model", model, *index)
    found = run("evaluate", *index, "--truth", laid.truth)
    return {**found["accuracy"], "candidates": linked["candidates"], "evaluation": found}


def report(result: dict[str, Any]) -> str:
    """The table for the terminal and for README.md."""
    rows = [
        [
            name,
            TARGETS[name],
            *(f"{found['pairs'][figure]:.4f}" for figure in ("precision", "recall", "F1")),
            f"{found['bcubed']['F1']:.4f}",
            f"{found['candidates']:,}",
            str(found["largest_merge"]),
        ]
        for name, found in result["data"].items()
    ]
    shown = ", ".join(f"{name} {value}" for name, value in result["thresholds"].items())
    return "\n".join((table(HEADER, rows), "", f"Thresholds {result['thresholds_hash']}: {shown}."))


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="*", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    pin(options.threads)
    thresholds = Thresholds().as_dict()
    digest = hashlib.sha256(json.dumps(thresholds, sort_keys=True).encode()).hexdigest()[:12]
    with tempfile.TemporaryDirectory(prefix="mpi-") as folder:
        work = options.work or Path(folder)
        data = {name: judged(name, options.data, work / name) for name in options.only}
    result = {
        "machine": machine(),
        "thresholds": thresholds,
        "thresholds_hash": digest,
        "data": data,
    }
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(report(result))


if __name__ == "__main__":
    main()
