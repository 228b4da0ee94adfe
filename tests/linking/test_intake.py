"""From feeds to standardised rows: order, processes, and what is stored beside them."""

from __future__ import annotations

import random
from dataclasses import replace

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pytest
from hypothesis import given, settings

from mpi.attributes import RECORD_NUMBER
from mpi.errors import TruncatedSnapshot
from mpi.linking import intake as module
from mpi.linking.delivery import Delivery, Kept
from mpi.linking.intake import record_of, standardised, take_in
from mpi.records import Name, Record
from mpi.sources import Rejects, discover_feeds, feed_of, load_sources, read_feed, render_rows
from mpi.sources.versions import version_key
from tests.invented import intake_of
from tests.model.rows import records

SOURCES = load_sources()
STORED = ("source", "source_id", "version", "version_key", "payload")


def stored(intake):
    return pa.concat_tables(intake.stored())


def keys(table):
    return list(zip(*(table.column(c).to_pylist() for c in ("source", "source_id")), strict=True))


def write_feed(folder, source, given):
    rows = list(render_rows(SOURCES[source], given))
    columns = list(SOURCES[source].columns)
    folder.mkdir(exist_ok=True)
    path = folder / f"{source}.csv"
    arrow_csv.write_csv(pa.table({c: [row[c] for row in rows] for c in columns}), path)
    return path


def test_rows_are_in_the_order_of_their_keys_and_numbered_without_gaps(invented):
    rows = invented.rows
    assert keys(rows) == sorted(keys(rows))
    assert rows.column(RECORD_NUMBER).to_pylist() == list(range(len(rows)))


def test_what_is_stored_stands_in_the_same_order_as_the_rows(invented):
    table = stored(invented.intake)
    assert tuple(table.column_names) == STORED
    assert keys(table) == keys(invented.rows)


def test_every_record_of_the_feeds_is_there_once_as_it_was_read(invented):
    read = {
        record.key: record
        for feed in discover_feeds(invented.feeds, SOURCES)
        for record in read_feed(feed.path, feed.source, Rejects())
    }
    kept = [record_of(payload) for payload in stored(invented.intake)["payload"].to_pylist()]
    assert len(kept) == len(read)
    assert {record.key: record for record in kept} == read


@settings(max_examples=60, deadline=None)
@given(record=records)
def test_a_stored_payload_is_the_record_again(record):
    [payload] = standardised([record]).column("payload").to_pylist()
    assert record_of(payload) == record


def test_several_processes_make_the_rows_that_one_makes(invented, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 60)
    monkeypatch.setattr(module, "MANY", 0)
    feeds = invented.copy_of_feeds(tmp_path / "feeds", "courts", "pds", "nomis")
    pooled = intake_of(feeds, tmp_path / "pooled")
    assert len(pooled.chunks) > 3
    monkeypatch.setattr(module, "CHUNK", 1_000_000)
    monkeypatch.setattr(module, "MANY", 1_000_000)
    alone = intake_of(feeds, tmp_path / "alone")
    assert len(alone.chunks) == 3
    assert pooled.rows.equals(alone.rows)
    assert stored(pooled).equals(stored(alone))


def test_the_order_of_the_rows_of_a_feed_does_not_matter(invented, tmp_path):
    feeds = invented.copy_of_feeds(tmp_path / "feeds", "courts", "hjis")
    before = intake_of(feeds, tmp_path / "before")
    for path in feeds.iterdir():
        header, *lines = path.read_text("utf-8").splitlines(keepends=True)
        random.Random(1).shuffle(lines)
        path.write_text("".join([header, *lines]), "utf-8")
    after = intake_of(feeds, tmp_path / "after")
    assert after.rows.equals(before.rows)
    assert stored(after).equals(stored(before))


def invented_records(source, count):
    return [Record(source, f"{n:04d}", names=(Name("Ann", f"Fenwold{n}"),)) for n in range(count)]


def kept(records):
    return [Kept(record, version_key(record.version)) for record in records]


def taken_in(folder, source, *, feed, before):
    """The rows after a feed of some records came to an index that held some."""
    path = write_feed(folder / "feeds", source, feed)
    delivery = Delivery(
        SOURCES[source],
        feed_of(path, SOURCES),
        known={record.source_id: version_key(record.version) for record in before},
        records=lambda: kept(before),
    )
    return take_in([delivery], folder, Rejects())


