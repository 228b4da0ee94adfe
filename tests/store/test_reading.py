import pyarrow as pa
import pytest

from mpi.records import RecordKey
from mpi.store import exports
from mpi.store.rows import Holder, Member, PairConfidence, StoredLink, StoredRecord

KEYS = (-(2**63), -1, 0, 1, 2**63 - 1)


def test_an_identifier_finds_its_holders_and_their_person(linked):
    with linked.reading() as view:
        assert view.records_holding("nhs-number", "9990000011") == [
            Holder(1, 1, True),
            Holder(3, 1, True),
        ]
        (person,) = view.persons_holding("nhs-number", "9990000011")
    assert (person.person_id, person.golden_record_no, person.findings) == ("p-one", 1, ("check",))
    assert person.anchors == (1, 3)
    assert person.members == (
        Member(1, RecordKey("nomis", "1")),
        Member(3, RecordKey("pds", "1")),
    )
    assert [(each.record_no, each.system, each.verified) for each in person.identifiers] == [
        (1, "nhs-number", True),
        (1, "noms-number", False),
        (3, "nhs-number", True),
        (3, "noms-number", False),
    ]
    assert person.pairs == (PairConfidence(1, 3, None, 9_000, 987_654),)


@pytest.mark.parametrize("asked", [("nhs-number", "9990000099"), ("crn", "9990000011")])
def test_an_identifier_that_nobody_holds_finds_nothing(linked, asked):
    with linked.reading() as view:
        assert view.records_holding(*asked) == []
        assert view.persons_holding(*asked) == ()


def test_an_ambiguous_identifier_finds_every_person(store, link):
    link(store, {"p-one": ("nomis/1",), "p-two": ("pds/1",)})
    with store.reading() as view:
        found = view.persons_holding("nhs-number", "9990000011")
    assert [(each.person_id, each.anchors) for each in found] == [("p-one", (1,)), ("p-two", (2,))]


def test_a_person_is_anchored_on_the_golden_record_or_the_record_asked_with(linked):
    with linked.reading() as view:
        assert view.person_of("p-two").anchors == (2,)
        assert view.person_with(RecordKey("pds", "2")).anchors == (4,)
        assert view.person_of("p-none") is None
        assert view.person_with(RecordKey("pds", "3")) is None


def test_a_record_without_identifiers_is_still_a_member(store, snapshot_of, link):
    bare = snapshot_of({"p": ("nomis/1", "pds/2")})
    kept = bare.identifiers.filter(pa.compute.equal(bare.identifiers["record_no"], 1))
    _replace(store, bare, identifiers=kept)
    with store.reading() as view:
        person = view.person_of("p")
    assert [member.record_no for member in person.members] == [1, 2]
    assert {each.record_no for each in person.identifiers} == {1}


def _replace(store, given, **tables):
    from dataclasses import replace

    from mpi.store.rows import Event

    store.replace(replace(given, **tables), Event("link", "2026-01-01T00:00:00Z"))


@pytest.mark.parametrize(("all_pairs", "expected"), [(True, 29), (False, 435)])
def test_a_large_person_brings_the_pairs_of_its_anchors_or_its_whole_tree(
    store, snapshot_of, all_pairs, expected
):
    given = snapshot_of({"p": tuple(f"pds/{n}" for n in range(10, 40))})
    flag = given.persons.schema.get_field_index("all_pairs")
    persons = given.persons.set_column(flag, "all_pairs", pa.array([all_pairs]))
    _replace(store, given, persons=persons)
    with store.reading() as view:
        person = view.person_with(RecordKey("pds", "25"))
    assert person.all_pairs is all_pairs
    assert len(person.pairs) == expected


@pytest.mark.parametrize("key", KEYS)
def test_blocking_keys_of_every_sign_and_size_find_their_records(linked, key):
    with linked.reading() as view:
        assert view.candidates([key]) == [1, 2, 3, 4]
        assert view.candidates([5]) == []


def test_more_keys_than_one_statement_takes_are_still_one_answer(linked):
    with linked.reading() as view:
        assert view.candidates([*range(10, 2_000), *KEYS]) == [1, 2, 3, 4]


def test_records_come_back_byte_for_byte(linked):
    with linked.reading() as view:
        (record,) = view.records([3, 99])
        assert view.links_among([1, 2, 3]) == [StoredLink(1, 3, 12_345, True)]
    payload = b"payload of pds/1"
    assert record == StoredRecord(3, RecordKey("pds", "1"), "v1", "p-one", payload)


def test_exports_hold_every_row_in_batches(linked):
    with linked.reading() as view:
        references = list(view.export_cross_references(rows=3))
        links = pa.Table.from_batches(view.export_links(), exports.LINKS)
    assert [batch.num_rows for batch in references] == [3, 3, 2]
    table = pa.Table.from_batches(references)
    assert table.schema == exports.CROSS_REFERENCES
    golden = table["golden"].to_pylist()
    assert golden == [True] * 4 + [False] * 4
    assert table["confidence"].to_pylist() == [None] * 4 + [987_654] * 4
    assert links.select(["source_id_l", "person_id_l", "source_r", "weight"]).to_pylist() == [
        {"source_id_l": "1", "person_id_l": "p-one", "source_r": "pds", "weight": 12_345},
        {"source_id_l": "2", "person_id_l": "p-two", "source_r": "pds", "weight": 12_345},
    ]


def test_a_view_cannot_write(linked):
    from sqlalchemy import text

    from mpi.errors import IndexUnreachable

    with pytest.raises(IndexUnreachable, match=r"read-?only"), linked.reading() as view:
        view._connection.execute(text("DELETE FROM log"))


def test_a_failed_statement_shows_no_value_of_a_person(linked):
    from sqlalchemy import text

    from mpi.errors import IndexUnreachable

    with pytest.raises(IndexUnreachable) as caught, linked.reading() as view:
        view._connection.execute(text("SELECT :value FROM nowhere"), {"value": "9990000011"})
    assert "9990000011" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize("name", sorted(exports.NUMBERED))
def test_a_table_is_read_as_it_is_kept(linked, name):
    with linked.reading() as view:
        batches = list(view.numbered(name, rows=3))
    table = pa.Table.from_batches(batches, exports.NUMBERED[name])
    assert all(len(batch) <= 3 for batch in batches)
    assert len(table) == {
        "record": 4,
        "payload": 4,
        "verified_identifier": 4,
        "blocking_key": 20,
        "link": 2,
        "confidence": 2,
    }.get(name)


def test_numbered_tables_name_records_by_the_same_numbers(linked):
    with linked.reading() as view:
        records, verified, pairs = (
            pa.Table.from_batches(view.numbered(name), exports.NUMBERED[name]).to_pylist()
            for name in ("record", "verified_identifier", "confidence")
        )
    assert [(r["record_no"], r["source"], r["source_id"], r["person_no"]) for r in records] == [
        (1, "nomis", "1", 1),
        (2, "nomis", "2", 2),
        (3, "pds", "1", 1),
        (4, "pds", "2", 2),
    ]
    assert [(v["record_no"], v["system"]) for v in verified] == [
        (n, "nhs-number") for n in (1, 2, 3, 4)
    ]
    assert [(p["record_l"], p["record_r"], p["direct"]) for p in pairs] == [
        (1, 3, None),
        (2, 4, None),
    ]
