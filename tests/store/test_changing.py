"""Changing an index in place: one transaction, beside others or alone."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import insert, select, update

from mpi.errors import IndexBusy, IndexUnreachable
from mpi.store import postgres_locks, sqlite
from mpi.store.database import database_at
from mpi.store.rows import Event
from mpi.store.schema import index_state, loading, tombstone
from mpi.store.store import open_store

LATER = Event(kind="link", at="2026-02-01T00:00:00Z")
TOGETHER = {"p-all": ("nomis/1", "nomis/2", "pds/1", "pds/2")}
SOON = 0.3


@pytest.fixture
def database(linked, url):
    """The place of a linked index, as another process would open it."""
    with closing(database_at(url)) as opened:
        yield opened


@pytest.fixture
def impatient(monkeypatch):
    """Changes wait for others for a moment only."""
    monkeypatch.setattr(sqlite, "CHANGE_WAIT_SECONDS", 0.1)
    monkeypatch.setattr(postgres_locks, "CHANGE_WAIT_SECONDS", 0.1)
    monkeypatch.setattr(postgres_locks, "SWITCH_WAIT", "100ms")


def bury(connection, key, sequence=5):
    row = {"source": "pds", "source_id": key, "version_key": "1", "kind": "deleted"}
    connection.execute(insert(tombstone).values(**row, sequence=sequence))


def buried(database):
    with database.reading() as moment:
        return sorted(moment.connection.scalars(select(tombstone.c.source_id)))


def test_a_change_is_there_for_others_once_it_is_through(database, linked):
    with database.changing() as connection:
        bury(connection, "9")
        assert buried(database) == []
    assert buried(database) == ["9"]
    with linked.reading() as view:
        assert view.rulings().gone["pds"]["9"].version_key == "1"


def test_a_change_that_fails_changes_nothing_and_leaves_a_connection_to_use(database):
    class Fails(Exception):
        pass

    def change(error):
        with database.changing() as connection:
            bury(connection, "9")
            raise error

    for _ in range(3):
        with pytest.raises(Fails):
            change(Fails)
    with pytest.raises(IndexUnreachable), database.changing() as connection:
        connection.exec_driver_sql("SELEC")
    assert buried(database) == []
    with database.changing() as connection:
        bury(connection, "9")
    assert buried(database) == ["9"]


def test_what_a_change_waited_for_it_sees(database):
    """Each adds one to what it reads under the name it holds: none may be lost."""
    name = 2**63 - 1

    def add():
        with database.changing() as connection:
            assert database.hold(connection, [name, -name])
            seen = connection.scalar(select(index_state.c.records))
            connection.execute(update(index_state).values(records=seen + 1))

    with ThreadPoolExecutor(6) as pool:
        for each in [pool.submit(add) for _ in range(30)]:
            each.result()
    with database.reading() as moment:
        assert moment.connection.scalar(select(index_state.c.records)) == 4 + 30


def test_threads_with_many_names_in_common_never_wait_in_a_circle(database):
    names = list(range(-20, 20))

    def hold(shift):
        for at in range(10):
            with database.changing() as connection:
                mixed = names[shift:] + names[:shift]
                database.hold(connection, mixed[at:])

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(hold, n * 9) for n in range(4)]
        assert [each.result() for each in waiting] == [None] * 4


def test_whoever_waits_too_long_is_told_that_the_index_is_busy(impatient, database, url):
    with closing(database_at(url)) as other, database.changing() as connection:
        database.hold(connection, [7])

        def change():
            with other.changing() as second:
                other.hold(second, [7])

        with pytest.raises(IndexBusy, match="ask again"):
            change()
        with pytest.raises(IndexBusy):
            change()


def test_a_change_that_goes_on_alone_has_undone_what_it_did(database):
    with database.changing() as connection:
        database.hold_everything(connection)
        bury(connection, "9")
    assert buried(database) == ["9"]


def test_a_link_goes_on_beside_changes_and_is_refused_if_there_was_one(linked, url, snapshot_of):
    """Until what came in meanwhile is taken along, a link must not lose it."""
    before = linked.state()

    def change(table, rows):
        if table == "identifier":
            with closing(database_at(url)) as database, database.changing() as connection:
                bury(connection, "9")
                connection.execute(update(index_state).values(sequence=2))

    with pytest.raises(IndexBusy, match="link again"):
        linked.replace(snapshot_of(TOGETHER), LATER, on_table=change)
    after = linked.state()
    assert (after.generation, after.sequence) == (before.generation, 2)
    assert linked.replace(snapshot_of(TOGETHER), LATER) == 3


def test_a_link_says_what_it_makes_until_it_is_there(linked, url, snapshot_of):
    seen = []

    def look(table, rows):
        if table == "link":
            with closing(database_at(url)) as database, database.reading() as moment:
                seen.extend(tuple(row) for row in moment.connection.execute(select(loading)))

    linked.replace(snapshot_of(TOGETHER, release="r2"), LATER, on_table=look)
    assert seen == [(1, 2, 1, "r2")]
    with closing(database_at(url)) as database, database.reading() as moment:
        assert moment.connection.execute(select(loading)).all() == []


def test_a_snapshot_of_an_earlier_moment_is_refused(linked, snapshot_of):
    with linked.sole_writer() as writer, pytest.raises(IndexBusy, match="link again"):
        writer.replace(snapshot_of(TOGETHER), LATER, since=0)
    assert linked.state().sequence == 1


class TestPostgreSQL:
    """Several changes at a time, stepped by hand."""

    @pytest.fixture
    def new_url(self, postgres):
        names = iter(range(100))
        return lambda: f"{postgres}&schema=changing_{id(self)}_{next(names)}"

    def test_changes_that_hold_different_names_run_at_a_time(self, database):
        with database.changing() as one, database.changing() as other:
            assert database.hold(one, [1, 2], waiting=False)
            assert database.hold(other, [3], waiting=False)
            assert not database.hold(other, [2, 4], waiting=False)
            assert database.hold(one, [1, 2], waiting=False)

    def test_a_change_alone_waits_for_others_and_keeps_them_out(self, impatient, database):
        with database.changing() as one:
            bury(one, "1")
            with pytest.raises(IndexBusy), database.changing() as other:
                database.hold_everything(other)
        with database.changing() as alone:
            bury(alone, "2")
            database.hold_everything(alone)
            with pytest.raises(IndexBusy), database.changing():
                pass
        assert buried(database) == ["1"]

    def test_the_switch_waits_for_changes_that_run(self, linked, database, url, snapshot_of):
        done = []

        def link():
            with closing(open_store(url)) as store:
                done.append(store.replace(snapshot_of(TOGETHER), LATER))

        with database.changing() as connection:
            bury(connection, "9")
            thread = threading.Thread(target=link)
            thread.start()
            time.sleep(SOON)
            assert done == []
        thread.join()
        assert done == [2]
        assert buried(database) == ["9"]

    def test_a_server_that_has_been_away_is_found_again(self, database, postgres):
        import psycopg

        with database.changing():
            pass
        with psycopg.connect(postgres, autocommit=True) as admin:
            ended = (
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'mpi' AND pid <> pg_backend_pid()"
            )
            assert admin.execute(ended).fetchall()
        with database.changing() as connection:
            bury(connection, "9")
        assert buried(database) == ["9"]

    def test_of_two_that_wait_for_each_other_one_goes_on(self, database):
        meet = threading.Barrier(2, timeout=10)

        def hold(first, then):
            with database.changing() as connection:
                database.hold(connection, [first])
                meet.wait()
                database.hold(connection, [then])

        with ThreadPoolExecutor(2) as pool:
            waiting = [pool.submit(hold, *names) for names in ((1, 2), (2, 1))]
            ends = [each.exception() for each in waiting]
        assert sorted(type(end).__name__ for end in ends) == ["IndexBusy", "NoneType"]
