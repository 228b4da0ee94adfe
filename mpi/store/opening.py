"""Opening an index: is it there, is its schema ours; and making or upgrading one."""

from __future__ import annotations

import secrets
from importlib.resources import as_file, files

from sqlalchemy import Connection, insert

from mpi.errors import IndexNotFound, IndexOutdated, IndexTooNew, IndexUnreachable
from mpi.store.database import Database, database_at
from mpi.store.schema import REVISIONS, index_state

SECRET_BYTES = 32
"""Of what keys the hashes of erased records."""


def open_index(url: str, *, create: bool, seed: int) -> Database:
    """The place of the index at a URL, made first if wanted; raises as `open_store`."""
    database = database_at(url)
    found = database.revision()
    if found is None:
        database.check_place()
        if not create:
            raise IndexNotFound("Run `mpi link` to make one.", **database.where)
        found = _make(database, seed)
    _check(found, database)
    return database


def upgrade(url: str) -> None:
    """Bring an existing index up to the schema of this version."""
    database = database_at(url)
    found = database.revision()
    if found is None:
        raise IndexNotFound("Run `mpi link` to make one.", **database.where)
    if found not in REVISIONS:
        _check(found, database)
    with database.sole_writer() as connection, connection.begin():
        migrate(connection)
    database.close()


def _check(found: str, database: Database) -> None:
    """Raise what stands in the way of using an index of a revision of the schema."""
    if found == REVISIONS[-1]:
        return
    if found in REVISIONS:
        raise IndexOutdated("Run `mpi upgrade`, or link again into a new one.", **database.where)
    if _is_later(found):
        said = "Use the version of this program that wrote it, or newer."
        raise IndexTooNew(said, **database.where)
    said = "No version of this program makes its kind of schema."
    raise IndexUnreachable(said, **database.where)


def _is_later(revision: str) -> bool:
    """Whether a revision that we do not know comes after ours, which are numbered."""
    return revision.isdecimal() and int(revision) > int(REVISIONS[-1])


def _make(database: Database, seed: int) -> str:
    """A new, empty index; whoever comes second finds the first one's."""
    with database.sole_writer() as connection:
        found = database.revision()
        if found is not None:
            return found
        database.lay_out(connection)
        with connection.begin():
            migrate(connection)
            connection.execute(insert(index_state).values(_nothing_yet(seed)))
    return REVISIONS[-1]


def _nothing_yet(seed: int) -> dict[str, object]:
    """The state of an index never linked."""
    return {
        "id": 1,
        "generation": 0,
        "sequence": 0,
        "seed": seed,
        "provisional": 1,
        "counts": "{}",
        "next_record_no": 0,
        "next_person_no": 0,
        "records": 0,
        "persons": 0,
        "last_at": "",
        "secret": secrets.token_bytes(SECRET_BYTES),
    }


def migrate(connection: Connection, *, to: str = REVISIONS[-1]) -> None:
    """Run the migrations up to a revision, in the caller's transaction."""
    # Alembic is slow to import, and an index is rarely made.
    from alembic import command
    from alembic.config import Config

    with as_file(files("mpi.store") / "migrations") as scripts:
        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)
