import re
import sqlite3
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

import mpi.store
from mpi.store import queries, schema
from mpi.store.sqlite import Prepared


def definitions(path):
    """The text of every table and index of a file, but for Alembic's own."""
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ).fetchall()
    connection.close()
    return {n: re.sub(r"\s+", " ", sql) for n, sql in rows if n != "alembic_version"}


def test_the_migrations_make_the_schema_that_the_code_declares(store, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    schema.metadata.create_all(engine)
    engine.dispose()
    assert definitions(tmp_path / "mpi.db") == definitions(tmp_path / "declared.db")


def test_the_revisions_are_those_of_the_migrations():
    config = Config()
    config.set_main_option("script_location", str(Path(mpi.store.__path__[0]) / "migrations"))
    found = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == schema.REVISIONS


LOOKUPS = [
    (slot, name)
    for slot, of in queries.queries.items()
    for name in of.__dataclass_fields__
    if isinstance(getattr(of, name), Prepared)
]


@pytest.mark.parametrize(("slot", "name"), LOOKUPS)
def test_a_lookup_scans_no_table(linked, tmp_path, slot, name):
    connection = sqlite3.connect(tmp_path / "mpi.db")
    text = getattr(queries.queries[slot], name).text
    asked = [1] * text.count("?")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", asked)]
    connection.close()
    assert plan
    assert not [step for step in plan if step.startswith("SCAN")]
