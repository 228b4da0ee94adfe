"""What only a server can get wrong."""

import subprocess
import sys
import traceback
from contextlib import closing
from itertools import count

import psycopg
import pytest
from sqlalchemy import text

from mpi.errors import IndexUnreachable
from mpi.records import RecordKey
from mpi.store.database import database_at, shown
from mpi.store.rows import Event
from mpi.store.store import open_store
from tests.postgres import NoServer, serving_tests
from tests.store.conftest import replace

SECRET = "hunter2"
LATER = Event("link", "2026-02-01T00:00:00Z")
APART = {"p-one": ("nomis/1", "pds/1"), "p-two": ("nomis/2", "pds/2")}
_names = count()


@pytest.fixture
def new_url(postgres):
    return lambda: f"{postgres}&schema=only_{next(_names)}"


@pytest.fixture
def admin(postgres):
    """A session of the superuser, outside any transaction."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        yield connection


def schema_of(url):
    return url.rpartition("=")[2]


def told(error):
    """All that a log would show of an error."""
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize(
    ("address", "match"),
    [
        (f"postgresql://mpi:{SECRET}@127.0.0.1:1/db", "refused"),
        (f"postgresql://mpi:{SECRET}@127.0.0.1:1/db?password={SECRET}", "refused"),
        (f"postgresql://mpi:x@{SECRET}@127.0.0.1:1/db", "%40"),
        (f"postgresql://mpi:{SECRET}/db", "should look like"),
        (f"postgresql://mpi:{SECRET}@127.0.0.1:1/db?schema=No-{SECRET}", "name of its schema"),
    ],
)
def test_an_address_that_leads_nowhere_is_unreachable_and_keeps_its_password(address, match):
    with pytest.raises(IndexUnreachable, match=match) as caught:
        open_store(address)
    assert SECRET not in told(caught.value)


def test_a_database_that_is_not_there_is_named_without_the_password(postgres):
    address = postgres.replace("postgres@/postgres", f"postgres:{SECRET}@/nowhere")
    with pytest.raises(IndexUnreachable, match='"nowhere" does not exist') as caught:
        open_store(address, create=True)
    assert SECRET not in told(caught.value)
    assert caught.value.where == {"index": shown(address)}


def test_a_missing_driver_says_what_to_install():
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from mpi.store.store import open_store\n"
        "open_store('postgresql://mpi@127.0.0.1:1/db')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "IndexUnreachable" in done.stderr
    assert "pip install 'master-person-index[postgres]'" in done.stderr


def test_a_value_that_the_server_refuses_is_not_shown(linked, snapshot_of):
    twice = snapshot_of({"p-one": ("nomis/1",), "p-two": ("pds/1",)})
    at = twice.records[0].schema.get_field_index("source_id")
    rows = twice.records[0].set_column(at, "source_id", [["A1234BC"] * 2])
    at = rows.schema.get_field_index("source")
    rows = rows.set_column(at, "source", [["nomis"] * 2])
    twice.records[:] = [rows]
    with pytest.raises(IndexUnreachable, match="UniqueViolation") as caught:
        linked.replace(twice, LATER)
    assert "A1234BC" not in told(caught.value)
    assert linked.state().sequence == 1


@pytest.mark.parametrize("create", [False, True])
def test_a_schema_of_something_else_is_unreachable(url, admin, create):
    admin.execute(f"CREATE SCHEMA {schema_of(url)}")
    admin.execute(f"CREATE VIEW {schema_of(url)}.holiday AS SELECT 1 AS day")
    with pytest.raises(IndexUnreachable, match="something else"):
        open_store(url, create=create)


@pytest.mark.parametrize("create", [False, True])
def test_a_database_that_does_not_keep_unicode_is_refused_before_any_work(postgres, admin, create):
    name = f"latin_{next(_names)}"
    admin.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(IndexUnreachable, match="not UTF8"):
        open_store(postgres.replace("/postgres?", f"/{name}?"), create=create)


@pytest.mark.parametrize("create", [False, True])
def test_a_user_who_may_not_make_tables_is_refused_before_any_work(url, admin, create):
    role = f"reader_{next(_names)}"
    admin.execute(f"CREATE ROLE {role} LOGIN")
    address = url.replace("postgres@", f"{role}@")
    with pytest.raises(IndexUnreachable, match="may not make tables"):
        open_store(address, create=create)
    admin.execute(f"CREATE SCHEMA {schema_of(url)} AUTHORIZATION {role}")
    open_store(url.replace("postgres@", f"{role}@"), create=True).close()


def test_a_user_who_may_only_read_can_look_up_and_not_link(linked, url, admin):
    role, schema = f"reader_{next(_names)}", schema_of(url)
    admin.execute(f"CREATE ROLE {role} LOGIN")
    admin.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
    admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
    with closing(open_store(url.replace("postgres@", f"{role}@"))) as store:
        with store.reading() as view:
            assert view.person_with(RecordKey("pds", "2")).person_id == "p-two"
        with pytest.raises(IndexUnreachable, match="may not make tables"):
            replace(store)


def test_text_is_kept_in_the_order_of_its_bytes(linked, url):
    statement = text(
        "SELECT DISTINCT l.collname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " JOIN pg_collation l ON l.oid = a.attcollation WHERE c.relkind = 'r' AND a.attnum > 0"
        " AND c.relnamespace = current_schema()::regnamespace AND c.relname <> 'alembic_version'"
    )
    with database_at(url).reading() as moment:
        assert moment.connection.scalars(statement).all() == ["C"]


def test_a_server_that_has_been_away_is_found_again(linked, admin):
    with linked.reading(), linked.reading():
        pass
    ended = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'mpi' AND pid <> pg_backend_pid()"
    )
    assert len(admin.execute(ended).fetchall()) >= 2
    for _ in range(3):
        assert linked.state().sequence == 1


def test_a_view_that_failed_leaves_a_connection_that_others_can_use(linked):
    def fail(statement):
        with linked.reading() as view:
            view._connection.execute(text(statement))

    for statement in ("SELECT 1 / 0", "SELECT pg_terminate_backend(pg_backend_pid())", "SELEC"):
        with pytest.raises(IndexUnreachable):
            fail(statement)
        for _ in range(3):
            assert linked.state().sequence == 1


def test_a_writer_that_lost_its_session_writes_nothing(linked, snapshot_of, admin):
    ended = (
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        " AND mode = 'ExclusiveLock' AND granted"
    )

    def write_without_session():
        with linked.sole_writer() as writer:
            assert admin.execute(ended).fetchall() == [(True,)]
            replace(linked)
            writer.replace(snapshot_of({"p-all": ("pds/1",)}), LATER)

    with pytest.raises(IndexUnreachable):
        write_without_session()
    assert linked.state().sequence == 2
    with linked.reading() as view:
        assert view.person_of("p-all") is None


def test_a_query_of_an_analyst_holds_up_no_link(linked, url, admin):
    with admin.transaction():
        admin.execute(f"SELECT * FROM {schema_of(url)}.record_1")
        for expected in (2, 3, 4):
            assert replace(linked, APART) == expected
    found = admin.execute(f"SELECT count(*) FROM {schema_of(url)}.record_1").fetchone()
    assert found == (4,)
    replace(linked, APART)
    with pytest.raises(psycopg.errors.UndefinedTable):
        admin.execute(f"SELECT * FROM {schema_of(url)}.record_1")


def test_indexes_in_two_schemas_of_a_database_leave_each_other_alone(linked, new_url):
    with closing(open_store(new_url(), create=True)) as other, linked.sole_writer():
        assert replace(other, {"p-else": ("pds/1",)}) == 1
        with other.reading() as view, linked.reading() as ours:
            assert view.person_of("p-else") is not None
            assert ours.person_of("p-else") is None


@pytest.mark.parametrize(
    ("environ", "outcome"), [({"CI": "true"}, NoServer), ({}, pytest.skip.Exception)]
)
def test_without_a_server_tests_are_skipped_but_never_in_continuous_integration(
    monkeypatch, tmp_path, environ, outcome
):
    monkeypatch.delenv("CI", raising=False)
    for name, value in (environ | {"MPI_TEST_POSTGRES": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(outcome, match="no initdb"), serving_tests():
        pass
