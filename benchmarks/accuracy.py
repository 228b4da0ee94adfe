"""How right the persons are in each scenario, beside plain Splink on the same rows.

    python benchmarks/accuracy.py [--people 20000] [--scenario base …] [--model MODEL] [--work DIR]

One model for all: the one given, or one trained and calibrated here on the base scenario with the
training seed. Each scenario is then invented with another seed, linked with that model and compared
with its truth; the baseline trains on the very rows it is judged on. Every part is a process of its
own.

With `--refreshed` each scenario gets a release of its own instead, as an index in use has one: the
weights of that model, its prior, frequencies, suppressed keys and confidence learned anew on feeds
of the same scenario and the training seed (`mpi train --weights-from`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measure import machine, pin, table
from serving import MPI

from mpi.synthetic import SCENARIOS

HERE = Path(__file__).parent
OURS, CONFIDENT, BEST = "index", "Splink, p >= 0.99", "Splink, best threshold"
GROUPED_BY = "sex,ethnicity_group,age_band,nfa"
TOP_BANDS = (0.99, 0.999)
"""Where the two bands of confidence begin on which somebody may act."""


def run(*command: str | Path) -> str:
    """Run a command to its end; what it printed. Raises CalledProcessError."""
    words = [str(word) for word in command]
    print(" ".join(words[1:] if words[0] == sys.executable else words), file=sys.stderr, flush=True)
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def invented(options: argparse.Namespace, scenario: str, seed: int) -> Path:
    """The population of a scenario and a seed."""
    to: Path = options.work / f"{scenario}-{seed}"
    size = ("--people", str(options.people), "--seed", str(seed))
    run(MPI, "synthesise", *size, "--scenario", scenario, "--to", to, "--json")
    return to


def trained(options: argparse.Namespace) -> Path:
    """The model given, or one trained on the base scenario with the training seed."""
    if options.model:
        return Path(options.model)
    feeds = invented(options, "base", options.train_seed) / "feeds"
    model: Path = options.work / "model"
    run(MPI, "train", "--feeds", feeds, "--to", model, "--json")
    return model


def refreshed(options: argparse.Namespace, scenario: str, model: Path) -> Path:
    """The model with all but its weights learned on feeds of a scenario and the training seed."""
    feeds = invented(options, scenario, options.train_seed) / "feeds"
    to: Path = options.work / f"model-{scenario}"
    run(MPI, "train", "--weights-from", model, "--feeds", feeds, "--to", to, "--json")
    return to


def ours(folder: Path, model: Path) -> dict[str, Any]:
    """Link the feeds of a population and compare with its truth."""
    index = folder / "index.db"
    index.unlink(missing_ok=True)
    url = ("--index", f"sqlite:///{index}")
    linked = run(MPI, "link", "--feeds", folder / "feeds", "--model", model, *url, "--json")
    truth = ("--truth", folder / "truth.parquet", "--by", GROUPED_BY)
    judged: dict[str, Any] = json.loads(run(MPI, "evaluate", *url, *truth, "--json"))
    return {
        **judged["accuracy"],
        "candidates": json.loads(linked)["candidates"],
        "twins": judged["related"]["twins"],
        "evaluation": judged,
    }


def baseline(folder: Path, threads: int) -> dict[str, dict[str, Any]]:
    """Plain Splink on the same rows, at both its thresholds."""
    said = folder / "baseline.json"
    script = HERE / "baseline_splink.py"
    run(sys.executable, script, folder, "--threads", str(threads), "--json", said)
    found = json.loads(said.read_text())
    return {CONFIDENT: found["confident"], BEST: found["best"]}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Every scenario in turn."""
    model = trained(options)
    found: dict[str, dict[str, Any]] = {}
    for scenario in options.scenario or SCENARIOS:
        fitting = refreshed(options, scenario, model) if options.refreshed else model
        folder = invented(options, scenario, options.seed)
        found[scenario] = {OURS: ours(folder, fitting)}
        if not options.without_baseline:
            found[scenario] |= baseline(folder, options.threads)
    return {
        "machine": machine(),
        "people": options.people,
        "seed": options.seed,
        "train_seed": None if options.model else options.train_seed,
        "refreshed": options.train_seed if options.refreshed else None,
        "scenarios": found,
    }


HEADER = [
    *("scenario", "persons by", "precision", "recall", "F1", "false pairs", "missed pairs"),
    *("B3 precision", "B3 recall", "B3 F1", "twins merged"),
]
JUDGED_HEADER = [
    *("scenario", "twins merged", "ECE", "log-loss", "of Splink's p", "of a constant"),
    *(f"band from {low}" for low in TOP_BANDS),
    *("worst subgroup recall, points below", "subgroup", "largest wrong merge"),
]
RATIO_HEADER = [
    "scenario",
    *(f"{kind} pairs / {than}" for than in (CONFIDENT, BEST) for kind in ("false", "missed")),
]


