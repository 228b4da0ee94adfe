"""The environment, read once: what a deployment sets so that no command line has to say it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from mpi.errors import InvalidSetting
from mpi.identifiers import NAMESPACE


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says; an option on the command line wins over it.

    `index` is the URL of the index (`MPI_INDEX`). `model` is the folder of a match model
    (`MPI_MODEL`) and `sources` a folder of descriptions of further source systems
    (`MPI_SOURCES`), None when not set. `host` and `port` are where the API listens (`MPI_HOST`,
    `MPI_PORT`). `namespace` is where the URIs lie of identifier systems for which none is
    published (`MPI_NAMESPACE`). `policy` is the file of the disclosure policy (`MPI_POLICY`), None
    when not set. `log` is the least severe level that is logged (`MPI_LOG`). `spark_master` is the
    address of a Spark cluster (`MPI_SPARK_MASTER`), empty where Spark's own configuration says it.
    """

    index: str = "sqlite:///mpi.db"
    model: Path | None = None
    sources: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    namespace: str = NAMESPACE
    policy: Path | None = None
    log: str = "INFO"
    spark_master: str = ""

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Settings from environment variables; one that is empty counts as not set.

        Raises InvalidSetting, naming the variable, when one cannot be used.
        """
        found = os.environ if environ is None else environ
        given = {field: found.get(variable(field), "") for field in _READERS}
        return cls(**{field: _READERS[field](text) for field, text in given.items() if text})


def version() -> str:
    """The version of this program; `0+source` when it runs from a folder it is not installed in."""
    try:
        return metadata.version("master-person-index")
    except metadata.PackageNotFoundError:
        return "0+source"


def variable(field: str) -> str:
    """The environment variable that sets a field of the settings.

    >>> variable("index")
    'MPI_INDEX'
    """
    return f"MPI_{field.upper()}"


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise InvalidSetting("Expected a number from 0 to 65535.", variable=variable("port"))
    return int(text)


def _log(text: str) -> str:
    level = text.upper()
    if level not in logging.getLevelNamesMapping():
        raise InvalidSetting("Expected DEBUG, INFO, WARNING or ERROR.", variable=variable("log"))
    return level


_READERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "index": str,
        "model": Path,
        "sources": Path,
        "host": str,
        "port": _port,
        "namespace": str,
        "policy": Path,
        "log": _log,
        "spark_master": str,
    }
)
