"""Options that several commands share, worded once, and how they fall back on the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.errors import UsageError
from mpi.settings import Settings, variable

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


def sources_folder(given: Path | None) -> Path | None:
    """The folder of further source descriptions, if anything names one."""
    return given or Settings.read().sources
