"""A file put into an index record by record: the same as linking it, and twice is once."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from mpi.errors import FeedNotFound, UnknownSource, UnreadableFeed
from mpi.index.feed import FeedOptions, ingest_file
from mpi.index.index import Index
from mpi.index.verify import verify
from mpi.sources import Rejects
from tests.index.linking import edited

AT = FeedOptions(at=datetime(2026, 2, 1, tzinfo=UTC))


def ingested(url, path, options=AT):
    rejects = Rejects()
    with Index.open(url) as index:
        return ingest_file(index, path, rejects, options), rejects


def test_a_feed_that_is_known_changes_nothing(url, feeds):
    path = feeds("nomis") / "nomis.csv"
    for _ in range(2):
        summary, _ = ingested(url, path)
        assert set(summary.statuses) == {"duplicate"}
    found = verify(url)
    assert found.events == 1
    assert found.clean, found.summary()


def test_new_rows_come_in_and_the_index_is_what_a_link_would_make(url, feeds):
    path = feeds("nomis") / "nomis.csv"
    with edited(path) as rows:
        del rows[12:]
        for number, row in enumerate(rows):
            row["OFFENDER_ID"] = f"9{number:06d}"
    summary, _ = ingested(url, path)
    assert summary.statuses == {"created": 12}
    assert sum(summary.effects.values()) >= 1
    found = verify(url)
    assert found.clean, found.summary()


def messages(path, *lines):
    path.write_bytes(b"\n".join(orjson.dumps(line) for line in lines))
    return path


def test_messages_in_our_own_words_put_and_delete(url, tmp_path):
    record = {
        "source": "hjis",
        "source_id": "NEW1",
        "version": "2026-03-01",
        "names": [{"given": "Ann", "family": "Example"}],
    }
    gone = {"source": "hjis", "source_id": "NEW1", "version": "2026-03-02", "deleted": True}
    nothing = {"source": "hjis", "source_id": "NEW2", "version": "2026-03-01"}
    path = messages(tmp_path / "messages.ndjson", record, record, gone, record, nothing)
    summary, _ = ingested(url, path)
    assert summary.statuses == {"created": 2, "duplicate": 1, "deleted": 1, "stale": 1}
    assert summary.unsearchable == 1
    assert verify(url).clean


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b'{"names": []}',
        b'{"source": "hjis", "source_id": "1", "deleted": "yes"}',
        b'{"source": "hjis", "source_id": "1", "shoe_size": 9}',
        b'{"source": "nowhere", "source_id": "1"}',
        b'{"source": "hjis", "source_id": "~1"}',
    ],
)
def test_a_line_that_cannot_be_used_is_rejected_and_the_rest_comes_in(url, tmp_path, line):
    path = tmp_path / "messages.ndjson"
    path.write_bytes(line + b'\n{"source": "hjis", "source_id": "fine", "version": "1"}\n')
    summary, rejects = ingested(url, path)
    assert summary.statuses == {"created": 1}
    assert [each.row for each in rejects.items] == [1]


def test_a_file_that_is_no_feed_is_refused(url, tmp_path):
    with pytest.raises(UnreadableFeed):
        ingested(url, tmp_path / "nothing.ndjson")
    with pytest.raises(FeedNotFound):
        ingested(url, tmp_path / "nomis.csv")
    with pytest.raises(UnknownSource):
        ingested(url, tmp_path / "nomis.csv", FeedOptions(source="nowhere"))
