"""Keys of versions in their old form are made anew, so that greater versions are not lost."""

from contextlib import closing

import pytest

from mpi.sources.versions import version_key
from mpi.store import opening
from mpi.store.database import database_at
from mpi.store.store import upgrade

LONG = "2" * 21
HASH = "#2afb9b83f9314e5d029766197f539792"
OLD = {
    "12.5": version_key("12.5"),
    LONG: version_key(LONG),
    "20260101T083000": "2026-01-01T08:30:00",
    "v2": "v2",
    f"20260101T083000{HASH}": f"2026-01-01T08:30:00{HASH}",
    f"2026-01-01T08:30:00{HASH}": f"2026-01-01T08:30:00{HASH}",
    f"12{HASH}": f"12{HASH}",
    "": "",
    version_key("42"): version_key("42"),
    version_key("-42"): version_key("-42"),
    version_key("12.5"): version_key("12.5"),
    version_key("-" + LONG): version_key("-" + LONG),
}
"""Keys as they were, and as they are to be."""
TOLD = {("1" * 21, "1" * 21): version_key("1" * 21), ("42", version_key("42")): version_key("42")}
"""The same with the version that is kept: a long number may look like the key of another."""


@pytest.fixture
def outdated(url):
    """The URL of an index of revision 0007 with keys in the old form, live in generation 0."""
    rows = [*((("", was), made) for was, made in OLD.items()), *TOLD.items()]
    database = database_at(url)
    with database.sole_writer() as connection:
        database.lay_out(connection)
        with connection.begin():
            opening.migrate(connection, to="0007")
            connection.exec_driver_sql("DELETE FROM index_state")
            empty = "x''" if connection.dialect.name == "sqlite" else "''::bytea"
            connection.exec_driver_sql(
                "INSERT INTO index_state (id, generation, sequence, seed, provisional, counts,"
                " next_record_no, next_person_no, records, persons, last_at, secret)"
                f" VALUES (1, 0, 1, 77, 0, '{{}}', 0, 0, 0, 0, '', {empty})"
            )
            for n, ((version, was), _) in enumerate(rows):
                key = f"'nomis', '{n:02}'"
                for statement in (
                    f"INSERT INTO tombstone VALUES ({key}, '{was}', 'deleted', 1)",
                    "INSERT INTO inbox (sequence, source, source_id, version, version_key, action)"
                    f" VALUES ({n}, {key}, '{version}', '{was}', 'put')",
                    "INSERT INTO record_0 (record_no, source, source_id, version, version_key,"
                    f" person_no, changed) VALUES ({n}, {key}, '{version}', '{was}', 1, 0)",
                ):
                    connection.exec_driver_sql(statement)
    database.close()
    return url


def keys(url, table):
    statement = f"SELECT version_key FROM {table} ORDER BY source_id"
    with closing(database_at(url)) as database, database.reading() as moment:
        return [row[0] for row in moment.connection.exec_driver_sql(statement)]


@pytest.mark.parametrize("table", ["record_0", "inbox", "tombstone"])
def test_keys_are_made_anew(outdated, table):
    upgrade(outdated)
    told = list(TOLD.values())
    if table == "tombstone":
        # which keeps no version, so that what looks like a key is one
        told = [was for _, was in TOLD]
    assert keys(outdated, table) == [*OLD.values(), *told]
