"""A linked index to link into again, in a database of each kind."""

from __future__ import annotations

from itertools import count

import pytest
from sqlalchemy import inspect

from mpi.index.link import link
from mpi.store.database import database_at
from tests.index.linking import membership
from tests.index.small_index import Driven, empty_index
from tests.invented import LINKED
from tests.properties import small_world
from tests.properties.small_world import BIRTH_DATES, KEYS, PHONES, record

_databases = count()
_schemas = count()


@pytest.fixture(params=["sqlite", "postgres"])
def small_url(request, tmp_path):
    """The URL of an index of no records with the release of the small world."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'mpi.db'}"
    else:
        url = f"{request.getfixturevalue('postgres')}&schema=small_{next(_schemas)}"
    return empty_index(url, small_world.release())


@pytest.fixture
def four(small_url):
    """An index of four records, all of different persons."""
    made = Driven(small_url)
    for key, phone in zip(KEYS[:4], PHONES, strict=True):
        made.index.put(record(key, (phone,), (BIRTH_DATES[0], "F")))
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres_database(postgres):
    """Makes a database by name, a copy of another if wanted; returns the URL of its index."""
    import psycopg

    def make(name, template="template1"):
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return postgres.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture(scope="session")
def postgres_index(invented, postgres_database):
    """The URL of an index made as `invented.index` is; nothing may write to it."""
    url = postgres_database("linked")
    link(invented.feeds, invented.brief_model, url, options=LINKED)
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request, invented, tmp_path):
    """A copy of the linked index."""
    if request.param == "sqlite":
        return invented.copy_of_index(tmp_path / "mpi.db")
    request.getfixturevalue("postgres_index")
    database = request.getfixturevalue("postgres_database")
    return database(f"copy_{next(_databases)}", template="linked")


@pytest.fixture
def unchanged(url):
    """Checks that what happens in the test leaves every byte and every answer."""
    before, members = content(url), membership(url)
    yield
    assert membership(url) == members
    assert content(url) == before


def content(url):
    """All that an index holds: the bytes of its file, or the rows of its tables."""
    database = database_at(url)
    if database.file is not None:
        return database.file.read_bytes()
    with database.sole_writer() as connection, connection.begin():
        return {
            name: connection.exec_driver_sql(f"SELECT t::text FROM {name} t ORDER BY 1").all()
            for name in inspect(connection).get_table_names()
        }


@pytest.fixture
def feeds(invented, tmp_path):
    """A folder of copies of feeds of some sources."""
    return lambda *names: invented.copy_of_feeds(tmp_path / "feeds", *names)
