"""A policy file to a policy, or to everything that is wrong with it, line by line."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mpi.access.operations import Operation
from mpi.access.places import line_of
from mpi.access.policy import EVERY, Document, Grant, Policy, Profile
from mpi.access.purposes import PURPOSES
from mpi.errors import InvalidPolicy
from mpi.identifiers import SYSTEMS
from mpi.sources import load_sources
from mpi.sources.description import SourceSystem

Loc = tuple[str | int, ...]
_ADAPTER = TypeAdapter(Document)
MISSING = "This key is missing."
_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a policy: where, and what."""

    line: int
    key: str
    problem: str


def load_policy(path: Path, sources: Path | None = None) -> Policy:
    """The policy in a file.

    Args: sources, a folder of descriptions of further source systems. Raises InvalidPolicy for the
    first thing that is wrong, naming the file and the line.
    """
    text = _read(path)
    described = load_sources(sources)
    document, faults = read_document(text, described)
    if faults or document is None:
        # what is missing may only be misspelt, which says more
        first = min(faults, key=lambda each: each.problem == MISSING)
        where = {"file": str(path), "line": first.line, "key": first.key or None}
        raise InvalidPolicy(first.problem, **where)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    folder = path.resolve().parent
    systems = {source: each.key_systems for source, each in described.items()}
    return Policy(document, name=name, folder=folder, key_systems=systems)


def faults_of(path: Path, sources: Path | None = None) -> list[Fault]:
    """Everything that is wrong with a policy file, in order of lines; raises as `load_policy`
    only when it cannot be read at all.
    """
    return read_document(_read(path), load_sources(sources))[1]


def read_document(
    text: str, sources: Mapping[str, SourceSystem]
) -> tuple[Document | None, list[Fault]]:
    """A policy as it is written, and what is wrong with it; None when it has no policy's shape."""
    try:
        document = _ADAPTER.validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        line = _LINE.search(str(error))
        return None, [Fault(int(line.group(1)) if line else 1, "", f"Not TOML: {error}.")]
    except ValidationError as error:
        found = [(tuple(each["loc"]), _said(each)) for each in error.errors(include_url=False)]
        return None, _faults(text, _causes(found))
    return document, _faults(text, _problems(document, sources))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidPolicy("The file is not readable UTF-8 text.", file=str(path)) from error


def _said(error: Mapping[str, Any]) -> str:
    unknown = "There is no such key"
    if error["type"] == "missing":
        return MISSING
    return f"{unknown if error['type'] == 'unexpected_keyword_argument' else error['msg']}."


def _causes(found: Sequence[tuple[Loc, str]]) -> Iterator[tuple[Loc, str]]:
    """The faults that are not there only because of another one further in."""
    for loc, problem in found:
        if not any(len(loc) < len(other) and other[: len(loc)] == loc for other, _ in found):
            yield loc, problem


def _faults(text: str, problems: Iterable[tuple[Loc, str]]) -> list[Fault]:
    found = [
        Fault(line_of(text, loc), ".".join(map(str, loc)), problem) for loc, problem in problems
    ]
    return sorted(found, key=lambda each: each.line)


def _problems(document: Document, sources: Mapping[str, SourceSystem]) -> Iterator[tuple[Loc, str]]:
    """What types cannot say: names that must exist, and parts that must fit each other."""
    for name, profile in document.profiles.items():
        yield from _of_profile(("profiles", name), profile, sources)
    keys: set[str] = set()
    for name, client in document.clients.items():
        loc: Loc = ("clients", name)
        if client.profile not in document.profiles:
            yield (*loc, "profile"), f"There is no profile {client.profile}."
        if client.development_key_sha256 in keys:
            yield (*loc, "development_key_sha256"), "Another client has the same key."
        keys |= {client.development_key_sha256} - {""}


def _of_profile(
    loc: Loc, profile: Profile, sources: Mapping[str, SourceSystem]
) -> Iterator[tuple[Loc, str]]:
    yield from _unknown((*loc, "feeds"), profile.feeds, sources, what="source system")
    if Operation.FEED in profile.operations and not profile.feeds:
        yield (*loc, "operations"), "Say in `feeds` of which source systems it may send records."
    for source, systems in profile.verifies.items():
        if source not in profile.feeds:
            yield (*loc, "verifies", source), f"It does not send records of {source}: see `feeds`."
        place = (*loc, "verifies", source)
        yield from _unknown(place, systems, SYSTEMS, what="identifier system", every=True)
    for at, source in enumerate(profile.unrestricts):
        if source not in profile.feeds:
            yield (*loc, "unrestricts", at), f"It does not send records of {source}: see `feeds`."
    granted: set[str] = set()
    for at, grant in enumerate(profile.grants):
        place = (*loc, "grants", at)
        yield from _of_grant(place, grant, sources)
        for number, purpose in enumerate(grant.purposes):
            if purpose in granted:
                yield (*place, "purposes", number), f"Two grants are for {purpose}."
            granted.add(purpose)
        if Operation.EXPLAIN in profile.operations and not grant.sight().sees_every_system:
            problem = "An explanation tells of every identifier system, so `see` must have all."
            yield (*place, "see"), problem


def _of_grant(
    loc: Loc, grant: Grant, sources: Mapping[str, SourceSystem]
) -> Iterator[tuple[Loc, str]]:
    yield from _unknown((*loc, "purposes"), grant.purposes, PURPOSES, what="purpose")
    for key in ("ask_with", "see"):
        names = getattr(grant, key)
        yield from _unknown((*loc, key), names, SYSTEMS, what="identifier system", every=True)
    names = grant.sources
    yield from _unknown((*loc, "sources"), names, sources, what="source system", every=True)


def _unknown(
    loc: Loc, names: Iterable[str], known: Mapping[str, object], *, what: str, every: bool = False
) -> Iterator[tuple[Loc, str]]:
    for at, name in enumerate(names):
        if name not in known and not (every and name == EVERY):
            yield (*loc, at), f"There is no {what} {name}. Known are: {', '.join(known)}."
