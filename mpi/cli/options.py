"""Options that several commands share, worded once, and how they fall back on the environment."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mpi.errors import UsageError
from mpi.settings import Settings, variable

if TYPE_CHECKING:
    from mpi.linking.engines.duckdb import Limits

IndexOption = Annotated[
    str,
    typer.Option(
        "--index",
        metavar="URL",
        help="Where the index is: sqlite:///FILE or postgresql://USER@HOST/DATABASE."
        " Without it: MPI_INDEX, else sqlite:///mpi.db.",
        show_default=False,
    ),
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="DIR",
        help="Folder of the match model, such as models/synthetic-base. Without it: MPI_MODEL.",
        show_default=False,
    ),
]
SourcesOption = Annotated[
    Path | None,
    typer.Option(
        "--sources",
        metavar="DIR",
        help="Folder of TOML files that describe further source systems. Without it: MPI_SOURCES.",
        show_default=False,
    ),
]
FeedsOption = Annotated[
    Path,
    typer.Option(
        "--feeds",
        metavar="DIR",
        help="Folder of feeds, one per source: SOURCE.csv, .parquet or .ndjson, also .gz.",
        show_default=False,
    ),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="The disclosure policy: who may ask, and be told what. Without it: MPI_POLICY.",
        show_default=False,
    ),
]
EngineOption = Annotated[
    str,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        help="Where to compute it: duckdb, on this machine, or spark, on the cluster that is"
        " configured (MPI_SPARK_MASTER, spark-defaults.conf, spark-submit), else on this machine,"
        " with --threads and --memory (of the driver; 2 GB without it).",
    ),
]
MemoryOption = Annotated[
    str,
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="Memory for DuckDB, such as 8GB; what does not fit is spilled. Rows, pairs and"
        " clusters come on top: see mpi plan. Without it: 1500MB.",
        show_default=False,
    ),
]
TempOption = Annotated[
    Path | None,
    typer.Option(
        "--temp",
        metavar="DIR",
        help="Folder for intermediate files and for what is spilled. Without it: the system's.",
        show_default=False,
    ),
]
SpillOption = Annotated[
    str,
    typer.Option(
        "--temp-limit",
        metavar="SIZE",
        help="How much may be spilled, such as 40GB. Without it: nine tenths of what is free.",
        show_default=False,
    ),
]
ThreadsOption = Annotated[
    int,
    typer.Option(
        "--threads",
        metavar="N",
        help="Processors to use. Without it: all.",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON, for a program to read.")
]


def index_url(given: str) -> str:
    """The index that a command is about: the option, else the environment."""
    return given or Settings.read().index


def model_folder(given: Path | None) -> Path:
    """The match model that a command uses. Raises UsageError when nothing names one."""
    found = given or Settings.read().model
    if found is None:
        raise UsageError(f"Give --model, or set {variable('model')}.")
    return found


def policy_file(given: Path | None) -> Path:
    """The policy that a command is about. Raises UsageError when nothing names one."""
    found = given or Settings.read().policy
    if found is None:
        raise UsageError(f"Give --policy, or set {variable('policy')}.")
    return found


def limits(threads: int, memory: str, *, temp: Path | None, spill: str) -> Limits:
    """What a command may use of the machine; empty and 0 stand for what is not given."""
    from mpi.linking.engines.duckdb import Limits

    given: dict[str, Any] = {"memory": memory, "temp": temp, "spill": spill}
    named = {name: value for name, value in given.items() if value}
    return replace(Limits(threads=threads or os.cpu_count() or 1), **named)


def sources_folder(given: Path | None) -> Path | None:
    """The folder of further source descriptions, if anything names one."""
    return given or Settings.read().sources


def spark_master() -> str:
    """The address of the cluster, if the environment names one."""
    return Settings.read().spark_master
