"""Plain Splink 5 on the same feeds: what the index is measured against.

A competent newcomer's linkage, fixed before the index's own model was tuned and not touched
since: the first value of every list, eight library comparisons, term frequencies on four
columns, eight blocking rules, `max_pairs=1e7` for u and `1e6` for three rounds of EM, connected
components. Its figures are reported at p >= 0.99 and at its best threshold. The best threshold
is picked on the truth, so it flatters the baseline: a user without truth cannot know it.

    python benchmarks/baseline_splink.py DIR [--threads 2] [--json FILE]

DIR is what `mpi synthesise --to DIR` wrote. Any other table with a truth is read with
`--records FILE --truth FILE --columns given_name=first_name …`.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import warnings
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import splink.comparison_library as cl
from baseline_reading import COLUMNS, clean, read_feeds, read_records, read_truth
from measure import STEP_HEADER, Steps, machine, pin, table
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from mpi.training.breakdown import related_merges
from mpi.training.metrics import accuracy, overlap

SEED = 1
CONFIDENT = 0.99
WEIGHTS = range(-10, 21)
RECALL_OF_SURE_RULES = 0.7

COMPARISONS = {
    "given_name": cl.NameComparison("given_name"),
    "family_name": cl.NameComparison("family_name"),
    "birth_date": cl.DateOfBirthComparison("birth_date", input_is_string=True).configure(
        term_frequency_adjustments=True
    ),
    "sex": cl.ExactMatch("sex"),
    "postcode": cl.PostcodeComparison("postcode").configure(term_frequency_adjustments=True),
    "town": cl.ExactMatch("town"),
    "nhs_number": cl.ExactMatch("nhs_number"),
    "pnc": cl.ExactMatch("pnc"),
}
BLOCKING = [
    ("nhs_number",),
    ("pnc",),
    ("birth_date", "family_name"),
    ("birth_date", "given_name"),
    ("given_name", "family_name", "substr(birth_date, 1, 4)"),
    ("given_name", "family_name", "substr(birth_date, 6, 5)"),
    ("postcode", "birth_date"),
    ("postcode", "family_name"),
]
SURE = [("nhs_number",), ("pnc",), ("given_name", "family_name", "birth_date")]
TRAINING = [("given_name", "family_name"), ("birth_date",), ("postcode",), ("nhs_number",)]


class Baseline:
    """One linkage on a connection of its own: Splink reuses tables of an older one silently."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, blocking: list[tuple[str, ...]]
    ) -> None:
        self.connection = connection
        self.blocking = blocking
        self.filled = self._filled_columns()
        records = DuckDBAPI(connection=connection).register("records")
        self.linker = Linker(records, self._settings(), log_level=None)
        self.predictions: Any = None

    def estimate_u(self) -> None:
        """The prior from sure rules, then u from random pairs."""
        train = self.linker.training
        train.estimate_probability_two_random_records_match(
            self._rules(SURE), recall=RECALL_OF_SURE_RULES
        )
        train.estimate_u_using_random_sampling(max_pairs=1e7, seed=SEED)

    def estimate_m(self) -> None:
        """Three rounds of EM, each blocked on columns that the others can learn about."""
        for rule in self._rules(TRAINING)[:3]:
            self.linker.training.estimate_parameters_using_expectation_maximisation(
                rule, max_pairs=1e6
            )

    def predict(self) -> int:
        """Score every pair that a blocking rule yields; how many there are."""
        self.predictions = self.linker.inference.predict()
        name = self.predictions.physical_name
        return int(self.connection.execute(f"select count(*) from {name}").fetchall()[0][0])

    def cluster(self, **threshold: float) -> pa.Table:
        """Connected components: `unique_id` and `cluster_id` of every record."""
        clusters = self.linker.clustering.cluster_pairwise_predictions_at_threshold(
            self.predictions, **threshold
        )
        sql = f"select unique_id, cluster_id from {clusters.physical_name}"
        found = self.connection.execute(sql).to_arrow_table()
        clusters.drop_table_from_database_and_remove_from_cache()
        return found

    def _filled_columns(self) -> set[str]:
        """Columns with any value; a table of another kind may lack some."""
        counts = ", ".join(f"count({column})" for column in COMPARISONS)
        (found,) = self.connection.execute(f"select {counts} from records").fetchall()
        return {column for column, count in zip(COMPARISONS, found, strict=True) if count}

    def _rules(self, rules: list[tuple[str, ...]]) -> list[Any]:
        """The rules that use none of the columns that are empty throughout."""
        empty = COMPARISONS.keys() - self.filled
        usable = [rule for rule in rules if not any(e in part for e in empty for part in rule)]
        return [block_on(*rule) for rule in usable]

    def _settings(self) -> SettingsCreator:
        return SettingsCreator(
            link_type="dedupe_only",
            comparisons=[COMPARISONS[each] for each in COMPARISONS if each in self.filled],
            blocking_rules_to_generate_predictions=self._rules(self.blocking),
            retain_matching_columns=False,
        )


