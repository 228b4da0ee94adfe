"""From the schema of generations to the one of events: what the index says stays as it was."""

from contextlib import closing

import pytest
from sqlalchemy import inspect, select, text

from mpi.records import RecordKey
from mpi.sources.versions import version_key
from mpi.store import opening
from mpi.store.database import database_at
from mpi.store.rows import Residence
from mpi.store.schema import generation, identifier_history, index_state, person_change
from mpi.store.store import open_store, upgrade

LIVE = """
INSERT INTO record_3 VALUES (4, 'nomis', '1', '000000000007', 2);
INSERT INTO record_3 VALUES (5, 'pds', '1', '2026-01-01T10:00:00+01:00', 2);
INSERT INTO record_3 VALUES (6, 'hjis', '1', '', 9);
INSERT INTO record_3 VALUES (7, 'pds', '2', '', 9);
INSERT INTO payload_3 VALUES (4, {bytes}), (5, {bytes}), (6, {bytes}), (7, {bytes});
INSERT INTO identifier_3 VALUES ('nhs-number', '9990000018', 5, 1), ('pnc', '12/3', 5, 0);
INSERT INTO blocking_key_3 VALUES (-5, 4), (-5, 5);
INSERT INTO link_3 VALUES (4, 5, 12345, 1), (6, 7, 7000, 0);
INSERT INTO person_3 VALUES (2, 'p-two', 5, '["check"]', 2, 1), (9, 'p-nine', 6, '[]', 2, 1);
INSERT INTO confidence_3 VALUES (2, 4, 5, NULL, 9000, 987654);
INSERT INTO release VALUES ('r1', 'base', '{{}}');
INSERT INTO release_file VALUES ('r1', 'parameters.json', {bytes});
INSERT INTO log VALUES (1, 'link', '2026-01-02T03:04:05.000+00:00', '{{}}');
INSERT INTO log VALUES (2, 'link', '2026-02-02T03:04:05.000+00:00', '{{}}');
INSERT INTO person_history VALUES ('p-two', 1, NULL, NULL, NULL, NULL);
INSERT INTO person_history VALUES ('p-nine', 2, NULL, NULL, NULL, NULL);
INSERT INTO person_history VALUES ('p-old', 1, 2, 'merged', '["p-two"]', '[["pds", "1"]]');
INSERT INTO membership VALUES ('nomis', '1', 1, 'p-two', NULL), ('pds', '1', 1, 'p-old', 2);
INSERT INTO membership VALUES ('pds', '1', 2, 'p-two', NULL), ('hjis', '1', 2, 'p-nine', NULL);
INSERT INTO membership VALUES ('pds', '2', 2, 'p-nine', NULL);
DELETE FROM index_state;
INSERT INTO index_state VALUES (1, 3, 2, 77, 'r1', 0, '{{"record": 4, "person": 2}}')
"""
BYTES = {"sqlite": "x'7b7d'", "postgresql": r"'\x7b7d'"}
SPARE = "CREATE TABLE record_8 (record_no INTEGER)"
RENAMED = ("record", "payload", "identifier", "blocking_key", "link", "person", "confidence")


@pytest.fixture
def outdated(url):
    """The URL of an index of revision 0003, of two persons, in generation 3; 8 died half-way."""
    database = database_at(url)
    with database.sole_writer() as connection:
        database.lay_out(connection)
        with connection.begin():
            opening.migrate(connection, to="0003")
            sqlite = connection.dialect.name == "sqlite"
            for name in RENAMED:
                connection.exec_driver_sql(f"ALTER TABLE {name}_0 RENAME TO {name}_3")
                if not sqlite:
                    renamed = f"ALTER INDEX {name}_0_pkey RENAME TO {name}_3_pkey"
                    connection.exec_driver_sql(renamed)
            for statement in (SPARE, *LIVE.format(bytes=BYTES[connection.dialect.name]).split(";")):
                connection.exec_driver_sql(statement)
    database.close()
    return url


