"""The work folder of a link: what it has finished, for the case that it is killed.

It holds personal data, so only its owner may look at it, and it goes when the link is done. What
it holds counts for one link alone: that of the same feeds, release, options, index and code.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

import mpi
from mpi.errors import UnwritableOutput, UsageError
from mpi.index.staging import alone
from mpi.linking.finished import STEPS, Form, Made, NotKept
from mpi.linking.intake import Intake, mapped, whole, write
from mpi.linking.room import room_in
from mpi.sources import Reject, Rejects
from mpi.store.rulings import Rulings

OURS = "link.json"
"""The file that says which link a folder is of, and that it is ours to clear."""
INTAKE = "intake.json"
_CHUNK = re.compile(r".+-(\d{9}|raw|kept|merged)\.(arrow|partial)", re.DOTALL)
"""The files of `linking.intake`."""
_LIBRARIES = ("duckdb", "numpy", "pyarrow", "splink")
"""Those that what is finished may depend on."""
PARTIAL = ".partial"
"""The ending of what is not whole yet."""
_FILES = (INTAKE, *(Path(name).with_suffix(PARTIAL).name for name in (OURS, INTAKE)))
_PACKAGE = Path(mpi.__file__).parent
_CODE = ("*.py", "*.toml", "*.csv")
_OWNER_ONLY = 0o700

Identity = Mapping[str, object]
"""What a link is made of, by name, each in a form that tells one from another."""


@contextmanager
def work_folder(to: Path, identity: Identity, at: datetime) -> Iterator[Work]:
    """The folder with what the same link has finished before; empty if there was none.

    What a link writes is removed at the end, unless that is an error, and the folder if that leaves
    it empty. Args: at, when the link happens, if it is not the continuation of one that began
    earlier. Raises UsageError for a folder that is neither empty nor a link's, and
    UnwritableOutput, also while another link uses it.
    """
    if to.exists() and not _is_ours(to):
        raise UsageError("The work folder must be new, empty, or that of a link.", folder=to)
    with alone(to):
        try:
            to.mkdir(mode=_OWNER_ONLY, exist_ok=True)
            to.chmod(_OWNER_ONLY)
        except OSError as error:
            raise UnwritableOutput(folder=to) from error
        yield _begun(to, identity, at)
        _clear(to, at)
        (to / OURS).unlink()
        # what is not ours keeps the folder
        with suppress(OSError):
            to.rmdir()


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and (bool(_told(folder)) or not any(folder.iterdir()))


def _told(folder: Path) -> dict[str, Any]:
    """What a folder says of the link it is of; nothing if it is of none."""
    told = _read(folder / OURS)
    try:
        datetime.fromisoformat(told["at"])
    except (KeyError, TypeError, ValueError):
        return {}
    return told if isinstance(told.get("identity"), dict) else {}


def _clear(folder: Path, at: datetime) -> None:
    """Remove what a link has finished, and nothing that it did not write.

    First the folder is made that of no link at all: if this is cut short, nobody takes up the rest.
    """
    _write(folder / OURS, {"identity": {}, "at": at.isoformat()})
    for path in folder.iterdir():
        if path.is_symlink():
            continue
        if path.is_dir() and path.name.removesuffix(PARTIAL) in STEPS:
            _clear_step(path)
        elif path.is_file() and (path.name in _FILES or _CHUNK.fullmatch(path.name)):
            path.unlink()


def _clear_step(folder: Path) -> None:
    for path in folder.glob("*.arrow"):
        path.unlink()
    with suppress(OSError):
        folder.rmdir()


def _begun(folder: Path, identity: Identity, at: datetime) -> Work:
    """The work begun before, if it is of the same link, or begun anew."""
    told = _told(folder)
    before = told.get("identity", {})
    now = orjson.loads(orjson.dumps(identity))
    if told and before == now:
        return Work(folder, datetime.fromisoformat(told["at"]))
    _clear(folder, at)
    for step in filter(Path.exists, (folder / name for name in STEPS)):
        raise UsageError("The folder of a step holds files of somebody else.", folder=step)
    _write(folder / OURS, {"identity": now, "at": at.isoformat()})
    return Work(folder, at, tuple(name for name in now if before and before.get(name) != now[name]))


@dataclass(frozen=True, slots=True)
class Scratch(NotKept):
    """A folder for the files of a link that keeps no steps; `at` is when the link happens."""

    folder: Path
    at: datetime
    other: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()

    def intake(self, make: Callable[[], Intake], rejects: Rejects) -> Intake:
        """Take in the feeds."""
        return make()


@dataclass(frozen=True, slots=True)
class Work:
    """The folder of one link.

    `at` is when the link happens: what a source without versions sends counts from then. `other`
    names what was different about the link whose finished steps could not be taken up. `taken` are
    the steps taken up.
    """

    folder: Path
    at: datetime
    other: tuple[str, ...] = ()
    taken: list[str] = field(default_factory=list)

    def take(self, step: str, make: Callable[[], Made], form: Form[Made]) -> Made:
        """See `Finished.take`."""
        kept = self.folder / step
        if kept.is_dir():
            self.taken.append(step)
            return form.made({path.stem: mapped(path) for path in kept.glob("*.arrow")})
        made = make()
        aside = self.folder / f"{step}{PARTIAL}"
        shutil.rmtree(aside, ignore_errors=True)
        with room_in(self.folder):
            aside.mkdir()
            for name, table in form.tables(made).items():
                write(table, aside / f"{name}.arrow")
            _durable(aside)
            aside.rename(kept)
        return made

    def intake(self, make: Callable[[], Intake], rejects: Rejects) -> Intake:
        """The feeds as they were taken in, with what was rejected of them."""
        told = _read(self.folder / INTAKE)
        if told:
            self.taken.append("standardise")
            rejects.items.extend(Reject(**each) for each in told["rejects"])
            rejects.identical_rows += told["identical"]
            rejects.superseded_rows += told["superseded"]
            chunks = [self.folder / name for name in told["chunks"]]
            return whole(chunks, told["deleted"], told["later"])
        made = make()
        with room_in(self.folder):
            _durable(self.folder)
            kept = {
                "chunks": [path.name for path in made.chunks],
                "deleted": made.deleted,
                "later": made.later,
                "rejects": [asdict(each) for each in rejects.items],
                "identical": rejects.identical_rows,
                "superseded": rejects.superseded_rows,
            }
            _write(self.folder / INTAKE, kept)
        return made


def files_in(place: Path | None) -> list[Path]:
    """The files of a folder, or the one file that it is."""
    if place is None or not place.exists():
        return []
    return [place] if place.is_file() else [path for path in place.iterdir() if path.is_file()]


def digest_of_files(paths: Iterable[Path]) -> str:
    """One digest of the names and contents of some files."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(paths):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "blake2b").digest())
    return digest.hexdigest()