def report(result: dict[str, Any]) -> str:
    """The tables for the terminal and for README.md."""
    found = result["scenarios"]
    rows = [
        [scenario, name, *_accuracy(judged)]
        for scenario, by in found.items()
        for name, judged in by.items()
    ]
    judged = [[scenario, *_judged(by[OURS])] for scenario, by in found.items()]
    ratios = [[scenario, *_ratios(by)] for scenario, by in found.items() if BEST in by]
    tables = [table(HEADER, rows), table(JUDGED_HEADER, judged)]
    tables += [table(RATIO_HEADER, ratios)] if ratios else []
    return "\n\n".join((_conditions(result), *tables))


def _conditions(result: dict[str, Any]) -> str:
    """What was judged, with which models, whose thresholds have one hash."""
    trained_on, anew = result["train_seed"], result["refreshed"]
    how = "a given model" if trained_on is None else f"the model trained on seed {trained_on}"
    how += "" if anew is None else f", all but its weights learned on the scenario's seed {anew}"
    models = {_model(by[OURS]["evaluation"]) for by in result["scenarios"].values()}
    people = f"{result['people']:,} people a scenario, seed {result['seed']}"
    return f"{people}, {how}: {', '.join(sorted(models))}"


def _model(judged: dict[str, Any]) -> str:
    thresholds = json.dumps(judged["thresholds"], sort_keys=True)
    digest = hashlib.sha256(thresholds.encode()).hexdigest()[:16]
    return f"release {judged['release']['identity']}, thresholds {digest}"


def _judged(ours: dict[str, Any]) -> list[str]:
    """Confidence, subgroups and related people, for one scenario."""
    judged = ours["evaluation"]
    sure, worst = judged["calibration"], judged["largest_wrong_merge"]
    losses = (sure[f"log_loss{of}"] for of in ("", "_raw", "_constant"))
    inside = {band["low"]: _limits(band) for band in sure["bands"]}
    return [
        _twins(ours),
        *(f"{figure:.4f}" for figure in (sure["ece"], *losses)),
        *(inside.get(low, "no pairs") for low in TOP_BANDS),
        *_worst_group(judged),
        f"{worst['records']} records of {worst['people']}" if worst["people"] else "none",
    ]


def _limits(band: dict[str, Any]) -> str:
    """Whether a band is inside its limits, and what is observed where how much is claimed."""
    verdict = "inside" if band["inside"] else "OUTSIDE"
    return f"{verdict}: {band['mean']:.4f} claimed, {band['observed']:.4f} seen"


def _worst_group(judged: dict[str, Any]) -> tuple[str, str]:
    """By how many points the recall of the worst subgroup is below the whole, and which it is."""
    whole = 1 - judged["accuracy"]["pairs"]["recall"]
    missed = [
        (group["missed_match"]["rate"] - whole, f"{column} {group['group']}")
        for column, groups in judged["groups"].items()
        for group in groups
        if group["missed_match"]
    ]
    gap, name = max(missed)
    return f"{100 * gap:.2f}", name


def _accuracy(judged: dict[str, Any]) -> list[str]:
    pairs, bcubed = judged["pairs"], judged["bcubed"]
    return [
        *(f"{pairs[figure]:.4f}" for figure in ("precision", "recall", "F1")),
        *(f"{pairs[count]:,}" for count in ("fp", "fn")),
        *(f"{bcubed[figure]:.4f}" for figure in ("precision", "recall", "F1")),
        _twins(judged),
    ]


def _twins(judged: dict[str, Any]) -> str:
    twins = judged.get("twins")
    return f"{twins['merged']} of {twins['pairs']}" if twins else "not known"


def _ratios(by: dict[str, dict[str, Any]]) -> list[str]:
    """False and missed pairs of ours, as a share of those of the baseline at each threshold."""
    counts = [(by[OURS]["pairs"][n], by[than]["pairs"][n]) for than, n in _COUNTS]
    return [f"{own / other:.2f}" if other else f"{own} to 0" for own, other in counts]


_COUNTS = [(than, count) for than in (CONFIDENT, BEST) for count in ("fp", "fn")]


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Accuracy by scenario, beside plain Splink.")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--scenario", nargs="*", choices=list(SCENARIOS), help="without it, all")
    parser.add_argument("--seed", type=int, default=2, help="of what is linked and judged")
    parser.add_argument("--train-seed", type=int, default=1, help="of what is trained on")
    parser.add_argument("--model", type=Path, help="use this model, train none")
    parser.add_argument("--refreshed", action="store_true", help="a release for each scenario")
    parser.add_argument("--without-baseline", action="store_true", help="leave plain Splink out")
    parser.add_argument("--work", type=Path, help="where everything goes, and stays")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write everything here")
    options = parser.parse_args(given)
    if (options.refreshed or not options.model) and options.seed == options.train_seed:
        parser.error("a model is not judged on the people it was trained on: give another --seed")
    return options


def main() -> None:
    """Measure, print, and keep."""
    options = arguments()
    pin(options.threads)
    with tempfile.TemporaryDirectory(prefix="mpi-benchmark-") as folder:
        options.work = options.work or Path(folder)
        result = measure(options)
    print(report(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
