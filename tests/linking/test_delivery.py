"""How a feed meets what the index holds: row by row, without a feed."""

import pytest

from mpi.linking.delivery import Buried, Delivery
from mpi.sources import load_sources
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
