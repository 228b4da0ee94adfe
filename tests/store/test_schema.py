import re
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

import mpi.store
from mpi.store import queries, review_schema, schema
from mpi.store.database import database_at

SQLITE = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, l.collname
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
      AND NOT a.attisdropped
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY 1, 2
"""
INDEXES = """
    SELECT indexname, regexp_replace(indexdef, 'ON [^ .]+[.]', 'ON ')
    FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1
"""


def definitions(connection):
    """Every table and index but Alembic's own, in the words of the database."""
    sqlite = connection.dialect.name == "sqlite"
    with connection.begin():
        asked = (SQLITE,) if sqlite else (COLUMNS, INDEXES)
        rows = [tuple(row) for each in asked for row in connection.execute(text(each))]
    tidied = [tuple(re.sub(r'\s+|"', " ", str(part)).split() for part in row) for row in rows]
    return [row for row in tidied if "alembic_version" not in row[0][0]]


def test_the_migrations_make_the_schema_that_the_code_declares(store, url, new_url):
    with database_at(url).sole_writer() as connection:
        made = definitions(connection)
    database = database_at(new_url())
    with database.sole_writer() as connection:
        database.lay_out(connection)
        with connection.begin():
            review_schema.metadata.create_all(connection)
            schema.generation(0).record.metadata.create_all(connection)
        assert made == definitions(connection)
    assert len(made) > len(schema.TABLES)


def test_tables_that_a_link_made_are_those_of_the_schema(linked, url):
    with database_at(url).sole_writer() as connection:
        by_link = [row for row in definitions(connection) if row[0][0].endswith("_1")]
        with connection.begin():
            schema.generation(1).record.metadata.drop_all(connection)
            schema.generation(1).record.metadata.create_all(connection)
        assert by_link == [row for row in definitions(connection) if row[0][0].endswith("_1")]
    assert len(by_link) >= len(schema.TABLES)


def test_the_revisions_are_those_of_the_migrations():
    config = Config()
    config.set_main_option("script_location", str(Path(mpi.store.__path__[0]) / "migrations"))
    found = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == schema.REVISIONS
    assert sorted(map(int, schema.REVISIONS)) == list(map(int, schema.REVISIONS))


LOOKUPS = [field for field, kind in queries.Queries.__annotations__.items() if kind == "Prepared"]


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_lookup_scans_no_table(linked, url, name):
    database = database_at(url)
    statement = getattr(queries.queries_of(1, database.prepare), name)
    with database.reading() as moment:
        driver = moment.connection.connection.driver_connection
        if moment.connection.dialect.name == "sqlite":
            asked = [1] * statement.text.count("?")
            plan = driver.execute(f"EXPLAIN QUERY PLAN {statement.text}", asked).fetchall()
        else:
            driver.execute("SET LOCAL enable_seqscan = off")
            asked = dict.fromkeys(re.findall(r"%\((\w+)\)s", statement.text), "1")
            plan = driver.execute(f"EXPLAIN {statement.text}", asked).fetchall()
    steps = [str(row[-1]).strip() for row in plan]
    assert steps
    scans = [step for step in steps if step.startswith("SCAN") or "Seq Scan" in step]
    # the pointer has one row
    assert not [step for step in scans if "index_state" not in step]
