"""A link takes along what was ruled, and meets what the index holds by version."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update

from mpi.identifiers import clean_identifier
from mpi.index.link import link
from mpi.linking.intake import record_of
from mpi.records import RecordKey
from mpi.sources.versions import version_key
from mpi.store import schema
from mpi.store.database import database_at
from mpi.store.near import keyed
from mpi.store.store import open_store
from tests.index.linking import LATER, edited, membership

BY = {"by": "reviewer", "reason": "seen both"}


def write(url, *statements):
    with closing(database_at(url)) as database, database.changing() as connection:
        for statement in statements:
            connection.execute(statement)


def rows(url, statement):
    with closing(database_at(url)) as database, database.reading() as moment:
        return [tuple(row) for row in moment.connection.execute(statement)]


def live(url):
    with closing(open_store(url)) as store:
        return schema.generation(store.state().generation)


def decided(sequence, one, other, verdict):
    (left, right) = sorted((one, other))
    ends = {
        "l_source": left.source,
        "l_source_id": left.source_id,
        "r_source": right.source,
        "r_source_id": right.source_id,
    }
    return insert(schema.decision).values(sequence=sequence, verdict=verdict, **ends, **BY)


def apart_and_together(members):
    """Two records of two persons of one record each, and two records of one person."""
    by_person = {}
    for key, person in sorted(members.items()):
        by_person.setdefault(person, []).append(key)
    single = [keys[0] for keys in by_person.values() if len(keys) == 1]
    several = next(keys for keys in by_person.values() if len(keys) == 2)
    return single[:2], several


def test_decisions_in_force_outrank_links(invented, url):
    apart, together = apart_and_together(membership(url))
    write(url, decided(101, *apart, "same"), decided(102, *together, "different"))
    link(invented.feeds, invented.brief_model, url, options=LATER)
    after = membership(url)
    assert after[apart[0]] == after[apart[1]]
    assert after[together[0]] != after[together[1]]
    again = (
        update(schema.decision).where(schema.decision.c.sequence == 101).values(undone=103),
        decided(104, *together, "unsure"),
    )
    write(url, *again)
    link(invented.feeds, invented.brief_model, url, options=LATER)
    after = membership(url)
    assert after[apart[0]] != after[apart[1]]
    assert after[together[0]] == after[together[1]]


def test_a_seal_keeps_apart_what_it_names(invented, url):
    _, (one, other) = apart_and_together(membership(url))
    sides = [
        {"seal_no": 5, "side": side, "kind": "record", "first": key.source, "second": key.source_id}
        for side, key in ((1, one), (2, other))
    ]
    write(
        url,
        insert(schema.seal).values(seal_no=5, sequence=5),
        insert(schema.seal_side).values(sides),
    )
    link(invented.feeds, invented.brief_model, url, options=LATER)
    after = membership(url)
    assert after[one] != after[other]


def test_a_superseded_identifier_is_held_as_what_replaced_it_and_stored_as_it_came(invented, url):
    held = live(url).identifier.c
    asked = select(held.value, held.record_no).where(held.system == "nhs-number")
    (old, _), *_ = rows(url, asked.order_by(held.value))
    new = "9990000018"
    row = {"system": "nhs-number", "old": old, "new": new, "source": "pds", "sequence": 2}
    write(url, insert(schema.supersession).values(row))
    link(invented.feeds, invented.brief_model, url, options=LATER)
    with closing(open_store(url)) as store, store.reading() as view:
        assert view.records_holding("nhs-number", old) == []
        holders = [holder.record_no for holder in view.records_holding("nhs-number", new)]
        (record,) = view.records(holders[:1])
        sent = {each.value for each in record_of(record.payload).identifiers}
    assert old in {clean_identifier("nhs-number", value) for value in sent}
    assert new not in {clean_identifier("nhs-number", value) for value in sent}


@pytest.mark.parametrize("source", ["nomis", "courts"])
def test_a_record_held_in_a_later_version_than_a_feed_brings_stays(invented, url, source):
    record, payload = live(url).record.c, live(url).payload.c
    asked = select(record.record_no, record.source_id, payload.payload)
    of_source = asked.where(record.source == source, payload.record_no == record.record_no)
    (number, source_id, content), *_ = rows(url, of_source.order_by(record.source_id))
    version = "99999999-12-31T00:00:00" if source == "nomis" else "999999999999"
    changed = bytes(content).replace(b'"occupation":"', b'"occupation":"Put ')
    assert changed != bytes(content)
    write(
        url,
        update(live(url).record)
        .where(record.record_no == number)
        .values(version=version, version_key=version_key(version)),
        update(live(url).payload).where(payload.record_no == number).values(payload=changed),
    )
    before = membership(url)
    link(invented.feeds, invented.brief_model, url, options=LATER)
    assert membership(url).keys() == before.keys()
    with closing(open_store(url)) as store, store.reading() as view:
        person = view.person_with(RecordKey(source, source_id))
        (kept,) = view.records(person.anchors)
        assert kept.payload == changed
    key = live(url).record.c
    found = select(key.version_key).where(key.source == source, key.source_id == source_id)
    assert rows(url, found) == [(version_key(version),)]


def test_what_was_deleted_in_a_later_version_does_not_come_back_with_an_old_feed(
    invented, url, feeds
):
    folder = feeds("courts", "nomis")
    with edited(folder / "courts.csv") as given:
        gone, unknown, back = (given[n]["defendantRecordId"] for n in range(3))
        given[0]["status"] = given[1]["status"] = "WITHDRAWN"
        given[1]["defendantRecordId"] = f"{unknown}0"
        given[0]["hearingSequence"] = "7" * 9
    link(folder, invented.brief_model, url, options=LATER)
    assert RecordKey("courts", gone) not in membership(url)
    buried = rows(url, select(schema.tombstone).where(schema.tombstone.c.source == "courts"))
    assert {(key, version, kind) for _, key, version, kind, _ in buried} >= {
        (gone, version_key("7" * 9), "deleted"),
        (f"{unknown}0", version_key(given[1]["hearingSequence"]), "deleted"),
    }
    link(invented.feeds, invented.brief_model, url, options=LATER)
    after = membership(url)
    assert RecordKey("courts", gone) not in after
    assert RecordKey("courts", back) in after


def test_a_snapshot_buries_what_it_lacks_and_revives_what_it_brings_again(invented, url, feeds):
    before = membership(url)
    folder = feeds("nomis")
    with edited(folder / "nomis.csv") as given:
        given.pop()
    link(folder, invented.brief_model, url, options=LATER)
    ((version, kind),) = rows(url, select(schema.tombstone.c.version_key, schema.tombstone.c.kind))
    assert kind == "absent"
    assert version
    link(invented.feeds, invented.brief_model, url, options=LATER)
    assert membership(url) == before
    assert rows(url, select(schema.tombstone)) == []


def test_an_erased_record_is_rejected_without_its_key(invented, url, tmp_path):
    to = tmp_path / "rejects.csv"
    gone = min(membership(url))
    ((secret,),) = rows(url, select(schema.index_state.c.secret))
    row = {"keyed": keyed(secret, gone), "sequence": 2, "reason": "request", "at": "2026-01-03"}
    write(url, insert(schema.erased).values(row))
    summary = link(invented.feeds, invented.brief_model, url, options=replace(LATER, rejects=to))
    assert gone not in membership(url)
    assert summary.rejects == {"record was erased": 1}
    assert f",{gone.source_id}," not in to.read_text("utf-8")


def test_a_source_without_versions_is_as_of_its_delivery(invented, url):
    record = live(url).record.c
    of_source = select(record.version_key).where(record.source == "substance_misuse")
    found = {key for (key,) in rows(url, of_source)}
    assert found
    assert {key.partition("#")[0] for key in found} == {"2026-01-01T00:00:00"}
    link(invented.feeds, invented.brief_model, url, options=LATER)
    record = live(url).record.c
    of_source = select(record.version_key).where(record.source == "substance_misuse")
    found = {key for (key,) in rows(url, of_source)}
    assert {key.partition("#")[0] for key in found} == {"2026-02-01T00:00:00"}


def test_what_is_compared_and_possible_is_kept_with_the_link(invented, url):
    tables = live(url)
    kept = rows(url, select(tables.compared.c.record_no).order_by(tables.compared.c.record_no))
    assert kept == rows(url, select(tables.record.c.record_no).order_by(tables.record.c.record_no))
    possible = rows(url, select(tables.possible))
    assert all(left < right for left, right, *_ in possible)