def rows(url, statement):
    with closing(database_at(url)) as database, database.reading() as moment:
        return [tuple(row) for row in moment.connection.execute(statement)]


def test_upgrading_keeps_what_the_index_says(outdated):
    upgrade(outdated)
    with closing(open_store(outdated)) as store, store.reading() as view:
        state = view.state
        assert (state.sequence, state.seed, state.generation) == (2, 77, 3)
        assert (state.records, state.persons) == (4, 2)
        assert state.last_at == "2026-02-02T03:04:05.000+00:00"
        (person,) = view.persons_holding("nhs-number", "9990000018")
        assert (person.person_id, person.findings) == ("p-two", ("check",))
        assert view.candidates([-5]) == [4, 5]
        assert [each.version for each in view.records([4, 6])] == ["000000000007", ""]
        assert len(view.links_among([4, 5, 6, 7])) == 2
        assert view.release_files() == {"parameters.json": b"{}"}


def test_upgrading_keeps_who_was_retired_and_with_whom(outdated):
    upgrade(outdated)
    with closing(open_store(outdated)) as store, store.reading() as view:
        retired = view.resolve_retired("p-old")
        assert (retired.how, retired.successors, retired.retired_sequence) == (
            "merged",
            ("p-two",),
            2,
        )
        assert retired.members == (RecordKey("pds", "1"),)
        assert retired.current == {"p-two": 1}
        assert view.residences(RecordKey("pds", "1")) == [
            Residence("p-old", 1, 2),
            Residence("p-two", 2, None),
        ]
    assert rows(outdated, select(person_change)) == [(2, "p-old", "retired", "merged", '["p-two"]')]


def test_upgrading_gives_every_record_the_key_of_its_version(outdated):
    upgrade(outdated)
    record = generation(3).record.c
    found = rows(outdated, select(record.record_no, record.version_key, record.changed))
    linked = version_key("", "2026-02-02T03:04:05Z", payload=b"{}")
    assert sorted(found) == [
        (4, version_key("7"), 0),
        (5, "2026-01-01T09:00:00", 0),
        (6, linked, 0),
        (7, "", 0),
    ]


def test_upgrading_counts_on_from_what_is_there_and_draws_a_secret(outdated, new_url):
    upgrade(outdated)
    c = index_state.c
    counters = (c.next_record_no, c.next_person_no)
    assert rows(outdated, select(*counters)) == [(8, 10)]
    ((secret,),) = rows(outdated, select(c.secret))
    other = new_url()
    open_store(other, create=True).close()
    ((another,),) = rows(other, select(c.secret))
    assert len(secret) == len(another) == 32
    assert secret != another


def test_upgrading_begins_the_history_of_identifiers_with_that_of_their_records(outdated):
    upgrade(outdated)
    assert rows(outdated, select(identifier_history)) == [
        ("pds", "1", "nhs-number", "9990000018", 1, 1, None),
        ("pds", "1", "pnc", "12/3", 1, 0, None),
    ]


def test_upgrading_drops_what_is_not_live_and_leaves_nothing_else_behind(outdated):
    upgrade(outdated)
    with database_at(outdated).sole_writer() as connection, connection.begin():
        names = set(inspect(connection).get_table_names())
        assert connection.scalar(text("SELECT count(*) FROM compared_3")) == 0
    assert "record_8" not in names
    assert not [name for name in names if name.startswith("new_")]
    assert {table.name for _, table in generation(3).tables()} <= names


def test_an_upgraded_index_links_on_with_the_ids_it_had(outdated, link):
    upgrade(outdated)
    with closing(open_store(outdated)) as store:
        assert link(store, {"p-two": ("nomis/1", "pds/1"), "p-old": ("pds/2",)}) == 3
        with store.reading() as view:
            assert view.resolve_retired("p-old") is None
            assert view.residences(RecordKey("nomis", "1")) == [Residence("p-two", 1, None)]
            assert view.rulings().gone["hjis"].keys() == {"1"}
