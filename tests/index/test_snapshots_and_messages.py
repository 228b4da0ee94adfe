"""Snapshots and messages about the same records, in any order: what is left is the same."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from mpi.errors import FeedNotFound, UsageError
from mpi.index.changes import Cause, Status
from mpi.index.feed import ingest_file
from mpi.index.index import Index
from mpi.index.link import LinkOptions, link
from mpi.index.verify import verify
from mpi.records import Name, Record, RecordKey
from mpi.sources import Rejects
from tests.index.linking import LATER, At, edited, membership
from tests.index.test_link_meanwhile import records
from tests.linking.test_intake import SOURCES, write_feed

SOURCE = "cypse"
FIRST, SECOND = 5, 20
"""The days on which two snapshots are extracted."""
_databases = count()


def on(day):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)


def record(number, day, source=SOURCE, **said):
    version = on(day).strftime("%Y-%m-%dT%H:%M:%S")
    said = {"town": f"Town {day}", **said}
    names = (Name("Ann", f"Fenwold{number % 17}"),)
    return Record(source, f"{number:04}", version, names, ("1980-01-01",), **said)


def history(rng, number):
    """What a source did with a record: put it, changed it, and perhaps deleted it, by day."""
    days = sorted(rng.sample(range(1, 40), rng.randint(1, 4)))
    ends = rng.random() < 0.4
    events = [(day, record(number, day)) for day in days]
    return [*events, (days[-1] + 1, None)] if ends else events


def held_on(histories, day):
    """The records that a source holds at the end of a day."""
    last = [[said for at, said in each if at <= day][-1:] for each in histories.values()]
    return [said for each in last for said in each if said is not None]


def messages_of(histories):
    """Each of them is a key, a version and a record, or none where it was deleted."""
    for number, events in histories.items():
        for day, said in events:
            version = record(number, day).version
            yield RecordKey(SOURCE, f"{number:04}"), version, said


def tell(index, messages):
    for key, version, said in messages:
        index.put(said) if said is not None else index.delete(key, version=version)


@pytest.fixture(params=["sqlite", "postgres"])
def new_url(request, tmp_path):
    """Where there is no index yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    database = request.getfixturevalue("postgres_database")
    return database(f"new_{next(_databases)}")


@pytest.fixture
def linked(invented, tmp_path):
    """Links a snapshot of some records, into a new index if need be."""

    def run(url, given, *, source=SOURCE, extracted=None, progress=None, at=None):
        folder = tmp_path / f"feeds-{next(_databases)}"
        write_feed(folder, source, given)
        stated = {} if extracted is None else {source: extracted}
        options = LinkOptions(at=at or on(45), seed=3, extracted=stated)
        return link(folder, invented.brief_model, url, options=options, progress=progress)

    return run


def content(url):
    return {each.key: (each.version, each.town) for each in records(url, SOURCE)}


@pytest.mark.parametrize(("when", "stated"), [("before", True), ("any", False)])
def test_messages_lead_to_what_the_source_holds_whenever_a_snapshot_comes(
    new_url, linked, when, stated
):
    rng = random.Random(len(when))
    histories = {number: history(rng, number) for number in range(30)}
    # most records of a source stay as they are, and its newest version tells the time
    histories |= {n: [(1 + n % FIRST, record(n, 1 + n % FIRST))] for n in range(100, 180)}
    histories |= {300 + day: [(day, record(300 + day, day))] for day in (FIRST, SECOND)}
    linked(new_url, held_on(histories, FIRST), at=on(FIRST))
    messages = list(messages_of(histories))
    rng.shuffle(messages)
    cuts = {"before": (len(messages),) * 2, "any": (40, 80)}[when]
    first, later, last = messages[: cuts[0]], messages[slice(*cuts)], messages[cuts[1] :]

    def meanwhile():
        with Index.open(new_url) as index:
            tell(index, later)

    with Index.open(new_url) as index:
        tell(index, first)
    summary = linked(
        new_url,
        held_on(histories, SECOND),
        extracted=on(SECOND) if stated else None,
        progress=At("cluster", meanwhile),
    )
    with Index.open(new_url) as index:
        tell(index, last)
    expected = held_on(histories, 99)
    assert content(new_url) == {each.key: (each.version, each.town) for each in expected}
    found = verify(new_url)
    assert found.clean, found.summary()
    assert summary.later


def test_what_a_snapshot_cannot_know_of_yet_is_kept_and_said(new_url, linked):
    given = [record(n, 3) for n in range(50)]
    linked(new_url, given, at=on(4))
    with Index.open(new_url) as index:
        index.put(record(60, 12))
        index.put(record(61, 2))
    summary = linked(new_url, [*given[1:], record(0, 10)])
    held = content(new_url)
    assert RecordKey(SOURCE, "0060") in held
    assert RecordKey(SOURCE, "0061") not in held
    assert summary.later == {SOURCE: 1}
    assert ("Newer than the snapshot: cypse", "1") in summary.rows()
    assert summary.as_dict()["later"] == {SOURCE: 1}
    linked(new_url, [*given[1:], record(0, 10)], extracted=on(13))
    assert RecordKey(SOURCE, "0060") not in content(new_url)


