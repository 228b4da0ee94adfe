"""An index that an older version made is brought up to this one, and keeps what it held."""

from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import inspect

from mpi.errors import IndexOutdated
from mpi.records import RecordKey
from mpi.store import opening
from mpi.store.database import database_at
from mpi.store.reviews import Reviews
from mpi.store.rows import Event, Release, Residence, StoredRecord
from mpi.store.store import open_store, upgrade

SLOT = """
INSERT INTO record_b VALUES (1, 'nomis', '1', 'v1', 1);
INSERT INTO record_b VALUES (2, 'pds', '1', 'v2', 1);
INSERT INTO payload_b VALUES (1, {bytes}), (2, {bytes});
INSERT INTO identifier_b VALUES ('nhs-number', '9990000018', 2, 1);
INSERT INTO blocking_key_b VALUES (-5, 1), (-5, 2);
INSERT INTO link_b VALUES (1, 2, 12345, 1);
INSERT INTO person_b VALUES (1, 'p-one', 2, '["check"]', 2, 1);
INSERT INTO confidence_b VALUES (1, 1, 2, NULL, 9000, 987654);
INSERT INTO record_a VALUES (7, 'courts', 'stale', 'v0', 7);
INSERT INTO release VALUES ('r1', 'base', '{{"tau": 4}}');
INSERT INTO log VALUES (1, 'link', '2026-01-02T03:04:05Z', '{{}}');
INSERT INTO person_history VALUES ('p-one', 1, NULL, NULL, NULL, NULL);
INSERT INTO membership VALUES ('nomis', '1', 1, 'p-one', NULL), ('pds', '1', 1, 'p-one', NULL);
INSERT INTO index_state VALUES (1, 'b', 1, 4611686018427387904, 'r1', 0, '{{"record": 2}}');
"""
BYTES = {"sqlite": "x'7061796c6f6164'", "postgresql": r"'\x7061796c6f6164'"}


@pytest.fixture
def outdated(url):
    """The URL of an index of the first revision, of one person, in slot b."""
    database = database_at(url)
    with database.sole_writer() as connection:
        database.lay_out(connection)
        with connection.begin():
            opening.migrate(connection, to="0001")
            statements = SLOT.format(bytes=BYTES[connection.dialect.name])
            for statement in statements.strip().split(";\n"):
                connection.exec_driver_sql(statement)
    return url


def test_an_index_of_the_first_schema_has_to_be_upgraded(outdated):
    with pytest.raises(IndexOutdated):
        open_store(outdated)


def test_upgrading_keeps_everything_that_the_index_says(outdated):
    upgrade(outdated)
    with closing(open_store(outdated)) as store, store.reading() as view:
        assert (view.state.sequence, view.state.seed) == (1, 2**62)
        assert view.state.release.document == {"tau": 4}
        assert view.state.counts == {"record": 2}
        (person,) = view.persons_holding("nhs-number", "9990000018")
        assert (person.person_id, person.golden_record_no, person.findings) == (
            "p-one",
            2,
            ("check",),
        )
        assert [pair[2:] for pair in person.pairs] == [(None, 9_000, 987_654)]
        assert view.candidates([-5]) == [1, 2]
        assert next(view.records([2])) == StoredRecord(
            2, RecordKey("pds", "1"), "v2", "p-one", b"payload"
        )
        assert view.person_with(RecordKey("courts", "stale")) is None
        assert view.residences(RecordKey("pds", "1")) == [Residence("p-one", 1, None)]
        assert [logged.event.kind for logged in view.events()] == ["link"]


def test_upgrading_leaves_no_table_of_the_first_schema(outdated):
    upgrade(outdated)
    with database_at(outdated).sole_writer() as connection, connection.begin():
        names = inspect(connection).get_table_names()
    assert not [name for name in names if name.endswith(("_a", "_b"))]


def test_an_upgraded_index_links_on_with_the_ids_it_had(outdated, link):
    upgrade(outdated)
    with closing(open_store(outdated)) as store:
        assert link(store, {"p-one": ("nomis/1", "pds/1")}) == 2
        with store.reading() as view:
            assert view.residences(RecordKey("pds", "1")) == [Residence("p-one", 1, None)]
            assert set(view.previous_membership()["first_sequence"].to_pylist()) == {1}


def test_upgrading_an_index_that_was_never_linked_keeps_its_seed(url):
    database = database_at(url)
    with database.sole_writer() as connection:
        database.lay_out(connection)
        with connection.begin():
            opening.migrate(connection, to="0001")
            connection.exec_driver_sql(
                "INSERT INTO index_state VALUES (1, 'a', 0, 77, NULL, 1, '{}')"
            )
    upgrade(url)
    with closing(open_store(url)) as store:
        assert (store.state().seed, store.state().sequence) == (77, 0)


def test_an_upgraded_index_keeps_no_release_until_it_is_linked_again(outdated, snapshot_of):
    upgrade(outdated)
    with closing(open_store(outdated)) as store:
        with store.reading() as view:
            assert view.release_files() == {}
        files = {"parameters.json": b"{}", "suppressed_keys.parquet": bytes(range(256))}
        made_by = Release("r1", "base", {}, files)
        store.replace(replace(snapshot_of(), release=made_by), Event("link", "2026-02-02"))
        with store.reading() as view:
            assert view.release_files() == files


def test_the_decision_that_an_answer_became_is_kept(url):
    database = database_at(url)
    with database.sole_writer() as connection:
        database.lay_out(connection)
        with connection.begin():
            opening.migrate(connection, to="0005")
            for table, name in (("review_answer", "ann"), ("adjudication", "ben")):
                connection.exec_driver_sql(
                    f"INSERT INTO {table} (task_id, reviewer, attempt, begun, reasons, comment,"
                    f" seconds, saw_weight, sequence) VALUES"
                    f" ('t1', '{name}', 1, '2026', '[]', '', 1, 0, 7),"
                    f" ('t2', '{name}', 1, '2026', '[]', '', 1, 0, NULL)"
                )
            opening.migrate(connection)
            reviews = Reviews(connection)
            for round_ in ("answer", "adjudication"):
                found = reviews.attempts(["t1", "t2"], round_)
                assert [each.decisions for each in found] == [(7,), ()]
