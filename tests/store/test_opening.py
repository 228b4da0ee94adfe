import os
import sqlite3

import pytest

from mpi.errors import IndexNotFound, IndexOutdated, IndexTooNew, IndexUnreachable
from mpi.store import opening, schema
from mpi.store.store import open_store, upgrade


def stamp(path, revision):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


def test_a_new_index_is_empty_and_remembers_its_seed(store):
    state = store.state()
    assert (state.sequence, state.seed, state.release, state.counts) == (0, 7, None, {})
    with store.reading() as view:
        assert view.persons_holding("nhs-number", "9990000011") == ()
        assert view.previous_membership().num_rows == 0


def test_opening_again_keeps_what_is_there_and_the_first_seed(linked, url):
    assert open_store(url, create=True, seed=99).state() == linked.state()
    assert open_store(url).state().seed == 7


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
    with pytest.raises(IndexUnreachable, match="no such directory"):
        open_store(f"sqlite:///{tmp_path}/nowhere/mpi.db", create=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_without_permission_is_unreachable(linked, url, tmp_path):
    linked.close()
    (tmp_path / "mpi.db").chmod(0)
    with pytest.raises(IndexUnreachable):
        open_store(url)


@pytest.mark.parametrize(
    "address", ["", "mpi.db", "sqlite://", "sqlite:///:memory:", "mysql://x/y"]
)
def test_an_address_that_names_no_file_is_unreachable(address):
    with pytest.raises(IndexUnreachable, match=r"sqlite:///mpi\.db"):
        open_store(address, create=True)


def test_a_revision_from_the_future_is_too_new(store, url, tmp_path):
    stamp(tmp_path / "mpi.db", "9999")
    with pytest.raises(IndexTooNew):
        open_store(url)
    with pytest.raises(IndexTooNew):
        upgrade(url)


def test_an_older_revision_is_outdated_and_says_what_to_run(store, url, monkeypatch):
    monkeypatch.setattr(opening, "REVISIONS", (*schema.REVISIONS, "next"))
    with pytest.raises(IndexOutdated, match="mpi upgrade"):
        open_store(url)


def test_upgrading_an_index_at_head_changes_nothing(linked, url):
    before = linked.state()
    upgrade(url)
    assert open_store(url).state() == before


def test_damage_within_the_file_is_unreachable_not_a_driver_error(linked, url, tmp_path):
    linked.close()
    path = tmp_path / "mpi.db"
    path.write_bytes(path.read_bytes()[:8192])
    with pytest.raises(IndexUnreachable):
        open_store(url).state()
