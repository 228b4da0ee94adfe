import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from mpi.errors import IndexBusy
from mpi.store.rows import Event
from mpi.store.store import open_store

LATER = Event(kind="link", at="2026-02-01T00:00:00Z")
ALL = ("nomis/1", "nomis/2", "pds/1", "pds/2")
CONFTEST = str(Path(__file__).with_name("conftest.py"))

DIE = """
import os, runpy, signal, sys
from mpi.store.store import open_store
world = runpy.run_path(sys.argv[1])
store = open_store(sys.argv[2])
def die_after(table, rows):
    if table == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
given = world["snapshot"]({"p-all": world["RECORD_NAMES"]}, release="r2")
store.replace(given, world["LINKED"], on_table=die_after)
"""
HOLD = """
import sys
from mpi.store.store import open_store
with open_store(sys.argv[1]).sole_writer():
    print("holding", flush=True)
    sys.stdin.read()
"""
READ = """
import sys
from mpi.store.store import open_store
with open_store(sys.argv[1]).reading() as view:
    found = view.persons_holding("noms-number", "A1234BC")
    print(view.state.sequence, *(person.person_id for person in found))
"""


def python(script, *arguments):
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def seen(store):
    with store.reading() as view:
        return view.state, view.previous_membership(), view.person_of("p-one"), view.events()


@pytest.mark.parametrize("table", ["record", "blocking_key", "history"])
def test_a_link_killed_midway_leaves_the_index_as_it_was(linked, link, url, table):
    before = seen(linked)
    assert python(DIE, CONFTEST, url, table).returncode == -signal.SIGKILL
    assert seen(linked) == before
    assert seen(open_store(url)) == before
    assert link(linked, {"p-one": ALL}) == 2
    with linked.reading() as view:
        assert len(view.person_of("p-one").members) == 4
        assert view.state.counts["record"] == 4


def test_a_first_link_killed_midway_leaves_an_empty_index(store, link, url):
    assert python(DIE, CONFTEST, url, "person").returncode == -signal.SIGKILL
    assert store.state().sequence == 0
    with store.reading() as view:
        assert view.previous_membership().num_rows == 0
    assert link(store) == 1


def test_a_link_that_fails_leaves_the_index_as_it_was(linked, link, snapshot_of):
    before = seen(linked)
    given = snapshot_of({"p-all": ALL})

    def broken():
        yield from given.records
        raise OSError("the disk of the feed is gone")

    with pytest.raises(OSError, match="feed is gone"):
        linked.replace(replace(given, records=broken()), LATER)
    assert seen(linked) == before
    assert link(linked) == 2


def test_persons_that_do_not_account_for_the_records_are_refused(linked, snapshot_of):
    before = seen(linked)
    given = snapshot_of({"p-one": ("nomis/1",)})
    with pytest.raises(ValueError, match="account for"):
        linked.replace(replace(given, persons=snapshot_of().persons), LATER)
    assert seen(linked) == before


def test_readers_in_threads_and_processes_see_the_old_index_while_a_link_loads(
    linked, snapshot_of, url
):
    looks = []

    def look():
        looks.append(seen(linked)[0].sequence)

    def midway(table, rows):
        if table == "confidence":
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
            looks.append(python(READ, url).stdout.split())

    linked.replace(snapshot_of({"p-all": ALL}), LATER, on_table=midway)
    assert looks == [1, ["1", "p-one"]]
    assert python(READ, url).stdout.split() == ["2", "p-all"]


def test_a_view_keeps_its_moment_when_the_index_is_replaced_twice(linked, link):
    with linked.reading() as view:
        before = view.previous_membership()
        link(linked, {"p-all": ALL})
        link(linked, {"p-some": ("pds/1",)})
        assert view.previous_membership() == before
        assert view.state.sequence == 1
        assert view.person_of("p-one") is not None
    assert linked.state().sequence == 3


def test_only_one_store_may_write(linked, link, url):
    with linked.sole_writer(), pytest.raises(IndexBusy):
        link(open_store(url))
    assert link(open_store(url)) == 2


def test_another_process_that_writes_keeps_us_out_until_it_dies(linked, link, url):
    command = [sys.executable, "-c", HOLD, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"holding\n"
        with pytest.raises(IndexBusy):
            link(linked)
        assert linked.state().sequence == 1
        holder.kill()
    assert link(linked) == 2


def test_the_writer_builds_on_what_it_read_before(linked, snapshot_of):
    with linked.sole_writer() as writer:
        expected = linked.state().sequence + 1
        assert writer.replace(snapshot_of(), LATER) == expected


@pytest.mark.parametrize("at_once", [2, 1_000])
def test_order_repeats_and_narrow_integers_do_not_matter(store, snapshot_of, monkeypatch, at_once):
    """Whether all rows are sorted at once, or some at a time as with millions of them."""
    monkeypatch.setattr("mpi.store.bulk.SORTED_ROWS", at_once)
    monkeypatch.setattr("mpi.store.bulk.SAMPLED", 1)
    given = snapshot_of()
    keys = pa.table(
        {
            "record_no": pa.array([4, 2, 2, 1, 3, 2], pa.int32()),
            "key": pa.array([7, -7, -7, 7, -7, 7], pa.int16()),
        }
    )
    identifiers = pa.concat_tables(
        [
            given.identifiers,
            given.identifiers.set_column(3, "verified", pa.array([False] * 8)),
        ]
    )
    shuffled = replace(
        given,
        keys=keys,
        identifiers=identifiers,
        links=given.links.take([1, 0]),
        confidence=given.confidence.take([1, 0]),
    )
    store.replace(shuffled, LATER)
    assert store.state().counts["blocking_key"] == 5
    assert store.state().counts["identifier"] == 8
    with store.reading() as view:
        assert view.candidates([7]) == [1, 2, 4]
        assert view.candidates([-7]) == [2, 3]
        assert all(holder.verified for holder in view.records_holding("nhs-number", "9990000011"))
        assert [link.record_l for link in view.links_among([1, 2, 3, 4])] == [1, 2]


def test_a_snapshot_without_links_or_keys_is_kept(store, snapshot_of):
    given = snapshot_of({"p": ("pds/1",)})
    empty = replace(given, keys=given.keys.slice(0, 0), identifiers=given.identifiers.slice(0, 0))
    store.replace(empty, LATER)
    assert store.state().counts["link"] == 0
    with store.reading() as view:
        assert view.person_of("p").identifiers == ()


def test_the_release_of_an_index_is_that_of_its_last_link(linked, link):
    link(linked, release="r2", provisional=False)
    assert linked.state().release.release_id == "r2"
    assert not linked.state().provisional
    link(linked, release="r1")
    assert linked.state().release.release_id == "r1"
