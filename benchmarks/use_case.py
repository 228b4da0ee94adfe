"""One use case of the index in a process of its own, each of its steps measured.

The same calls that `mpi train` and `mpi link` make, with a progress that also takes CPU and peak
memory of each step; what it prints is for `throughput.py`.

    python benchmarks/use_case.py train --feeds DIR/feeds --model MODEL --json FILE
    python benchmarks/use_case.py link --feeds DIR/feeds --model MODEL --index URL --json FILE
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from measure import Steps, pin

SEED = 1


class MeasuredProgress:
    """A progress for the use cases that measures what they announce."""

    def __init__(self) -> None:
        self.steps = Steps()

    @property
    def seconds(self) -> Mapping[str, float]:
        """Wall time of each step that has ended."""
        return {name: usage.wall for name, usage in self.steps.usage.items()}

    def step(self, name: str) -> AbstractContextManager[None]:
        """Measure a step."""
        return self.steps.step(name)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The use case asked for: what it says it did, and what each step took."""
    progress = MeasuredProgress()
    wanted = _train if options.what == "train" else _link
    return {
        "summary": wanted(options, progress),
        "steps": {name: usage.as_dict() for name, usage in progress.steps.usage.items()},
    }


# each imports what it needs, as the commands do: importing counts
def _train(options: argparse.Namespace, progress: MeasuredProgress) -> dict[str, Any]:
    from mpi.index.train import TrainOptions, train

    wanted = TrainOptions(seed=SEED, weights_from=options.weights_from)
    return train(options.feeds, options.model, options=wanted, progress=progress).as_dict()


def _link(options: argparse.Namespace, progress: MeasuredProgress) -> dict[str, Any]:
    from mpi.index.link import LinkOptions, link
    from mpi.linking.engines.duckdb import Limits

    limits = Limits(threads=options.threads, temp=options.temp)
    if options.memory:
        limits = replace(limits, memory=options.memory)
    limited = LinkOptions(seed=SEED, limits=limits)
    return link(
        options.feeds, options.model, options.index, options=limited, progress=progress
    ).as_dict()


def main() -> None:
    """Run, and keep."""
    parser = argparse.ArgumentParser(description="One measured use case.")
    parser.add_argument("what", choices=("train", "link"))
    parser.add_argument("--feeds", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--weights-from", type=Path, metavar="MODEL")
    parser.add_argument("--index", default="", metavar="URL")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="", metavar="SIZE", help="of DuckDB, in a link")
    parser.add_argument("--temp", type=Path, help="for the intermediate files of a link")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    pin(options.threads)
    warnings.simplefilter("ignore")
    options.json.write_text(json.dumps(run(options), indent=2, default=str) + "\n")


if __name__ == "__main__":
    main()