def test_a_delta_is_merged_with_what_it_does_not_mention_in_order_of_the_keys(tmp_path):
    before = invented_records("courts", 9)
    newer = [Record("courts", before[n].source_id, names=(Name("Bo", "New"),)) for n in (7, 2)]
    intake = taken_in(tmp_path, "courts", feed=newer, before=before)
    assert keys(intake.rows) == [record.key for record in before]
    families = intake.rows.column("family_name").to_pylist()
    assert [n for n, family in enumerate(families) if family == "NEW"] == [2, 7]
    assert keys(stored(intake)) == keys(intake.rows)


def test_a_delta_reads_what_the_index_holds_once_and_drops_what_came_too_late(tmp_path):
    assert SOURCES["courts"].version
    held = [replace(r, version=f"{5:012d}") for r in invented_records("courts", 4)]
    late, same, newer = (
        Record("courts", held[n].source_id, str(v), (Name("Bo", "New"),))
        for n, v in ((0, 4), (1, 5), (2, 6))
    )
    path = write_feed(tmp_path / "feeds", "courts", [late, same, newer])
    reads = []

    def records():
        reads.append(True)
        return kept(held)

    known = {r.source_id: version_key(r.version) for r in held}
    delivery = Delivery(SOURCES["courts"], feed_of(path, SOURCES), known, records)
    intake = take_in([delivery], tmp_path, Rejects())
    assert reads == [True]
    families = intake.rows.column("family_name").to_pylist()
    assert [family == "NEW" for family in families] == [False, True, True, False]
    assert keys(intake.rows) == [record.key for record in held]


def test_a_chunk_that_was_finished_is_not_standardised_again(tmp_path, monkeypatch):
    monkeypatch.setattr("mpi.linking.intake.CHUNK", 2)
    folder = tmp_path / "work"
    folder.mkdir()
    path = write_feed(tmp_path / "feeds", "hjis", invented_records("hjis", 5))
    delivery = Delivery(SOURCES["hjis"], feed_of(path, SOURCES))
    first = take_in([delivery], folder, Rejects())
    missing, *there = first.chunks
    rows, finished = first.rows.to_pylist(), [each.stat().st_ino for each in there]
    missing.rename(missing.with_suffix(".partial"))
    again = take_in([delivery], folder, Rejects())
    assert again.chunks == first.chunks
    assert [each.stat().st_ino for each in there] == finished
    assert again.rows.to_pylist() == rows
    assert {each.name for each in folder.iterdir()} == {each.name for each in first.chunks}


def test_a_source_that_sent_no_feed_keeps_its_records(tmp_path):
    before = invented_records("hjis", 5)
    known = {record.source_id: "" for record in before}
    no_feed = Delivery(SOURCES["hjis"], None, known, lambda: kept(before))
    intake = take_in([no_feed], tmp_path, Rejects())
    assert [record_of(p) for p in stored(intake)["payload"].to_pylist()] == before


def test_a_snapshot_replaces_what_was_known(tmp_path):
    before = invented_records("hjis", 10)
    intake = taken_in(tmp_path, "hjis", feed=before[1:], before=before)
    assert keys(intake.rows) == [record.key for record in before[1:]]


@pytest.mark.parametrize(("lost", "refused"), [(2, False), (3, True)])
def test_a_snapshot_that_lacks_too_large_a_share_is_refused(tmp_path, lost, refused):
    before = invented_records("hjis", 10)
    assert SOURCES["hjis"].max_missing_share == 0.2
    if not refused:
        assert len(taken_in(tmp_path, "hjis", feed=before[lost:], before=before).rows) == 8
        return
    with pytest.raises(TruncatedSnapshot) as caught:
        taken_in(tmp_path, "hjis", feed=before[lost:], before=before)
    assert caught.value.where["source"] == "hjis"
    assert caught.value.where["file"] == tmp_path / "feeds" / "hjis.csv"
    assert "3 of 10" in caught.value.detail


def test_records_new_to_a_snapshot_do_not_hide_those_that_are_gone(tmp_path):
    before = invented_records("hjis", 10)
    new = [Record("hjis", f"new{n}", names=(Name("Bo", "Ash"),)) for n in range(10)]
    with pytest.raises(TruncatedSnapshot):
        taken_in(tmp_path, "hjis", feed=before[3:] + new, before=before)


def test_no_deliveries_are_no_rows(tmp_path):
    intake = take_in([], tmp_path, Rejects())
    assert len(intake.rows) == 0
    assert RECORD_NUMBER in intake.rows.column_names
    assert list(intake.stored()) == []
