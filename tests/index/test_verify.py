"""`verify` is clean on what links and events made, and finds whatever is not as it should be."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mpi.errors import NotMatchable
from mpi.index.decide import Decision, Verdict
from mpi.index.index import Index
from mpi.index.verify import PARTITION, verify
from mpi.linking.intake import record_of
from mpi.records import RecordKey
from mpi.store.database import database_at
from mpi.store.store import open_store


def altered(url, statement):
    """Change the live generation behind everybody's back; `{n}` is its number."""
    with database_at(url).sole_writer() as connection, connection.begin():
        number = connection.scalar(text("SELECT generation FROM index_state"))
        connection.execute(text(statement.format(n=number)))


def some_records(url, count):
    store = open_store(url)
    with store.reading() as view:
        found = [record_of(each.payload) for each in view.records(range(count))]
    store.close()
    return found


def test_what_a_link_made_is_clean(url):
    found = verify(url)
    assert found.clean, found.summary()
    assert (found.records, found.events) == (found.records, 1)
    assert found.rows()[-1] == ("Differences", 0)


def test_what_events_made_is_clean(url):
    one, two, three = some_records(url, 3)
    with Index.open(url) as index:
        index.delete(one.key)
        index.decide(Decision(Verdict.SAME, two.key, three.key, reason="known to the team"))
    found = verify(url)
    assert found.clean, found.summary()
    assert found.events == 3


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE link_{n} SET weight = weight + 1 WHERE record_l = 0", "links"),
        ("UPDATE confidence_{n} SET confidence = confidence - 1", "confidence"),
        ("UPDATE person_{n} SET findings = '[1]' WHERE person_no = 0", "persons"),
        ("DELETE FROM blocking_key_{n} WHERE record_no = 0", "blocking keys"),
        ("UPDATE compared_{n} SET keys = payload FROM payload_{n} p"
         " WHERE p.record_no = compared_{n}.record_no AND p.record_no = 0", "attributes"),
        ("UPDATE identifier_{n} SET verified = 1 - verified WHERE record_no = 0", "identifiers"),
        ("UPDATE record_{n} SET version = '1999' WHERE record_no = 0", "version"),
        ("UPDATE membership SET person_id = 'nobody' WHERE source = 'courts'", "membership"),
        ("UPDATE log SET sequence = 7", "gaps in the log"),
        ("UPDATE index_state SET records = records + 1", "count of records"),
    ],
)  # fmt: skip
def test_it_finds_what_was_altered(url, statement, what):
    altered(url, statement)
    found = verify(url)
    assert not found.clean
    assert what in {each.what for each in found.differences}


def test_it_counts_the_records_that_are_in_another_cluster(url):
    altered(
        url,
        "UPDATE record_{n} SET person_no = (SELECT max(person_no) FROM person_{n})"
        " WHERE record_no = 0",
    )
    found = verify(url)
    assert found.of(PARTITION) > 0
    examples = next(each.examples for each in found.differences if each.what == PARTITION)
    assert all(RecordKey(*name.split("|")) for name in examples)


def test_an_index_that_keeps_no_release_cannot_be_verified(url):
    altered(url, "DELETE FROM release_file")
    with pytest.raises(NotMatchable):
        verify(url)
