"""What a link writes about identifiers, ids and records that are gone."""

from dataclasses import replace

import pyarrow as pa
import pytest
from sqlalchemy import insert, select

from mpi.store.rows import Event
from mpi.store.schema import identifier_history, index_state, log, person_change, tombstone
from mpi.store.snapshot import DELETED

APART = {"p-one": ("nomis/1", "pds/1"), "p-two": ("nomis/2", "pds/2")}
ALL = {"p-one": ("nomis/1", "nomis/2", "pds/1", "pds/2")}
LATER = Event(kind="link", at="2026-02-01T00:00:00Z")
NHS = ("pds", "1", "nhs-number", "9990000011")


def rows(store, statement):
    with store.reading() as view:
        return [tuple(row) for row in view._connection.execute(statement)]


def held(store, record="1"):
    c = identifier_history.c
    of_record = c.source == "pds", c.source_id == record, c.system == "nhs-number"
    return rows(
        store, select(c.value, c.verified, c.from_sequence, c.to_sequence).where(*of_record)
    )


def with_identifiers(given, change):
    changed = [change(row) for row in given.identifiers.to_pylist()]
    kept = [row for row in changed if row is not None]
    return replace(given, identifiers=pa.Table.from_pylist(kept, given.identifiers.schema))


def test_a_first_link_begins_the_history_of_every_identifier(linked):
    assert len(rows(linked, select(identifier_history))) == 8
    assert held(linked) == [("9990000011", 1, 1, None)]


def test_linking_the_same_again_changes_no_history_of_identifiers(linked, link):
    before = rows(linked, select(identifier_history))
    link(linked)
    assert rows(linked, select(identifier_history)) == before


def test_an_identifier_that_a_record_holds_no_longer_ends_and_begins_again(
    linked, snapshot_of, link
):
    def without(row):
        return None if (row["value"], row["record_no"]) == ("9990000011", 3) else row

    linked.replace(with_identifiers(snapshot_of(), without), LATER)
    assert held(linked) == [("9990000011", 1, 1, 2)]
    link(linked)
    assert held(linked) == [("9990000011", 1, 1, 2), ("9990000011", 1, 3, None)]
    assert held(linked, "2") == [("9990000012", 1, 1, None)]


def test_an_identifier_that_is_verified_no_longer_is_another_period(linked, snapshot_of):
    def unverified(row):
        return {**row, "verified": False}

    linked.replace(with_identifiers(snapshot_of(), unverified), LATER)
    assert held(linked) == [("9990000011", 1, 1, 2), ("9990000011", 0, 2, None)]


def test_the_identifiers_of_a_record_that_is_gone_end(linked, link):
    link(linked, {"p-two": ("nomis/2", "pds/2")})
    assert held(linked) == [("9990000011", 1, 1, 2)]


def test_every_retirement_and_return_of_an_id_is_noted(linked, link):
    link(linked, ALL)
    link(linked, APART)
    link(linked, {"p-one": ALL["p-one"][:2], "p-new": ALL["p-one"][2:]})
    assert rows(linked, select(person_change)) == [
        (2, "p-two", "retired", "merged", '["p-one"]'),
        (3, "p-two", "restored", None, None),
        (4, "p-two", "retired", "split", '["p-new","p-one"]'),
    ]
    with linked.reading() as view:
        (row,) = view.retired_persons().to_pylist()
    assert [member["source"] for member in row["members"]] == ["nomis", "pds"]


def test_a_record_that_a_link_lacks_is_absent_until_it_is_there_again(linked, link):
    link(linked, {"p-two": ("nomis/2", "pds/2")})
    assert rows(linked, select(tombstone)) == [
        ("nomis", "1", "v1", "absent", 2),
        ("pds", "1", "v1", "absent", 2),
    ]
    link(linked, {"p-two": ("nomis/2", "pds/2")})
    assert {row[-1] for row in rows(linked, select(tombstone))} == {2}
    link(linked)
    assert rows(linked, select(tombstone)) == []


def deletions(*given):
    columns = [pa.array(column, pa.string()) for column in zip(*given, strict=True)]
    return pa.table(columns, schema=DELETED)


def test_a_record_that_its_source_deleted_is_deleted_in_that_version(linked, snapshot_of):
    gone = deletions(("pds", "1", "v2"), ("pds", "unknown", "v1"))
    linked.replace(replace(snapshot_of({"p-two": ("nomis/2",)}), deleted=gone), LATER)
    assert sorted(rows(linked, select(tombstone))) == [
        ("nomis", "1", "v1", "absent", 2),
        ("pds", "1", "v2", "deleted", 2),
        ("pds", "2", "v1", "absent", 2),
        ("pds", "unknown", "v1", "deleted", 2),
    ]


@pytest.mark.parametrize(("version", "stands"), [("v0", "v1"), ("v1", "v1"), ("v5", "v5")])
def test_of_two_deletions_the_later_version_stands(linked, snapshot_of, version, stands):
    for each in ("v1", version):
        gone = deletions(("pds", "unknown", each))
        linked.replace(replace(snapshot_of(), deleted=gone), LATER)
    ((found,),) = rows(linked, select(tombstone.c.version_key))
    assert found == stands


def test_time_in_the_log_never_goes_back(linked, snapshot_of):
    linked.replace(snapshot_of(), LATER)
    linked.replace(snapshot_of(), Event(kind="link", at="2020-01-01T00:00:00Z"))
    assert [at for (at,) in rows(linked, select(log.c.at).order_by(log.c.sequence))] == [
        "2026-01-02T03:04:05Z",
        LATER.at,
        LATER.at,
    ]
    assert linked.state().last_at == LATER.at


def test_a_link_counts_what_there_is_now(linked, link):
    link(linked, {"p-two": ("nomis/2", "pds/2"), "p-one": ("pds/1",)})
    state = linked.state()
    assert (state.records, state.persons) == (3, 2)
    counters = select(index_state.c.next_record_no, index_state.c.next_person_no)
    assert rows(linked, counters) == [(4, 3)]


def test_what_was_ruled_is_read_whole(linked, url):
    from mpi.store import schema
    from mpi.store.database import database_at

    ends = {"l_source": "nomis", "l_source_id": "1", "r_source": "pds", "r_source_id": "2"}
    by = {"by": "me", "reason": "seen both"}
    with database_at(url).changing() as connection:
        for sequence, undone in ((2, None), (3, 4)):
            row = {"sequence": sequence, "verdict": "same", "undone": undone, **ends, **by}
            connection.execute(insert(schema.decision).values(row))
            row = {"seal_no": sequence, "sequence": sequence, "undone": undone}
            connection.execute(insert(schema.seal).values(row))
            row = {"seal_no": sequence, "side": 1, "kind": "record", "first": "a", "second": "b"}
            connection.execute(insert(schema.seal_side).values(row))
            row = {"system": "crn", "old": f"X{sequence}", "new": "Y", "source": "ndelius"}
            connection.execute(
                insert(schema.supersession).values(**row, sequence=sequence, undone=undone)
            )
    with linked.reading() as view:
        found = view.rulings()
    assert [(each.sequence, each.left, each.right) for each in found.decisions] == [
        (2, ("nomis", "1"), ("pds", "2"))
    ]
    assert [each.seal_no for each in found.seal_sides] == [2]
    assert [each.old for each in found.supersessions] == ["X2"]
    assert not found.is_erased(found.decisions[0].left)
