"""Use case: an index as a folder of plain files, and back again, in any database.

A backup is taken from one moment while the index goes on working. It has everything: records,
decisions, history, releases, and the secret that keys what is kept of erased records. So it is as
sensitive as the index, and an index restored from it gives the same ids to the same events.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Table

from mpi.errors import IndexExists, IndexNotFound, InvalidBackup, UnwritableOutput
from mpi.index.erased_since import Erasures, erase_again
from mpi.index.progress import Progress, SilentProgress
from mpi.store.schema import REVISIONS, generation
from mpi.store.store import Store, open_store
from mpi.store.view import View
from mpi.store.whole import arrow_schema, lasting

MANIFEST = "manifest.json"
ENDING = ".parquet"
FORM = 1
"""The form of the folder, should it ever be another one."""


@dataclass(frozen=True, slots=True)
class BackupSummary:
    """What a backup holds: the last event, and rows and bytes of all its tables.

    `erased` are the records erased again after it was restored, for that was done since.
    """

    sequence: int
    records: int
    persons: int
    tables: int
    rows_in_all: int
    bytes_in_all: int
    erased: int = 0

    def rows(self) -> list[tuple[str, object]]:
        """For a table."""
        again = [("Erased again", self.erased)] if self.erased else []
        return [
            *again,
            ("Events", self.sequence),
            ("Records", self.records),
            ("Persons", self.persons),
            ("Tables", self.tables),
            ("Rows", self.rows_in_all),
            ("Bytes", self.bytes_in_all),
        ]

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return asdict(self)


def backup(index_url: str, to: Path, *, progress: Progress | None = None) -> BackupSummary:
    """Write an index to a folder that does not exist yet; it appears when it is complete.

    Raises what opening an index raises, and UnwritableOutput.
    """
    watched = progress or SilentProgress()
    with closing(open_store(index_url)) as store, _appearing(to) as folder:
        with store.reading() as view:
            files = {}
            for name, table in _tables(view.generation):
                with watched.step(f"write {name}"):
                    files[name] = _written(view, table, folder / f"{name}{ENDING}")
            manifest = _manifest(view, files)
        (folder / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return _summary(manifest)


def restore(
    folder: Path, index_url: str, *, erasures: str = "", progress: Progress | None = None
) -> BackupSummary:
    """Make an index from a backup, in a place where there is none; in any database.

    What the files hold is checked first against what the backup says of them. Raises InvalidBackup,
    IndexExists, IndexUnreachable; a place where it fails is left as it was.

    Args: erasures, the URL of the index or the folder of a later backup of it: what was erased
    since this backup was made is erased from the restored index as well, before this returns.
    """
    watched = progress or SilentProgress()
    manifest = _checked(folder)
    since = _erasures(erasures) if erasures else None
    _require_nothing(index_url)
    store = open_store(index_url, create=True)
    try:
        with store.sole_writer() as writer:
            if store.state().sequence:
                raise IndexExists("Somebody made it in the meantime.")
            with _removed_if_failed(store), watched.step("write the index"):
                writer.restore(partial(_rows, folder))
        with _removed_if_failed(store, always=True), watched.step("erase again"):
            again = erase_again(store, since) if since else 0
    finally:
        store.close()
    return replace(_summary(manifest), erased=again)


def _erasures(where: str) -> Erasures:
    folder = Path(where)
    if not folder.is_dir():
        return Erasures.of_index(where)
    _checked(folder)
    return Erasures.of_backup(folder)


def _tables(number: int) -> Iterator[tuple[str, Table]]:
    yield from ((str(table.name), table) for table in lasting())
    yield from generation(number).tables()


def _written(view: View, table: Table, path: Path) -> dict[str, Any]:
    form, rows = arrow_schema(table), 0
    with pq.ParquetWriter(path, form, compression="zstd") as writer:
        for batch in view.whole(table):
            writer.write_batch(batch)
            rows += batch.num_rows
    return {"rows": rows, "bytes": path.stat().st_size, "blake2b": _hash(path)}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _manifest(view: View, files: Mapping[str, Any]) -> dict[str, Any]:
    state = view.state
    return {
        "form": FORM,
        "revision": REVISIONS[-1],
        "generation": view.generation,
        "sequence": view.sequence,
        "records": state.records,
        "persons": state.persons,
        "release": state.release.release_id if state.release else None,
        "files": dict(files),
    }


def _summary(manifest: Mapping[str, Any]) -> BackupSummary:
    files = manifest["files"].values()
    return BackupSummary(
        sequence=manifest["sequence"],
        records=manifest["records"],
        persons=manifest["persons"],
        tables=len(files),
        rows_in_all=sum(each["rows"] for each in files),
        bytes_in_all=sum(each["bytes"] for each in files),
    )


@contextmanager
def _appearing(to: Path) -> Iterator[Path]:
    """A folder beside `to` that becomes it at the end."""
    if to.exists():
        raise UnwritableOutput("There is something here already.", file=str(to))
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{to.name}-", dir=to.parent))
    except OSError as error:
        raise UnwritableOutput(file=str(to)) from error
    try:
        yield staging
        staging.rename(to)
    except OSError as error:
        raise UnwritableOutput(file=str(to)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _checked(folder: Path) -> dict[str, Any]:
    """The manifest of a backup whose files are what it says."""
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        form, revision, files = (manifest[name] for name in ("form", "revision", "files"))
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InvalidBackup("It lacks its manifest.", file=str(folder / MANIFEST)) from error
    if form != FORM or revision != REVISIONS[-1]:
        said = f"It has the schema {revision} and this version {REVISIONS[-1]}: restore it with"
        raise InvalidBackup(f"{said} the version that made it, then `mpi upgrade`.")
    for name, each in files.items():
        path = folder / f"{name}{ENDING}"
        if not path.is_file() or _hash(path) != each["blake2b"]:
            raise InvalidBackup("It is not what was written.", file=str(path))
    return dict(manifest)


def _require_nothing(index_url: str) -> None:
    try:
        store = open_store(index_url)
    except IndexNotFound:
        return
    store.close()
    raise IndexExists("Restore to another place, or move it away.")


@contextmanager
def _removed_if_failed(store: Store, *, always: bool = False) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if always or not store.state().sequence:
            store.remove()
        raise


def _rows(folder: Path, name: str) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(folder / f"{name}{ENDING}") as file:
        yield from file.iter_batches(batch_size=20_000)