def digest_of_table(table: pa.Table) -> str:
    """A digest of the rows of a table, in their order."""
    digest = hashlib.blake2b(digest_size=16)
    with pa.ipc.new_stream(pa.PythonFile(_Hashed(digest), mode="w"), table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return digest.hexdigest()


def digest_of_rulings(rulings: Rulings) -> str:
    """A digest of what is in force in an index, and of the secret that tells it from others."""
    parts = (
        rulings.decisions,
        rulings.seal_sides,
        rulings.supersessions,
        sorted((source, sorted(gone.items())) for source, gone in rulings.gone.items()),
        sorted(rulings.erased),
    )
    digest = hashlib.blake2b(digest_size=16, key=rulings.secret[:64])
    digest.update(repr(parts).encode())
    return digest.hexdigest()


def digest_of_code() -> str:
    """A digest of this package: what other code has finished is not taken up."""
    return digest_of_files([path for kind in _CODE for path in _PACKAGE.rglob(kind)])


def versions_of_libraries() -> dict[str, str]:
    """The libraries that linking leaves to others, with their versions."""
    return {name: metadata.version(name) for name in _LIBRARIES}


class _Hashed:
    """A file that keeps nothing but the digest of what is written to it."""

    closed = False

    def __init__(self, digest: hashlib.blake2b) -> None:
        self._digest = digest

    def write(self, content: bytes) -> int:
        """Take in some bytes."""
        self._digest.update(content)
        return len(content)

    def flush(self) -> None:
        """There is nothing to wait for."""

    def close(self) -> None:
        """There is nothing to let go of."""


def _read(path: Path) -> dict[str, Any]:
    """A file of ours, if it is there and whole."""
    try:
        found = orjson.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, content: Mapping[str, object]) -> None:
    """Write a file aside, then give it its name: it is whole, or not there."""
    aside = path.with_suffix(PARTIAL)
    with room_in(path.parent):
        aside.write_bytes(orjson.dumps(content))
        aside.rename(path)


def _durable(folder: Path) -> None:
    """Wait until what was written to a folder is on disk."""
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
