from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.sources.dates import read_version
from mpi.sources.versions import is_time, key_after, version_key

zones = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1), timezones=zones)


@given(numbers=st.lists(st.integers(-(10**20) + 1, 10**20 - 1), min_size=2, max_size=2))
def test_numbers_come_in_the_order_of_their_values(numbers):
    one, other = numbers
    assert (version_key(str(one)) < version_key(str(other))) == (one < other)
    assert (version_key(str(one)) == version_key(str(other))) == (one == other)


numbers = st.builds(
    lambda whole, part, sign: f"{sign}{whole}{part}",
    st.integers(0, 10**45) | st.integers(0, 3) | st.sampled_from([10**20 - 1, 10**20]),
    st.sampled_from(["", ".0"]) | st.integers(0, 10**6).map(lambda n: f".{n:06}"),
    st.sampled_from(["", "-", "+"]),
)


@given(one=numbers, other=numbers)
def test_decimals_and_long_numbers_come_in_the_order_of_their_values(one, other):
    keys, values = (version_key(one), version_key(other)), (Fraction(one), Fraction(other))
    assert (keys[0] < keys[1]) == (values[0] < values[1])
    assert (keys[0] == keys[1]) == (values[0] == values[1])


@given(number=st.integers(0, 10**15), width=st.integers(0, 30))
def test_a_number_is_the_same_version_however_it_is_padded(number, width):
    assert version_key(str(number).zfill(width)) == version_key(read_version(str(number), ()))


@given(one=moments, other=moments)
def test_times_come_in_the_order_in_which_they_were_wherever_that_was(one, other):
    keys = version_key(one.isoformat()), version_key(other.isoformat())
    assert (keys[0] < keys[1]) == (one < other)
    assert (keys[0] == keys[1]) == (one == other)


FORMS = (
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y%m%dT%H%M%S%z",
    "%Y-%m-%dt%H:%M:%S %z",
    "%Y-%m-%dT%H:%M:%S.000%z",
    "%Y-%m-%dT%H:%M:%S,0%z",
)
MINUTES = ("%Y-%m-%dT%H:%M%z", "%Y%m%dT%H%M%z")
forms = st.sampled_from(FORMS)


@given(one=moments, other=moments, form=forms, other_form=forms)
def test_times_come_in_order_in_whatever_form_they_are_written(one, other, form, other_form):
    one, other = (each.replace(microsecond=0) for each in (one, other))
    keys = version_key(one.strftime(form)), version_key(other.strftime(other_form))
    assert (keys[0] < keys[1]) == (one < other)
    assert (keys[0] == keys[1]) == (one == other)
    assert all(map(is_time, keys))


@given(moment=moments, form=st.sampled_from(MINUTES))
def test_a_time_without_seconds_is_the_beginning_of_its_minute(moment, form):
    whole = moment.replace(second=0, microsecond=0)
    assert version_key(whole.strftime(form)) == version_key(whole.isoformat())


@pytest.mark.parametrize("zone", ["Z", "z", " Z", "", "+00", "+0000", "-00:00"])
def test_utc_is_written_in_many_ways(zone):
    assert version_key(f"2024-02-07t09:30:00{zone}") == "2024-02-07T09:30:00"


@given(moment=moments)
def test_a_date_comes_before_all_times_of_its_day_and_after_those_of_the_day_before(moment):
    key, day = version_key(moment.isoformat()), moment.astimezone(UTC).date()
    assert version_key((day - timedelta(days=1)).isoformat()) < key
    assert version_key(day.isoformat()) <= key < version_key((day + timedelta(days=1)).isoformat())


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2024-02-07T09:30:00.1234567Z", "2024-02-07T09:30:00.1234568Z"),
        ("2024-02-07T09:30:00.9999999Z", "2024-02-07T09:30:01Z"),
        ("9" * 999, "9" * 999 + ".5"),
    ],
)
def test_nothing_is_too_fine_to_order(earlier, later):
    assert version_key(earlier) < version_key(later)


@pytest.mark.parametrize(
    ("version", "key"),
    [
        ("42", "100000000000000000042"),
        ("-42", "099999999999999999957"),
        ("9" * 20, "1" + "9" * 20),
        ("2024-02-07T09:30:00+01:00", "2024-02-07T08:30:00"),
        ("2024-02-07 09:30:00.250", "2024-02-07T09:30:00.25"),
        ("2024-02-07", "2024-02-07"),
        ("v2", "v2"),
    ],
)
def test_a_key_is_for_good_because_indexes_keep_it(version, key):
    assert version_key(version) == key


def test_what_is_as_of_a_time_comes_after_all_messages_of_that_time():
    at, later = "2026-01-01T09:00:00Z", "2026-01-01T09:00:00.001Z"
    assert version_key("", at, payload=b"one") < key_after(at) < version_key("", later, payload=b"")
    assert key_after(version_key("", at, payload=b"one")) == key_after(at)
    assert version_key(at) < key_after(at) < version_key(later)


@given(moment=moments)
def test_a_time_without_a_zone_is_one_of_utc(moment):
    bare = moment.astimezone(UTC).replace(tzinfo=None)
    assert version_key(bare.isoformat()) == version_key(moment.isoformat())


@pytest.mark.parametrize(
    "text",
    ["v2", "2024", "2024-02-07", "2024-13-45T99:00:00", "1.2.3", "٣", "0001-01-01T00:00:00+01:00"],
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