def quality(connection: duckdb.DuckDBPyConnection, clusters: pa.Table) -> dict[str, Any]:
    """Accuracy end to end: every record of the truth counts, also one that was never read."""
    connection.register("clusters", clusters)
    sql = """select truth.*, clusters.cluster_id from truth
             left join records using (source, source_id) left join clusters using (unique_id)
             order by truth.source, truth.source_id"""
    both: pa.Table = connection.execute(sql).to_arrow_table()
    connection.unregister("clusters")
    found = overlap(both["cluster_id"], both["person"])
    result = accuracy(found).as_dict()
    if {"twin", "household"} <= set(both.column_names):
        result["twins"] = related_merges(found, both["household"], both["twin"]).as_dict()
    return result


def best_threshold(run: Baseline) -> tuple[int, dict[str, Any]]:
    """The whole match weight whose components have the best pairwise F1 on the truth."""
    found = {
        weight: quality(run.connection, run.cluster(threshold_match_weight=float(weight)))
        for weight in WEIGHTS
    }
    best = max(found, key=lambda weight: (found[weight]["pairs"]["F1"], weight))
    return best, found[best]


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The whole run, step by step; finding the best threshold is not part of what it took."""
    steps = Steps()
    connection = duckdb.connect()
    connection.execute(f"set threads = {options.threads}")
    with steps.step("read"):
        raw = read_feeds(options.folder) if options.folder else read_records(options)
    with steps.step("clean"):
        clean(connection, raw)
        del raw
    run = Baseline(connection, options.blocking or BLOCKING)
    with steps.step("u"):
        run.estimate_u()
    with steps.step("EM"):
        run.estimate_m()
    with steps.step("block and predict"):
        pairs = run.predict()
    with steps.step("components"):
        clusters = run.cluster(threshold_match_probability=CONFIDENT)
    connection.register("truth", read_truth(options))
    weight, best = best_threshold(run)
    return {
        "machine": machine(),
        "splink": importlib.metadata.version("splink"),
        "duckdb": importlib.metadata.version("duckdb"),
        "records": connection.execute("select count(*) from records").fetchall()[0][0],
        "pairs_scored": pairs,
        "steps": {name: usage.as_dict() for name, usage in steps.usage.items()},
        "total": steps.total().as_dict(),
        "step_rows": steps.rows(),
        "confident": {"match_probability": CONFIDENT, **quality(connection, clusters)},
        "best": {"match_weight": weight, **best},
    }


def report(result: dict[str, Any]) -> str:
    """The tables for the terminal and for README.md."""
    at = {
        f"p >= {CONFIDENT}": result["confident"],
        f"best threshold ({result['best']['match_weight']} bits, picked on truth)": result["best"],
    }
    sizes = f"{result['records']:,} records, {result['pairs_scored']:,} pairs scored"
    versions = f"splink {result['splink']}, duckdb {result['duckdb']}, {result['machine']}"
    return "\n\n".join(
        (
            f"{sizes}\n{versions}",
            table(STEP_HEADER, result["step_rows"]),
            table(ACCURACY_HEADER, [_accuracy_row(name, found) for name, found in at.items()]),
        )
    )


ACCURACY_HEADER = [
    "components at",
    *("precision", "recall", "F1", "false pairs", "missed pairs"),
    *("B3 precision", "B3 recall", "B3 F1", "persons found", "of", "twins merged"),
]


def _accuracy_row(name: str, found: dict[str, Any]) -> list[str]:
    pairs, bcubed, twins = found["pairs"], found["bcubed"], found.get("twins")
    return [
        name,
        *(f"{pairs[figure]:.4f}" for figure in ("precision", "recall", "F1")),
        *(f"{pairs[count]:,}" for count in ("fp", "fn")),
        *(f"{bcubed[figure]:.4f}" for figure in ("precision", "recall", "F1")),
        *(f"{found[count]:,}" for count in ("clusters", "persons")),
        f"{twins['merged']} of {twins['pairs']}" if twins else "not known",
    ]


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Plain Splink 5, measured.")
    parser.add_argument("folder", nargs="?", type=Path, help="what `mpi synthesise` wrote")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="also write everything here")
    parser.add_argument("--records", type=Path, help="a Parquet file instead of feeds")
    parser.add_argument("--truth", type=Path, help="its truth: record_id, entity_id")
    parser.add_argument(
        "--columns",
        nargs="*",
        default=[],
        metavar="OURS=THEIRS",
        help=f"its columns; ours are {', '.join(COLUMNS)}",
    )
    parser.add_argument(
        "--blocking",
        nargs="*",
        type=lambda rule: tuple(rule.split("+")),
        metavar="COLUMN+COLUMN",
        help="its blocking rules; those for feeds are fixed",
    )
    options = parser.parse_args()
    if not options.folder and not (options.records and options.truth):
        parser.error("name a folder, or --records and --truth")
    if options.folder and options.blocking:
        parser.error("the blocking rules for feeds are fixed")
    return options


def main() -> None:
    """Measure, print, and keep."""
    options = arguments()
    pin(options.threads)
    pa.set_cpu_count(options.threads)
    warnings.simplefilter("ignore")
    result = measure(options)
    print(report(result))
    if options.json:
        result.pop("step_rows")
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
