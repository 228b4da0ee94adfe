"""Opening an index: is it there, is it one, is its schema ours; and making or upgrading one."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path

from sqlalchemy import Connection, insert

from mpi.errors import IndexNotFound, IndexOutdated, IndexTooNew, IndexUnreachable
from mpi.store import sqlite
from mpi.store.schema import REVISIONS, SLOTS, index_state


def open_index(url: str, *, create: bool, seed: int) -> Path:
    """The file of the index at a URL, made first if wanted; see `open_store` for what is raised."""
    path = sqlite.path_of(url)
    found = _revision(path)
    if found is None and not create:
        _check_place(path)
        raise IndexNotFound("Run `mpi link` to make one.", file=path)
    if found is None:
        found = _make(path, seed)
    _check(found, path)
    return path


def upgrade(url: str) -> None:
    """Bring an existing index up to the schema of this version."""
    path = sqlite.path_of(url)
    found = _revision(path)
    if found is None:
        raise IndexNotFound("Run `mpi link` to make one.", file=path)
    if found not in REVISIONS:
        _check(found, path)
    with (
        sqlite.failing_as_unreachable(path),
        sqlite.writer_lock(path),
        sqlite.writing(path) as connection,
        connection.begin(),
    ):
        _migrate(connection)


def _check_place(path: Path) -> None:
    """Refuse a place where no index could ever be made, before somebody works for hours on one."""
    folder = path.absolute().parent
    if not folder.is_dir():
        raise IndexUnreachable("Its folder does not exist.", file=path)
    if not os.access(folder, os.W_OK):
        raise IndexUnreachable("Its folder cannot be written to.", file=path)


def _check(found: str, path: Path) -> None:
    if found not in REVISIONS:
        raise IndexTooNew("Use the version of this program that wrote it, or newer.", file=path)
    if found != REVISIONS[-1]:
        raise IndexOutdated("Run `mpi upgrade`, or link again into a new file.", file=path)


def _revision(path: Path) -> str | None:
    """The schema revision of the index in a file; None where there is no file, or an empty one."""
    if _is_nothing(path):
        return None
    if not sqlite.is_database(path):
        raise IndexUnreachable("It is not a database.", file=path)
    with sqlite.failing_as_unreachable(path), closing(sqlite3.connect(path)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return None
        if not {"alembic_version", "index_state"} <= tables:
            raise IndexUnreachable("It is a database, but not an index.", file=path)
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(rows) != 1:
        raise IndexUnreachable("It does not say which version of the schema it has.", file=path)
    return str(rows[0][0])


def _is_nothing(path: Path) -> bool:
    """Whether there is no file yet, or an empty one."""
    try:
        if not path.exists():
            return True
        if not path.is_file():
            raise IndexUnreachable("It is not a file.", file=path)
        return path.stat().st_size == 0
    except OSError as error:
        raise IndexUnreachable(f"{error.strerror}.", file=path) from error


def _make(path: Path, seed: int) -> str:
    """A new, empty index; whoever comes second finds the first one's."""
    if not path.parent.is_dir():
        raise IndexUnreachable("There is no such directory.", file=path.parent)
    with sqlite.failing_as_unreachable(path), sqlite.writer_lock(path):
        found = _revision(path)
        if found is not None:
            return found
        sqlite.use_write_ahead_log(path)
        with sqlite.writing(path) as connection, connection.begin():
            _migrate(connection)
            state = {"id": 1, "live": SLOTS[0], "sequence": 0, "seed": seed, "provisional": 1}
            connection.execute(insert(index_state).values(counts="{}", **state))
    return REVISIONS[-1]


def _migrate(connection: Connection) -> None:
    """Run the migrations in the caller's transaction. Alembic is slow to import, so only here."""
    from alembic import command
    from alembic.config import Config

    with as_file(files("mpi.store") / "migrations") as scripts:
        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
