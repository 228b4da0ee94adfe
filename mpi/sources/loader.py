"""TOML files to source systems: the twelve that ship, and those of a deployment."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from mpi.errors import InvalidSource
from mpi.sources.description import SourceSystem, check

SHIPPED = (
    "nomis",
    "ndelius",
    "pds",
    "hjis",
    "secure_hospital",
    "cypse",
    "immigration",
    "community_mental_health",
    "substance_misuse",
    "social_care",
    "police_custody",
    "courts",
)


def load_sources(extra: Path | None = None) -> dict[str, SourceSystem]:
    """The source systems by name: the shipped ones, then those of a directory in name order.

    Args:
        extra: a directory of further TOMLs, `<name>.toml` each. One with a shipped name replaces
            the shipped description. An `institutions.csv` beside them, with a column `postcode`,
            is a register of places of detention and holds for every source.

    Raises:
        InvalidSource: a TOML or the register cannot be used; names the file and the key.
    """
    sources = dict(_shipped())
    for path in _toml_files(extra) if extra else []:
        sources[path.stem] = parse_source(path.stem, _read_text(path), file=str(path))
    register = _institutions(extra / "institutions.csv") if extra else frozenset()
    if not register:
        return sources
    return {name: _with_institutions(source, register) for name, source in sources.items()}


def _with_institutions(source: SourceSystem, register: frozenset[str]) -> SourceSystem:
    return replace(source, institution_postcodes=source.institution_postcodes | register)


def _institutions(path: Path) -> frozenset[str]:
    if not path.exists():
        return frozenset()
    rows = csv.DictReader(_read_text(path).splitlines())
    if "postcode" not in (rows.fieldnames or ()):
        raise InvalidSource("The register has no such column.", file=str(path), key="postcode")
    return frozenset(row["postcode"] for row in rows if row["postcode"])


def _toml_files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        raise InvalidSource("The directory of source descriptions is missing.", file=str(directory))
    return sorted(directory.glob("*.toml"))


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSource("The file is not readable UTF-8 text.", file=str(path)) from error


@lru_cache(maxsize=1)
def _shipped() -> dict[str, SourceSystem]:
    folder = resources.files("mpi.sources").joinpath("systems")
    return {
        name: parse_source(name, folder.joinpath(f"{name}.toml").read_text("utf-8"), f"{name}.toml")
        for name in SHIPPED
    }


def parse_source(name: str, toml: str, file: str) -> SourceSystem:
    """One description; its name is that of its file, so that a feed is found by its name.

    Raises:
        InvalidSource: naming the file and the key.
    """
    try:
        described = tomllib.loads(toml)
        source = _ADAPTER.validate_python({"name": name, **described})
    except tomllib.TOMLDecodeError as error:
        raise InvalidSource(f"Not TOML: {error}.", file=file) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InvalidSource(f"{first['msg']}.", file=file, key=key) from error
    if source.name != name:
        raise InvalidSource("The name of a source is the name of its file.", file=file, key="name")
    try:
        return check(source)
    except InvalidSource as error:
        raise InvalidSource(error.detail, file=file, key=error.where.get("key")) from error


_ADAPTER = TypeAdapter(SourceSystem)
