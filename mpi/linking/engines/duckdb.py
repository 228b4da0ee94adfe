"""The batch engine: candidates by blocking key and match weights by Splink, on DuckDB.

A run has a connection of its own, because a second Splink linker on one connection silently reuses
the first one's tables.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator

from mpi.attributes import RECORD_NUMBER
from mpi.model.comparisons import compared_attributes
from mpi.model.parameters import Release
from mpi.model.splink_settings import release_settings
from mpi.model.thresholds import MILLI


@dataclass(frozen=True, slots=True)
class Limits:
    """What DuckDB may use: threads, memory as it writes it (`8GB`), and a folder to spill to.

    The process as a whole takes about 1.5 GB more at a million records: rows, pairs, clusters.
    """

    threads: int = 2
    memory: str = "1500MB"
    temp: Path | None = None


@contextmanager
def connection(limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh in-memory DuckDB that spills to a folder which is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="mpi-", dir=limits.temp) as temp:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": limits.threads,
            "temp_directory": temp,
            "preserve_insertion_order": False,
            "memory_limit": limits.memory,
        }
        con = duckdb.connect(":memory:", config=config)
        try:
            hide_progress(con)
            yield con
        finally:
            con.close()


def hide_progress(con: duckdb.DuckDBPyConnection) -> None:
    """Show no bar of progress: it would go to stdout, between the lines of a command's result.

    In a notebook without ipywidgets there is none, and the setting cannot be touched.
    """
    [(shown,)] = con.execute("SELECT current_setting('enable_progress_bar')").fetchall()
    if shown:
        con.execute("SET enable_progress_bar = false")


def store_keys(con: duckdb.DuckDBPyConnection, keys: pa.Table) -> None:
    """Make the table `blocking_key(key, record_no)`; see `mpi.linking.batch.live_keys`."""
    con.register("keys", keys)
    con.execute("CREATE OR REPLACE TABLE blocking_key AS FROM keys")
    con.unregister("keys")


def store_candidates(con: duckdb.DuckDBPyConnection) -> int:
    """Make the table `candidate` of pairs that share a key; returns how many there are."""
    con.execute(
        "CREATE OR REPLACE TABLE candidate AS SELECT DISTINCT"
        f" l.{RECORD_NUMBER} AS join_key_l, r.{RECORD_NUMBER} AS join_key_r"
        " FROM blocking_key l JOIN blocking_key r"
        f" ON l.key = r.key AND l.{RECORD_NUMBER} < r.{RECORD_NUMBER}"
    )
    return _count(con, "candidate")


def store_pairs(con: duckdb.DuckDBPyConnection, left: pa.Array, right: pa.Array) -> int:
    """Make the table `candidate` of the pairs given; returns how many there are."""
    con.register("pairs", pa.table({"join_key_l": left, "join_key_r": right}))
    con.execute("CREATE OR REPLACE TABLE candidate AS SELECT * FROM pairs")
    con.unregister("pairs")
    return len(left)


def store_compared(con: duckdb.DuckDBPyConnection, rows: pa.Table) -> None:
    """Make the table `compared` of the annotated attributes that comparisons read."""
    con.register("rows", rows.select([RECORD_NUMBER, *compared_attributes()]))
    con.execute("CREATE OR REPLACE TABLE compared AS FROM rows")
    con.unregister("rows")


def score(
    con: duckdb.DuckDBPyConnection, release: Release, *, least: int | None = None
) -> pa.Table:
    """Match weights of the pairs in `candidate`, by Splink's `predict`.

    Args: least, the lowest weight wanted, in milli-bits; None for all. Returns a table
    `left, right, weight`: record numbers with left < right and whole milli-bits, unsorted.
    """
    # half a bit of slack: Splink filters on the sum before it is rounded
    bits = None if least is None else least / MILLI - 0.5
    predicted = predict(con, release_settings(release), least_bits=bits)
    keep = "" if least is None else f" WHERE weight >= {least}"
    table = con.sql(
        f"SELECT * FROM (SELECT {RECORD_NUMBER}_l AS left, {RECORD_NUMBER}_r AS right,"
        f" CAST(round(match_weight * {MILLI}) AS INTEGER) AS weight FROM {predicted}){keep}"
    ).to_arrow_table()
    con.execute(f"DROP TABLE {predicted}")
    return table


def predict(
    con: duckdb.DuckDBPyConnection, settings: SettingsCreator, *, least_bits: float | None = None
) -> str:
    """Score the pairs in `candidate` with any settings; returns the name of Splink's table."""
    api = DuckDBAPI(connection=con)
    linker = Linker(
        api.register("compared", dataset_display_name="records"),
        settings,
        log_level=None,
        validate_settings=False,
    )
    con.execute("CREATE OR REPLACE VIEW blocked AS SELECT '0' AS match_key, * FROM candidate")
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    predicted = linker.inference.predict(threshold_match_weight=least_bits, warning_mode="never")
    return str(predicted.physical_name)


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    # all rows are fetched: DuckDB refuses the next statement while a result is unfinished
    [(count,)] = con.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(count)
