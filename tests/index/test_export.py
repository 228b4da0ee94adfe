"""Whole tables out of the small index of `tests/conftest.py`."""

from __future__ import annotations

import math

import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from mpi.errors import UnwritableOutput, UsageError
from mpi.index.index import Index


@pytest.fixture(scope="module")
def index(index_url):
    with Index.open(index_url) as index:
        yield index


def test_cross_references_have_every_record_once_with_its_person(index, tmp_path):
    to = tmp_path / "x.parquet"
    assert index.export("cross-references", to) == 9
    table = pq.read_table(to)
    assert table.column_names == ["source", "source_id", "person_id", "confidence"]
    rows = {(r["source"], r["source_id"]): r for r in table.to_pylist()}
    assert len(rows) == 9
    assert rows["pds", "9990000018"]["confidence"] == 0.995
    assert rows["ndelius", "X123456"] == {
        "source": "ndelius",
        "source_id": "X123456",
        "person_id": "ann",
        "confidence": 0.91,
    }


def test_a_record_without_identifiers_is_exported_too(index, tmp_path):
    to = tmp_path / "x.parquet"
    index.export("cross-references", to)
    assert ("police_custody", "dee", 0.995) in [
        (r["source"], r["person_id"], r["confidence"]) for r in pq.read_table(to).to_pylist()
    ]


def test_records_of_a_large_person_have_the_weakest_confidence_on_the_path(index, tmp_path):
    to = tmp_path / "x.parquet"
    index.export("cross-references", to)
    found = {
        r["source_id"]: r["confidence"]
        for r in pq.read_table(to).to_pylist()
        if r["person_id"] == "cat"
    }
    assert found == {"S7": 0.995, "Y8": 0.99, "A8888BC": 0.93}


def test_links_have_weight_in_bits_and_the_probability_that_follows(index, tmp_path):
    to = tmp_path / "links.parquet"
    rows = index.export("links", to)
    table = pq.read_table(to).to_pylist()
    assert rows == len(table) == 8
    assert list(table[0]) == [
        "source_l",
        "source_id_l",
        "source_r",
        "source_id_r",
        "match_weight",
        "match_probability",
    ]
    by_keys = {(r["source_id_l"], r["source_id_r"]): r for r in table}
    weak = by_keys["X123456", "9990000018"]
    assert weak["match_weight"] == 2.0
    assert math.isclose(weak["match_probability"], 0.8)


@pytest.mark.parametrize("what", ["cross-references", "links"])
def test_rows_are_in_the_order_of_the_keys_however_records_came(index, tmp_path, what):
    index.export(what, tmp_path / "x.parquet")
    ends = [name for name in pq.read_schema(tmp_path / "x.parquet").names if "source" in name]
    keys = [
        tuple(r[name] for name in ends) for r in pq.read_table(tmp_path / "x.parquet").to_pylist()
    ]
    assert keys == sorted(keys)
    if what == "links":
        assert all(key[:2] < key[2:] for key in keys)


@pytest.mark.parametrize("what", ["cross-references", "links"])
def test_csv_says_the_same_as_parquet(index, tmp_path, what):
    index.export(what, tmp_path / "x.parquet")
    index.export(what, tmp_path / "x.csv")
    parquet = pq.read_table(tmp_path / "x.parquet")
    types = pyarrow.csv.ConvertOptions(column_types=parquet.schema)
    assert pyarrow.csv.read_csv(tmp_path / "x.csv", convert_options=types).equals(parquet)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_exporting_twice_gives_the_same_bytes(index, tmp_path, suffix):
    first, second = tmp_path / f"1{suffix}", tmp_path / f"2{suffix}"
    index.export("links", first)
    index.export("links", second)
    assert first.read_bytes() == second.read_bytes()


def test_a_suffix_that_names_no_format_is_misuse(index, tmp_path):
    with pytest.raises(UsageError, match=r"\.parquet or \.csv"):
        index.export("links", tmp_path / "links.xlsx")


def test_another_table_is_misuse(index, tmp_path):
    with pytest.raises(UsageError, match="cross-references, links"):
        index.export("persons", tmp_path / "x.csv")


def test_a_place_that_cannot_be_written_is_named(index, tmp_path):
    with pytest.raises(UnwritableOutput, match="nowhere"):
        index.export("links", tmp_path / "nowhere" / "links.csv")


def test_a_failed_export_leaves_what_was_there_and_nothing_else(index, tmp_path):
    to = tmp_path / "links.csv"
    to.mkdir()
    with pytest.raises(UnwritableOutput):
        index.export("links", to)
    assert to.is_dir()
    assert list(tmp_path.iterdir()) == [to]
