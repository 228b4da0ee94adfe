"""NDJSON feeds: fields left out, and values of the wrong shape."""

from __future__ import annotations

import orjson
import pytest

from mpi.errors import MissingColumn, TooManyRejects, UnreadableFeed
from mpi.records import Name
from mpi.sources import Rejects, read_feed, read_table
from tests.sources.small_feed import ids

FLAT = {"first": "Ann", "last": "A", "dob": "11/03/1984", "other_dobs": "01/02/1990"}


@pytest.fixture
def ndjson(make):
    """A feed of some objects."""

    def made(*objects, extra=""):
        content = b"\n".join(map(orjson.dumps, objects))
        return make(content, extra, name="feed.ndjson")

    return made


def rejected(rejects):
    return [(each.row, each.key, each.column, each.reason) for each in rejects.items]


def test_a_column_that_no_line_has_is_empty(ndjson):
    path, source = ndjson({"ref": "1", "first": "Ann"}, {"ref": "2", "first": "Bo"})
    rejects = Rejects()
    found = list(read_feed(path, source, rejects))
    assert [(r.source_id, r.names, r.birth_dates) for r in found] == [
        ("1", (Name("Ann", ""),), ()),
        ("2", (Name("Bo", ""),), ()),
    ]
    assert rejects.items == []


def test_a_feed_without_a_single_key_lacks_its_column(ndjson):
    path, source = ndjson(FLAT, FLAT | {"first": "Bo"})
    with pytest.raises(MissingColumn) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where == {"file": str(path), "column": "ref"}


KEYS = [
    ({"id": 1}, "key is no text or number"),
    ([1], "key is no text or number"),
    (True, "key is no text or number"),
    (False, "key is no text or number"),
    (None, "no key"),
    ("  ", "no key"),
    (1e20, "key is too large a number"),
]


@pytest.mark.parametrize(("key", "reason"), KEYS)
def test_a_key_that_names_nothing_rejects_its_row(ndjson, key, reason):
    good = [{"ref": n} | FLAT for n in (1, 2)]
    path, source = ndjson(*good, {"ref": key} | FLAT)
    rejects = Rejects()
    assert ids(path, source, rejects) == ["1", "2"]
    assert rejected(rejects) == [(3, "", "ref", reason)]


def test_a_key_of_more_digits_than_can_be_read_is_never_rounded(make):
    content = b'{"ref": 1, "first": "A"}\n{"ref": 99999999999999999999, "first": "B"}\n'
    path, source = make(content, name="feed.ndjson")
    rejects = Rejects()
    assert ids(path, source, rejects) == ["1"]
    assert rejects.by_reason() == {"key is too large a number": 1}


@pytest.mark.parametrize("key", [7, "7", 7.5])
def test_a_text_or_number_is_a_key(ndjson, key):
    path, source = ndjson({"ref": key} | FLAT)
    assert ids(path, source) == [str(key)]


@pytest.mark.parametrize("value", [{"text": "Bo"}, ["Bo"], [], {}])
def test_an_object_or_list_in_a_column_of_one_value_is_no_evidence(ndjson, value):
    path, source = ndjson({"ref": 1} | FLAT, {"ref": 2} | FLAT | {"first": value})
    rejects = Rejects()
    _, second = read_feed(path, source, rejects)
    assert second.names == (Name("", "A"),)
    assert second.birth_dates == ("1984-03-11", "1990-02-01")
    assert rejected(rejects) == [(2, "2", "first", "no text or number")]


@pytest.mark.parametrize(
    ("value", "dates"),
    [
        (["01/02/1990", {"at": 1}, "02/02/1990"], ("1990-02-01", "1990-02-02")),
        ([["01/02/1990"]], ()),
        ({"at": "01/02/1990"}, ()),
    ],
)
def test_what_is_no_text_in_a_list_is_left_out_and_reported_once(ndjson, value, dates):
    path, source = ndjson({"ref": 1} | FLAT, {"ref": 2} | FLAT | {"other_dobs": value})
    rejects = Rejects()
    _, second = read_feed(path, source, rejects)
    assert second.birth_dates[1:] == dates
    assert rejected(rejects) == [(2, "2", "other_dobs", "not a list of texts or numbers")]


def test_a_column_of_objects_stops_the_feed(ndjson):
    path, source = ndjson(*({"ref": n} | FLAT | {"last": {"n": "A"}} for n in range(5)))
    with pytest.raises(UnreadableFeed) as caught:
        read_table(path, source, Rejects())
    assert caught.value.where == {"file": str(path), "column": "last"}


def test_values_left_out_are_not_counted_as_rows(ndjson):
    spoilt = FLAT | {key: {} for key in FLAT}
    path, source = ndjson(*({"ref": n} | (spoilt if n > 3 else FLAT) for n in range(6)))
    rejects = Rejects()
    assert len(ids(path, source, rejects)) == 6
    assert rejects.by_reason() == {"no text or number": 6, "not a list of texts or numbers": 2}


def test_rows_without_a_usable_key_are(ndjson):
    path, source = ndjson({"ref": 1} | FLAT, {"ref": [2]} | FLAT, {"ref": True} | FLAT)
    with pytest.raises(TooManyRejects):
        read_table(path, source, Rejects())
