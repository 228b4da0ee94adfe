from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.sources.dates import read_version
from mpi.sources.versions import version_key

zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1), timezones=zones)


@given(numbers=st.lists(st.integers(-(10**20) + 1, 10**20 - 1), min_size=2, max_size=2))
def test_numbers_come_in_the_order_of_their_values(numbers):
    one, other = numbers
    assert (version_key(str(one)) < version_key(str(other))) == (one < other)
    assert (version_key(str(one)) == version_key(str(other))) == (one == other)


@given(number=st.integers(0, 10**15), width=st.integers(0, 30))
def test_a_number_is_the_same_version_however_it_is_padded(number, width):
    assert version_key(str(number).zfill(width)) == version_key(read_version(str(number), ()))


@given(one=moments, other=moments)
def test_times_come_in_the_order_in_which_they_were_wherever_that_was(one, other):
    keys = version_key(one.isoformat()), version_key(other.isoformat())
    assert (keys[0] < keys[1]) == (one < other)
    assert (keys[0] == keys[1]) == (one == other)


@given(moment=moments)
def test_a_time_without_a_zone_is_one_of_utc(moment):
    bare = moment.astimezone(UTC).replace(tzinfo=None)
    assert version_key(bare.isoformat()) == version_key(moment.isoformat())


@pytest.mark.parametrize(
    "text",
    ["v2", "2024", "2024-02-07", "2024-13-45T99:00:00", "1" * 40, "٣", "0001-01-01T00:00:00+01:00"],
)
def test_any_other_text_is_its_own_key_but_for_numbers(text):
    expected = "1" + "2024".zfill(20) if text == "2024" else text
    assert version_key(text) == expected


def test_messages_without_versions_come_in_the_order_of_events_then_of_content():
    early, late = "2026-01-01T10:00:00+01:00", "2026-01-01T09:30:00Z"
    one, other = (version_key("", early, payload=p) for p in (b"one", b"other"))
    assert one != other
    assert max(one, other) < version_key("", late, payload=b"one")
    assert one == version_key("", "2026-01-01T09:00:00", payload=b"one")
    assert one < version_key("", "2026-01-01T09:00:00.001", payload=b"one")


def test_without_anything_a_version_is_older_than_all_others():
    assert version_key("") == "" < version_key("-99999")
