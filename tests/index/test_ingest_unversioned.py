"""Messages that name no version, about records that have one or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mpi.index.changes import Cause, Status
from mpi.index.index import Index
from tests.index.test_ingest import NOBODY


@pytest.fixture
def index(url):
    with Index.open(url) as opened:
        yield opened


AT = "2026-01-02T00:00:00+00:00"
SAID = [{"event_time": AT}, {"cause": Cause(at=datetime(2026, 1, 2, tzinfo=UTC))}, {}]


@pytest.mark.parametrize("said", SAID, ids=["event time", "time of coming", "no time"])
def test_a_message_without_a_version_stands_until_a_greater_one_comes(index, said):
    index.put(replace(NOBODY, version="5"))
    unversioned = replace(NOBODY, version="", sex="F")
    assert index.put(unversioned, **said).status is Status.UPDATED
    assert index.put(unversioned, **said).status is Status.DUPLICATE
    later = index.put(replace(NOBODY, version="", sex="M"), event_time="2026-01-03T00:00:00Z")
    late = index.put(replace(NOBODY, version="", sex="U"), event_time="2026-01-01T00:00:00Z")
    assert (later.status, late.status) == (Status.UPDATED, Status.STALE)
    assert index.put(replace(NOBODY, version="5")).status is Status.STALE
    assert index.put(replace(NOBODY, version="6")).status is Status.UPDATED


@pytest.mark.parametrize("said", SAID, ids=["event time", "time of coming", "no time"])
@pytest.mark.parametrize("held", [["5"], ["5", ""]], ids=["version", "message"])
def test_a_deletion_without_a_version_keeps_no_greater_one_out(index, said, held):
    for version in held:
        index.put(replace(NOBODY, version=version), event_time="2026-01-01T00:00:00Z")
    assert index.delete(NOBODY.key, **said).status is Status.DELETED
    assert index.delete(NOBODY.key, **said).status is Status.DUPLICATE
    assert index.put(replace(NOBODY, version="5")).status is Status.STALE
    assert index.put(replace(NOBODY, version="6")).status is Status.CREATED


def test_a_deletion_is_never_older_than_what_it_deletes(index):
    """The clock of its source was ahead."""
    plain, now = replace(NOBODY, version=""), datetime(2026, 1, 1, tzinfo=UTC)
    index.put(plain, event_time=AT)
    assert index.delete(plain.key, cause=Cause(at=now)).status is Status.DELETED
    assert index.put(plain, event_time=AT).status is Status.STALE
    assert index.put(plain, event_time="2026-01-03T00:00:00Z").status is Status.CREATED


def test_a_deletion_at_the_time_of_its_put_deletes_it_whatever_that_says(index):
    for n in range(12):
        plain = replace(NOBODY, source_id=f"Z1{n:02}", version="")
        index.put(plain, event_time=AT)
        assert index.delete(plain.key, event_time=AT).status is Status.DELETED
        assert index.put(plain, event_time=AT).status is Status.STALE
