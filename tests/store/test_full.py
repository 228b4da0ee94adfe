"""A disk that is full while an index is written: a clear error, and the index is as it was."""

from __future__ import annotations

from contextlib import closing, contextmanager

import psycopg
import pytest
from sqlalchemy import Engine, event, inspect

from mpi.errors import DiskFull
from mpi.store.database import database_at
from mpi.store.schema import generation_of
from mpi.store.store import open_store

ALL = ("nomis/1", "nomis/2", "pds/1", "pds/2")
FULL = """
CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tg_tag = 'CREATE INDEX' AND current_schema() = '{schema}' THEN
    RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{state}';
  END IF;
END $$;
CREATE EVENT TRIGGER full_disk ON ddl_command_end EXECUTE FUNCTION full_disk();
"""
EMPTY = "DROP EVENT TRIGGER full_disk; DROP FUNCTION full_disk();"


@contextmanager
def full_file(url, state):
    """No page more than the file has by now, and none of them free."""
    with closing(open_store(url)) as store, store.sole_writer() as writer:
        assert writer.scrub()

    def limit(driver, _):
        [(pages,)] = driver.execute("PRAGMA page_count").fetchall()
        driver.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


@contextmanager
def full_server(url, state):
    """The server says that its disk is full, when it makes an index."""
    with psycopg.connect(url.partition("&")[0], autocommit=True) as admin:
        admin.execute(FULL.format(schema=url.rpartition("=")[2], state=state))
        try:
            yield
        finally:
            admin.execute(EMPTY)


@pytest.mark.parametrize("state", ["53100", "53400"])
def test_a_full_disk_stops_a_link_and_leaves_the_index_as_it_was(linked, link, url, state):
    place = full_file if url.startswith("sqlite") else full_server
    before = seen(linked)
    with place(url, state), closing(open_store(url)) as store:
        with pytest.raises(DiskFull, match="as it was") as caught:
            link(store, {"p-all": ALL})
        assert caught.value.where
        assert seen(linked) == before
    assert link(linked, {"p-all": ALL}) == 2
    assert generations(url) == before_and_now(linked)


def seen(store):
    with store.reading() as view:
        return view.state, view.previous_membership(), view.events()


def generations(url):
    """The generations that have tables."""
    with database_at(url).sole_writer() as connection:
        names = inspect(connection).get_table_names()
    return {number for name in names if (number := generation_of(name)) is not None}


def before_and_now(store):
    """What a link leaves: the live generation and the one before it."""
    with store.reading() as view:
        live = view.near.standing().generation
    return {live - 1, live}
