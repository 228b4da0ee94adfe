"""Reading the audit: the chains of a folder, and the entries in them."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from mpi.access.anchors import AnchorFile, Anchors
from mpi.access.audit import SUFFIX, stamp
from mpi.access.keyed import Keyed
from mpi.access.policy import Policy
from mpi.errors import InvalidAudit

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """An audit as it is kept: its chains, the anchors of their heads, and the secret of hashes."""

    folder: Path
    anchors: Anchors
    key: Path

    @classmethod
    def of(cls, policy: Policy) -> Kept:
        """The audit that a policy says where to find."""
        places = policy.document.audit
        anchors = AnchorFile(policy.path(places.anchors))
        return cls(policy.path(places.folder), anchors, policy.path(places.key))

    @property
    def keyed(self) -> Keyed:
        """The hashes that stand for identifiers in it. Raises InvalidAudit."""
        return Keyed.at(self.key)

    def chains(self) -> dict[str, Path]:
        """The file of each chain, in order of their beginning. Raises InvalidAudit."""
        if not self.folder.is_dir():
            raise InvalidAudit("There is no such folder.", file=self.folder)
        return {path.name[: -len(SUFFIX)]: path for path in sorted(self.folder.glob(f"*{SUFFIX}"))}

    def entries(self) -> Iterator[Entry]:
        """Every entry that still has its body, with the `chain` it is in and its `number` there.

        Whether they are as they were written `verification` says.
        """
        for chain, path in self.chains().items():
            for number, line in enumerate(whole_lines(path), 1):
                body = _body(line)
                if body is not None:
                    yield {"chain": chain, "number": number, **body}


def whole_lines(path: Path) -> Iterator[bytes]:
    """The finished lines of a chain; what a killed process left unfinished is no entry."""
    with path.open("rb") as file:
        yield from (line for line in file if line.endswith(b"\n"))


def ends_unfinished(path: Path) -> bool:
    """Whether a killed process left the beginning of a line, whose answer never left either."""
    with path.open("rb") as file:
        file.seek(0, 2)
        if file.tell() == 0:
            return False
        file.seek(-1, 2)
        return file.read(1) != b"\n"


def is_being_written(path: Path) -> bool:
    """Whether a live process holds a chain."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _body(line: bytes) -> Entry | None:
    try:
        said = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    body = said.get("body") if isinstance(said, dict) else None
    return body if isinstance(body, dict) else None


Test = Callable[[Entry], bool]
"""Whether an entry is one that is looked for."""


def about_identifier(keyed: Keyed, system: str, value: str) -> Test:
    """Entries in which an identifier (canonical value) was asked with, or told."""
    wanted = keyed.of(system, value)

    def holds(entry: Entry) -> bool:
        if [system, wanted] in entry.get("asked", ()):
            return True
        return any(
            wanted == hashed
            for person in entry.get("persons", ())
            for hashed, _ in person.get("told", {}).get(system, ())
        )

    return holds


def about_person(person_id: str) -> Test:
    """Entries in which a person was told of, or kept back."""

    def holds(entry: Entry) -> bool:
        named = any(each.get("person") == person_id for each in entry.get("persons", ()))
        return named or person_id in entry.get("withheld", {})

    return holds


def with_value(key: str, value: str) -> Test:
    """Entries of one client, request, purpose or outcome."""
    return lambda entry: entry.get(key) == value


def between(since: datetime | None, until: datetime | None) -> Test:
    """Entries from a time on, and before another; each as far as it is given, with its zone."""
    first = stamp(since) if since else ""
    end = stamp(until) if until else ""
    return lambda entry: entry["at"] >= first and (not end or entry["at"] < end)


def found(kept: Kept, tests: list[Test]) -> list[Entry]:
    """The entries that pass every test, oldest first."""
    passing = (entry for entry in kept.entries() if all(test(entry) for test in tests))
    return sorted(passing, key=lambda entry: str(entry["at"]))
