"""How a feed meets what the index holds: row by row, without a feed."""

from dataclasses import replace

import pyarrow as pa
import pytest

from mpi.errors import TruncatedSnapshot
from mpi.linking.delivery import Buried, Delivery, Said, meet, replaces
from mpi.sources import FeedRows, Rejects, load_sources
from mpi.sources.versions import version_key

SOURCES = load_sources()
DELTA, SNAPSHOT, WITHOUT_VERSIONS = SOURCES["courts"], SOURCES["nomis"], SOURCES["substance_misuse"]
FIVE = version_key("5")


@pytest.mark.parametrize(("brings", "admitted"), [("4", False), ("5", True), ("6", True)])
@pytest.mark.parametrize("source", [DELTA, SNAPSHOT], ids=["delta", "snapshot"])
def test_a_row_older_than_what_is_held_comes_too_late(source, brings, admitted):
    delivery = Delivery(source, known={"1": FIVE})
    assert delivery.admits("1", version_key(brings)) is admitted
    assert delivery.admits("2", version_key(brings))


@pytest.mark.parametrize(
    ("deleted", "brings", "admitted"),
    [
        (True, "4", False),
        (True, "5", False),
        (True, "6", True),
        (False, "4", False),
        (False, "5", True),
    ],
)
def test_what_is_gone_comes_back_in_a_later_version_or_where_it_was_only_absent(
    deleted, brings, admitted
):
    delivery = Delivery(DELTA, buried={"1": Buried(FIVE, deleted)})
    assert delivery.admits("1", version_key(brings)) is admitted


@pytest.mark.parametrize(
    ("deleted", "brings", "admitted"), [(False, "1", True), (True, "1", False), (True, "6", True)]
)
def test_a_snapshot_brings_back_what_was_absent_and_what_was_deleted_in_an_earlier_version(
    deleted, brings, admitted
):
    delivery = Delivery(SNAPSHOT, buried={"1": Buried(FIVE, deleted)})
    assert delivery.admits("1", version_key(brings)) is admitted


@pytest.mark.parametrize(
    ("event_time", "admitted"),
    [("2026-01-01T08:00:00Z", True), ("2026-01-01T10:00:00+01:00", True), ("2026-01-02", False)],
)
def test_where_there_are_no_versions_a_row_is_as_of_its_delivery(event_time, admitted):
    held = version_key("", event_time, payload=b"{}")
    delivery = Delivery(WITHOUT_VERSIONS, known={"1": held}, at="2026-01-01T09:00:00+00:00")
    assert WITHOUT_VERSIONS.version is None
    assert delivery.admits("1", delivery.version("")) is admitted


@pytest.mark.parametrize(
    ("version", "said", "stands"),
    [
        ("4", Said.BY_FEED, False),
        ("4", Said.DELETED, False),
        ("5", Said.BY_MESSAGE, False),
        ("5", Said.BY_FEED, True),
        ("5", Said.DELETED, True),
        ("6", Said.BY_MESSAGE, True),
    ],
)
def test_of_one_version_a_feed_stands_before_a_message_and_a_deletion_before_both(
    version, said, stands
):
    assert replaces(version_key(version), FIVE, said) is stands


AT = "2026-03-01T00:00:00+00:00"


def snapshot(source, versions):
    """The rows of a feed, of which only keys and versions matter."""
    columns = {source.key: [key for key, _ in versions]}
    if source.version is not None:
        columns[source.version.column] = [text for _, text in versions]
    return FeedRows(pa.table({"row": list(range(len(versions))), **columns}))


JANUARY, NEWER = "2026-01-01 00:00:00", "2026-02-01 00:00:00"
ROWS = [("1", JANUARY), ("2", NEWER)]


@pytest.mark.parametrize(
    ("source", "rows", "held", "at", "gone"),
    [
        ("nomis", ROWS, "2026-02-01T00:00:00", "", True),
        ("nomis", ROWS, "2026-02-01T00:00:01", "", False),
        ("nomis", ROWS, "2026-02-01T00:00:01Z", "", False),
        ("nomis", ROWS, "2026-02-01T00:00:01", "2026-02-01T00:00:01Z", True),
        ("nomis", ROWS, "2026-01-15", "2026-01-10T00:00:00Z", False),
        ("nomis", ROWS, "42", "", True),
        ("nomis", ROWS, "", "", True),
        ("nomis", [("1", "unreadable"), ("2", NEWER)], "2026-02-02", "", False),
        ("nomis", [("1", "unreadable")], "2026-02-02", "", True),
        ("nomis", [("1", "unreadable")], "2026-03-02", "", False),
        ("nomis", [*ROWS, ("3", "2062-01-01 00:00:00")], "2026-02-27", "", True),
        ("nomis", [*ROWS, ("3", "2062-01-01 00:00:00")], "2026-03-02", "", False),
        ("ndelius", [("1", "41"), ("2", "42")], "43", "", True),
        ("ndelius", [("1", "41"), ("2", "42")], "43", "2026-01-01T00:00:00Z", True),
        ("substance_misuse", [("1", ""), ("2", "")], "2026-02-27", "", True),
        ("substance_misuse", [("1", ""), ("2", "")], "2026-03-02", "", False),
        ("substance_misuse", [("1", ""), ("2", "")], "2026-02-27", "2026-02-26T00:00:00Z", False),
    ],
)
def test_a_record_is_gone_if_a_snapshot_of_a_later_time_lacks_it(source, rows, held, at, gone):
    source = SOURCES[source]
    key = version_key("", held, payload=b"{}") if source.version is None else version_key(held)
    delivery = Delivery(source, known={"9": key}, at=at or AT, is_stated=bool(at))
    lacked = delivery.lacked(snapshot(source, rows))
    nobody, one = frozenset(), frozenset("9")
    assert (lacked.gone, lacked.later) == ((one, nobody) if gone else (nobody, one))


def test_a_version_that_is_no_time_is_as_of_its_message_where_the_time_of_the_snapshot_is_known():
    known = {"8": version_key("43"), "9": version_key("44")}
    asked = []

    def heard(time):
        asked.append(time)
        return frozenset("9")

    delivery = Delivery(SOURCES["ndelius"], known=known, at=AT, heard_since=heard)
    rows = snapshot(SOURCES["ndelius"], [("1", "45")])
    assert delivery.lacked(rows).gone == {"8", "9"}
    stated = replace(delivery, is_stated=True).lacked(rows)
    assert (stated.gone, stated.later, asked) == ({"8"}, {"9"}, [AT])


@pytest.mark.parametrize(("brought", "refused"), [(17, True), (18, False)])
def test_what_a_snapshot_cannot_know_of_does_not_count_where_its_time_is_stated(brought, refused):
    known = {str(n): version_key("2026-01-01T00:00:00") for n in range(20)}
    late = {f"late{n}": version_key("2026-02-02T00:00:00") for n in range(5)}
    given = [(key, NEWER) for key in list(known)[:brought]]
    source = SOURCES["nomis"]
    stated = Delivery(source, known=known | late, at="2026-02-01T00:00:00+00:00", is_stated=True)
    if refused:
        with pytest.raises(TruncatedSnapshot) as caught:
            meet(stated, snapshot(source, given), "nomis.csv", Rejects())
        assert "3 of 20" in caught.value.detail
    else:
        assert meet(stated, snapshot(source, given), "nomis.csv", Rejects()).later == 5
    # its own rows may be too few to tell the time
    told = replace(stated, is_stated=False, at=AT)
    with pytest.raises(TruncatedSnapshot, match="state when it was extracted"):
        meet(told, snapshot(source, given), "nomis.csv", Rejects())
