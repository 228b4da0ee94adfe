"""`mpi link` is told when feeds were extracted."""

from __future__ import annotations

import pytest

from mpi.index.index import Index
from mpi.records import Name, Record
from tests.index.linking import membership

NEW = Record("nomis", "Q7654ZZ", "2026-01-02T00:00:00", (Name("Ann", "Zyxwvu"),), ("1961-02-03",))


@pytest.fixture
def index(invented, tmp_path):
    """The URL of a copy of the index, which holds a record that no feed brings."""
    url = invented.copy_of_index(tmp_path / "mpi.db")
    with Index.open(url) as opened:
        opened.put(NEW)
    return url


@pytest.mark.parametrize(
    ("extracted", "kept"),
    [
        (["2026-01-01T00:00:00Z"], True),
        (["2026-01-03T00:00:00Z"], False),
        (["2026-01-01T00:00:00Z", "nomis=2026-01-03T00:00:00+00:00"], False),
        (["2026-01-03T00:00:00Z", "nomis=2026-01-01T00:00:00+00:00"], True),
    ],
)
def test_a_record_stays_that_is_newer_than_the_snapshot_is_said_to_be(
    mpi, invented, index, extracted, kept
):
    told = [part for each in extracted for part in ("--extracted", each)]
    feeds = ("--feeds", invented.feeds, "--model", invented.brief_model)
    done = mpi("link", *feeds, "--index", index, *told, "--json")
    assert done.json["later"] == ({"nomis": 1} if kept else {})
    assert (NEW.key in membership(index)) is kept


@pytest.mark.parametrize("extracted", ["yesterday", "nomis=", "nomis=2026-01-01T00:00:00"])
def test_what_is_no_time_is_refused(mpi, invented, index, extracted):
    feeds = ("--feeds", invented.feeds, "--model", invented.brief_model)
    done = mpi("link", *feeds, "--index", index, "--extracted", extracted)
    assert done.code == 2
    assert NEW.key in membership(index)
