"""`mpi match` over the linked index of invented people."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import orjson
import pytest

from mpi.api.match_schemas import Matches


@pytest.fixture
def matching(mpi, invented, monkeypatch):
    """Run `mpi match` on the index with something on stdin."""

    def run(content, *arguments):
        stdin = SimpleNamespace(buffer=io.BytesIO(content))
        monkeypatch.setattr("sys.stdin", stdin)
        return mpi("match", "--index", f"sqlite:///{invented.index}", *arguments)

    return run


@pytest.fixture(scope="module")
def row(invented):
    """A row of a feed that has a name."""
    with (invented.feeds / "nomis.csv").open(newline="", encoding="utf-8") as file:
        return orjson.dumps(next(csv.DictReader(file)))


def test_a_row_of_a_feed_is_matched_like_the_record_it_became(matching, row):
    done = matching(row, "--source", "nomis", "--json")
    Matches.model_validate(done.json)
    assert done.code == 0
    assert done.json["held_by"]


def test_the_table_has_every_person_and_the_probability_of_none(matching, row):
    listed = matching(row, "--source", "nomis", "--all", "--json").json
    shown = matching(row, "--source", "nomis", "--all").out
    assert f"of person {listed['held_by']}" in shown
    assert f"None of them: {listed['p_null']:.4f}" in shown
    for person in listed["persons"]:
        assert person["person_id"] in shown
        assert person["grade"] in shown


def test_a_record_in_our_own_words_is_matched(matching):
    record = {"names": {"given": "Zebedee", "family": "Quux"}, "birth_dates": "1901-02-03"}
    done = matching(orjson.dumps(record), "--json")
    assert done.json["searchable"] is True
    assert done.json["persons"] == []


def test_a_record_with_nothing_to_match_on_says_so(matching):
    done = matching(b"{}")
    assert done.code == 0
    assert "nothing to match on" in done.out


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        (b"not json", (), "It is not JSON."),
        (b'{"shoe": 9}', (), "fields that no record has"),
        (b"{}", ("--source", "shoe-shop"), "no source system of this name"),
        (b"{}", ("--source", "nomis"), "lacks a column"),
    ],
)
def test_what_is_no_record_ends_with_a_sentence(matching, content, arguments, said):
    done = matching(content, *arguments)
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err


def test_an_index_without_its_release_says_to_link_again(mpi, index_url, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"{}")))
    done = mpi("match", "--index", index_url)
    assert done.code == 1
    assert "link it again" in done.err


def test_a_file_is_read_like_stdin(matching, row, tmp_path):
    path = tmp_path / "row.json"
    path.write_bytes(row)
    assert (
        matching(b"", str(path), "--source", "nomis").out == matching(row, "--source", "nomis").out
    )


def test_a_file_that_is_not_there_is_misuse(matching, tmp_path):
    assert matching(b"", str(tmp_path / "none.json")).code == 2
