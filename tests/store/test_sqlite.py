"""What only a file can get wrong."""

import os
import sqlite3

import pytest

from mpi.errors import IndexNotFound, IndexUnreachable
from mpi.store.store import open_store, upgrade


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'mpi.db'}"


def test_a_relative_path_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///here.db", create=True).close()
    assert (tmp_path / "here.db").is_file()


def test_no_file_and_an_empty_file_hold_no_index(url, tmp_path):
    with pytest.raises(IndexNotFound):
        open_store(url)
    assert not (tmp_path / "mpi.db").exists()
    (tmp_path / "mpi.db").touch()
    with pytest.raises(IndexNotFound):
        open_store(url)
    with pytest.raises(IndexNotFound):
        upgrade(url)
    assert open_store(url, create=True).state().sequence == 0


@pytest.mark.parametrize("create", [False, True])
@pytest.mark.parametrize("content", [b"garbage, and long enough to have a header" * 50, b"x"])
def test_a_file_that_is_no_database_is_unreachable_and_stays_as_it_was(
    url, tmp_path, content, create
):
    (tmp_path / "mpi.db").write_bytes(content)
    with pytest.raises(IndexUnreachable):
        open_store(url, create=create)
    assert (tmp_path / "mpi.db").read_bytes() == content


@pytest.mark.parametrize("create", [False, True])
def test_a_database_of_something_else_is_unreachable(url, tmp_path, create):
    with sqlite3.connect(tmp_path / "mpi.db") as connection:
        connection.execute("CREATE TABLE holiday (day text)")
    connection.close()
    with pytest.raises(IndexUnreachable, match="not an index"):
        open_store(url, create=create)


def test_a_directory_is_unreachable(tmp_path):
    with pytest.raises(IndexUnreachable, match="not a file"):
        open_store(f"sqlite:///{tmp_path}", create=True)


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(IndexUnreachable, match="folder does not exist"):
        open_store(f"sqlite:///{tmp_path}/nowhere/mpi.db", create=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_unreachable(linked, url, tmp_path):
    linked.close()
    (tmp_path / "mpi.db").chmod(0)
    with pytest.raises(IndexUnreachable):
        open_store(url)


def test_damage_within_the_file_is_unreachable_not_a_driver_error(linked, url, tmp_path):
    linked.close()
    path = tmp_path / "mpi.db"
    path.write_bytes(path.read_bytes()[:8192])
    with pytest.raises(IndexUnreachable):
        open_store(url).state()


def test_a_writer_leaves_nothing_but_the_index_and_its_lock(linked, tmp_path):
    linked.close()
    assert {path.name for path in tmp_path.iterdir()} == {"mpi.db", "mpi.db-lock"}
