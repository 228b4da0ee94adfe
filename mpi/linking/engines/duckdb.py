"""The batch engine: candidates by blocking key and match weights by Splink, on DuckDB.

A run has a connection of its own, because a second Splink linker on one connection silently reuses
the first one's tables.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
from splink import DuckDBAPI, Linker, SettingsCreator

from mpi.attributes import RECORD_NUMBER
from mpi.errors import DiskFull, MPIError, OutOfMemory, UsageError
from mpi.linking.room import FULL_WORDS, disk_full, size_in_bytes
from mpi.model.comparisons import compared_attributes
from mpi.model.parameters import Release
from mpi.model.splink_settings import release_settings
from mpi.model.thresholds import MILLI

LEAST_MEMORY = 200_000_000
"""Bytes below which DuckDB hardly starts."""
PAIRS_AT_ONCE = 5_000_000
"""Candidates scored at a time: with the records at both ends they take a few GB, or spill them."""
_SPILL = "max_temp_directory_size"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a link may use: threads, memory, a folder for its files, and how much DuckDB may spill.

    Sizes as people write them (`8GB`). `memory` is DuckDB's; the process as a whole takes about
    1.5 GB more at a million records: rows, pairs, clusters. Without `spill` DuckDB takes up to nine
    tenths of what is free.
    """

    threads: int = 2
    memory: str = "1500MB"
    temp: Path | None = None
    spill: str | None = None

    def check(self) -> None:
        """Refuse what cannot be. Raises UsageError."""
        if self.threads < 1:
            raise UsageError("Give at least one thread.")
        if size_in_bytes(self.memory) < LEAST_MEMORY:
            raise UsageError(f"Give at least {LEAST_MEMORY // 10**6} MB of memory.")
        if self.spill is not None and size_in_bytes(self.spill) < 1:
            raise UsageError("Give some room for temporary files, or leave out --temp-limit.")
        if self.temp is not None and not (self.temp.is_dir() and os.access(self.temp, os.W_OK)):
            raise UsageError("The folder for temporary files must be there.", folder=self.temp)


@contextmanager
def connection(limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh in-memory DuckDB that spills to a folder which is removed afterwards.

    Raises DiskFull and OutOfMemory where the limits are too narrow for what is run in here.
    """
    with tempfile.TemporaryDirectory(prefix="mpi-", dir=limits.temp) as temp:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": limits.threads,
            "temp_directory": temp,
            "preserve_insertion_order": False,
            "memory_limit": f"{size_in_bytes(limits.memory)}B",
        }
        con = duckdb.connect(":memory:", config=config)
        try:
            hide_progress(con)
            if limits.spill is not None:
                # given with the rest of the configuration it would be shown and not held
                con.execute(f"SET max_temp_directory_size = '{size_in_bytes(limits.spill)}B'")
            with _within(limits, Path(temp)):
                yield con
        finally:
            con.close()


@contextmanager
def _within(limits: Limits, temp: Path) -> Iterator[None]:
    """Say in our words which limit was reached; the library in between may have wrapped it."""
    try:
        yield
    except Exception as error:
        narrow = _narrow(error, limits, temp.parent)
        if narrow is None:
            raise
        raise narrow from error


def _narrow(error: BaseException, limits: Limits, folder: Path) -> MPIError | None:
    """Which limit was too narrow, if that is what an error or one of its causes says."""
    said = str(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        if _SPILL in said:
            return DiskFull(
                f"Spilling takes more than {limits.spill or 'nine tenths of what is free'}:"
                " give more with --temp-limit, or more memory with --memory.",
                folder=folder,
            )
        return OutOfMemory(f"DuckDB may use {limits.memory}: give more with --memory.")
    if isinstance(error, duckdb.IOException) and any(each in said for each in FULL_WORDS):
        return disk_full(folder)
    cause = error.__cause__ or error.__context__
    return None if cause is None else _narrow(cause, limits, folder)


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
    store_compared_parts(con, [rows])


def store_compared_parts(con: duckdb.DuckDBPyConnection, parts: Iterable[pa.Table]) -> None:
    """`store_compared` of rows that come in parts, at least one, so that all are never copied."""
    into = "CREATE OR REPLACE TABLE compared AS"
    for part in parts:
        con.register("rows", part.select([RECORD_NUMBER, *compared_attributes()]))
        con.execute(f"{into} FROM rows")
        con.unregister("rows")
        into = "INSERT INTO compared"


def score(
    con: duckdb.DuckDBPyConnection, release: Release, *, least: int | None = None
) -> pa.Table:
    """Match weights of the pairs in `candidate`, by Splink's `predict`.

    Args: least, the lowest weight wanted, in milli-bits; None for all. Returns a table
    `left, right, weight`: record numbers with left < right and whole milli-bits, unsorted.
    """
    return pa.concat_tables(
        _score_some(con, release, least, candidates=some) for some in _candidates(con)
    )


def _score_some(
    con: duckdb.DuckDBPyConnection, release: Release, least: int | None, *, candidates: str
) -> pa.Table:
    # half a bit of slack: Splink filters on the sum before it is rounded
    bits = None if least is None else least / MILLI - 0.5
    predicted = predict(con, release_settings(release), least_bits=bits, candidates=candidates)
    keep = "" if least is None else f" WHERE weight >= {least}"
    table = con.sql(
        f"SELECT * FROM (SELECT {RECORD_NUMBER}_l AS left, {RECORD_NUMBER}_r AS right,"
        f" CAST(round(match_weight * {MILLI}) AS INTEGER) AS weight FROM {predicted}){keep}"
    ).to_arrow_table()
    con.execute(f"DROP TABLE {predicted}")
    return table


def _candidates(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """The candidates in parts of about `PAIRS_AT_ONCE`, each as SQL.

    Both ends of a pair are joined to it for scoring, a kilobyte or two. A part holds the pairs of
    a range of records, so that only these need be looked at for one of the ends.
    """
    parts = -(-_count(con, "candidate") // PAIRS_AT_ONCE)
    shares = [part / parts for part in range(1, parts)]
    [(cuts,)] = con.execute(
        f"SELECT approx_quantile(join_key_l, {shares}) FROM candidate" if shares else "SELECT []"
    ).fetchall()
    edges = [None, *sorted(set(cuts)), None]
    for above, upto in pairwise(edges):
        low = "" if above is None else f" AND join_key_l > {above}"
        high = "" if upto is None else f" AND join_key_l <= {upto}"
        yield f"candidate WHERE true{low}{high}"


def predict(
    con: duckdb.DuckDBPyConnection,
    settings: SettingsCreator,
    *,
    least_bits: float | None = None,
    candidates: str = "candidate",
) -> str:
    """Score pairs with any settings; returns the name of Splink's table.

    Args: candidates, the table of the pairs, or a part of it, as SQL.
    """
    api = DuckDBAPI(connection=con)
    linker = Linker(
        api.register("compared", dataset_display_name="records"),
        settings,
        log_level=None,
        validate_settings=False,
    )
    con.execute(f"CREATE OR REPLACE VIEW blocked AS SELECT '0' AS match_key, * FROM {candidates}")
    linker.table_management.register_blocked_pairs_for_predict(api.register("blocked"))
    predicted = linker.inference.predict(threshold_match_weight=least_bits, warning_mode="never")
    return str(predicted.physical_name)


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    # all rows are fetched: DuckDB refuses the next statement while a result is unfinished
    [(count,)] = con.execute(f"SELECT count(*) FROM {table}").fetchall()
    return int(count)
