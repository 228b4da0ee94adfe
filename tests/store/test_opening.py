import pytest
from sqlalchemy import text

from mpi.errors import IndexNotFound, IndexOutdated, IndexTooNew, IndexUnreachable
from mpi.store import opening, schema
from mpi.store.database import database_at
from mpi.store.store import open_store, upgrade


def stamp(url, revision):
    statement = text("UPDATE alembic_version SET version_num = :revision")
    with database_at(url).sole_writer() as connection, connection.begin():
        connection.execute(statement, {"revision": revision})


def test_a_new_index_is_empty_and_remembers_its_seed(store):
    state = store.state()
    assert (state.sequence, state.seed, state.release, state.counts) == (0, 7, None, {})
    with store.reading() as view:
        assert view.persons_holding("nhs-number", "9990000011") == ()
        assert view.previous_membership().num_rows == 0


def test_opening_again_keeps_what_is_there_and_the_first_seed(linked, url):
    assert open_store(url, create=True, seed=99).state() == linked.state()
    assert open_store(url).state().seed == 7


def test_where_nothing_is_there_is_no_index(url):
    for opened in (open_store, upgrade):
        with pytest.raises(IndexNotFound):
            opened(url)
    assert open_store(url, create=True).state().sequence == 0


@pytest.mark.parametrize(
    "address", ["", "mpi.db", "sqlite://", "sqlite:///:memory:", "mysql://x/y"]
)
def test_an_address_that_names_no_place_is_unreachable(address):
    with pytest.raises(IndexUnreachable, match=r"sqlite:///mpi\.db"):
        open_store(address, create=True)


def test_a_revision_from_the_future_is_too_new(store, url):
    stamp(url, "9999")
    with pytest.raises(IndexTooNew):
        open_store(url)
    with pytest.raises(IndexTooNew):
        upgrade(url)


@pytest.mark.parametrize("revision", ["0000", "r0001", "a1b2c3d4e5f6", ""])
def test_a_revision_that_is_none_of_ours_is_not_called_newer(store, url, revision):
    stamp(url, revision)
    for opened in (open_store, upgrade):
        with pytest.raises(IndexUnreachable, match="No version of this program"):
            opened(url)


def test_an_older_revision_is_outdated_and_says_what_to_run(store, url, monkeypatch):
    monkeypatch.setattr(opening, "REVISIONS", (*schema.REVISIONS, "9999"))
    with pytest.raises(IndexOutdated, match="mpi upgrade"):
        open_store(url)


def test_upgrading_an_index_at_head_changes_nothing(linked, url):
    before = linked.state()
    upgrade(url)
    assert open_store(url).state() == before