@pytest.mark.parametrize("source", ["substance_misuse", "social_care"])
def test_of_a_source_whose_versions_are_no_times_it_is_stated_when_it_was_extracted(
    new_url, linked, source
):
    """Then a version is as of the message that brought it."""

    def numbered(n):
        version = "7" if source == "social_care" else ""
        return replace(record(n, 1, source), version=version)

    given = [numbered(n) for n in range(20)]
    linked(new_url, given, source=source, at=on(4))
    with Index.open(new_url) as index:
        for n, day in ((30, 6), (31, 8)):
            index.put(numbered(n), cause=Cause(at=on(day)))
    summary = linked(new_url, given, source=source, extracted=on(7))
    assert summary.later == {source: 1}
    keys = {key.source_id for key in membership(new_url)}
    assert keys == {each.source_id for each in given} | {"0031"}
    assert linked(new_url, given, source=source).later == {}
    assert len(membership(new_url)) == len(given)


def test_a_feed_does_not_undo_what_came_after_it_was_extracted(new_url, linked):
    given = [replace(record(n, 1, "substance_misuse"), version="") for n in range(9)]
    linked(new_url, given, source="substance_misuse", at=on(4))
    with Index.open(new_url) as index:
        index.put(replace(given[0], town="Elsewhere"), cause=Cause(at=on(8)))
    linked(new_url, given, source="substance_misuse", extracted=on(7))
    assert {each.town for each in records(new_url, "substance_misuse")} == {"Town 1", "Elsewhere"}
    linked(new_url, given, source="substance_misuse")
    assert {each.town for each in records(new_url, "substance_misuse")} == {"Town 1"}


def test_when_a_feed_was_extracted_is_stated_of_feeds_that_come(invented, tmp_path):
    options = LinkOptions(extracted={"nomis": on(1)})
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(FeedNotFound) as caught:
        link(invented.feeds / "courts.csv", invented.brief_model, url, options=options)
    assert caught.value.where == {"source": "nomis"}


@pytest.mark.parametrize("source", ["nomis", ""])
def test_no_feed_was_extracted_after_the_link(invented, tmp_path, source):
    options = LinkOptions(extracted={source: on(2)}, at=on(1))
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(UsageError, match="after this link"):
        link(invented.feeds / "nomis.csv", invented.brief_model, url, options=options)


@pytest.mark.parametrize("versioned", [True, False], ids=["its version", "no version"])
def test_what_is_deleted_after_a_snapshot_lacked_it_does_not_come_back(new_url, linked, versioned):
    given = [record(n, 3) for n in range(40)]
    linked(new_url, given)
    linked(new_url, given[1:])
    version = given[0].version if versioned else ""
    with Index.open(new_url) as index:
        assert index.delete(given[0].key, version=version).status is Status.DELETED
        assert index.delete(given[0].key, version=version).status is Status.DUPLICATE
        assert index.put(given[0]).status is Status.STALE


def test_linking_then_ingesting_is_ingesting_then_linking(new_url, linked):
    """For every case at once, each about a record of its own."""
    given = [record(n, 3) for n in range(40)] + [record(40, 5)]
    told = [
        (record(1, 3, town="Another content of its version"), None),
        (record(2, 3), None),
        (record(3, 2), None),
        (record(4, 4), None),
        (record(70, 9), None),
        (None, record(5, 3)),
        (None, record(6, 2)),
        (None, record(7, 4)),
    ]

    def ingest():
        with Index.open(new_url) as index:
            for put, gone in told:
                if put is not None:
                    index.put(put)
                else:
                    index.delete(gone.key, version=gone.version)

    linked(new_url, given[8:], at=on(1))
    ingest()
    linked(new_url, given, at=on(2))
    first = content(new_url)
    ingest()
    assert content(new_url) == first
    linked(new_url, given, at=on(3))
    assert content(new_url) == first
    towns = {int(key.source_id): town for key, (_, town) in first.items()}
    assert towns == {n: "Town 3" for n in range(40) if n not in (5, 7)} | {
        4: "Town 4",
        40: "Town 5",
        70: "Town 9",
    }


@pytest.mark.parametrize("way", ["messages", "file", "link"])
def test_a_deletion_in_the_version_held_counts_whichever_way_it_comes(invented, url, feeds, way):
    """Police systems delete a record without giving it another version."""
    folder = feeds("police_custody")
    with edited(folder / "police_custody.csv") as rows:
        rows[0]["row_action"] = "DELETE"
    gone = RecordKey("police_custody", rows[0][SOURCES["police_custody"].key])
    with Index.open(url) as index:
        match way:
            case "messages":
                version = next(
                    each.version for each in records(url, gone.source) if each.key == gone
                )
                assert index.delete(gone, version=version).status is Status.DELETED
                assert index.delete(gone, version=version).status is Status.DUPLICATE
            case "file":
                path = folder / "police_custody.csv"
                assert ingest_file(index, path, Rejects()).statuses["deleted"] == 1
            case "link":
                link(folder, invented.brief_model, url, options=LATER)
    assert gone not in membership(url)
