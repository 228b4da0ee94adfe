"""Each link makes tables of its own, and drops those that nobody looks at any more."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import inspect

from mpi.store.database import database_at
from mpi.store.rows import Event
from mpi.store.schema import generation_of
from mpi.store.store import open_store

APART = {"p-one": ("nomis/1", "pds/1"), "p-two": ("nomis/2", "pds/2")}
TOGETHER = {"p-all": ("nomis/1", "nomis/2", "pds/1", "pds/2")}
LATER = Event(kind="link", at="2026-02-01T00:00:00Z")


def generations(url):
    """The numbers of the generations of which there are tables."""
    with database_at(url).sole_writer() as connection, connection.begin():
        names = inspect(connection).get_table_names()
    return {generation_of(name) for name in names} - {None}


def test_a_new_index_has_an_empty_generation(store, url):
    assert generations(url) == {0}


def test_a_link_leaves_what_was_live_to_the_next_link(store, url, link):
    seen = []
    for _ in range(3):
        link(store)
        seen.append(generations(url))
    assert seen == [{0, 1}, {1, 2}, {2, 3}]
    assert store.state().generation == 3


def test_a_failed_link_leaves_nothing_and_the_next_one_is_made_anew(linked, url, snapshot_of, link):
    class Fails(Exception):
        pass

    def fail(table, rows):
        if table == "link":
            raise Fails

    with pytest.raises(Fails):
        linked.replace(snapshot_of(TOGETHER), LATER, on_table=fail)
    assert generations(url) == {1}
    assert linked.state().generation == 1
    link(linked, TOGETHER)
    assert generations(url) == {1, 2}
    assert linked.state().generation == 2


def test_a_view_keeps_all_its_tables_however_many_links_come_after(linked, url, link):
    with linked.reading() as view:
        for _ in range(3):
            link(linked, TOGETHER)
        assert view.person_of("p-one").members
        assert view.links_among([1, 2, 3, 4])
        assert next(view.export_links()).num_rows == 2
        assert [record.payload for record in view.records([1])] == [b"payload of nomis/1"]
    link(linked, TOGETHER)
    assert generations(url) == {4, 5}


def test_views_in_many_threads_see_one_link_or_another_and_never_a_mixture(linked, url, link):
    """What each view should say follows from its sequence alone."""
    stop, wrong, seen = threading.Event(), [], set()

    def look():
        with closing(open_store(url)) as store:
            while not stop.is_set():
                with store.reading() as view:
                    seen.add(view.sequence)
                    expected = APART if view.sequence % 2 else TOGETHER
                    if answers(view) != expected:
                        wrong.append(view.sequence)

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look) for _ in range(3)]
        try:
            for at in range(2, 14):
                link(linked, APART if at % 2 else TOGETHER)
        finally:
            stop.set()
        assert [each.result() for each in looking] == [None] * 3
    assert wrong == []
    assert len(seen) > 3


def answers(view):
    """Persons and their records, by four ways that must agree."""
    assert len(view.events()) == view.state.sequence == view.sequence
    holding = [view.persons_holding("nhs-number", f"999000001{digit}") for digit in "12"]
    found = {
        person.person_id: tuple("/".join(member.key) for member in person.members)
        for persons in holding
        for person in persons
    }
    by_record = {name: person for person, names in found.items() for name in names}
    for table in (view.previous_membership(), view.membership_as_of(view.sequence)):
        rows = table.to_pylist()
        assert by_record == {f"{r['source']}/{r['source_id']}": r["person_id"] for r in rows}
    return found


def test_an_index_that_is_removed_is_not_there(linked, url):
    with linked.sole_writer():
        linked.remove()
    assert database_at(url).revision() is None
    assert open_store(url, create=True, seed=3).state().sequence == 0
