"""`mpi export` over the small index of `tests/conftest.py`."""

from __future__ import annotations

import pyarrow.csv
import pyarrow.parquet as pq
import pytest


def test_cross_references_go_to_parquet(mpi, index_url, tmp_path):
    to = tmp_path / "x.parquet"
    done = mpi("export", "cross-references", "--index", index_url, "--to", to)
    assert done.code == 0
    assert pq.read_table(to).num_rows == 9
    assert "write cross-references" in done.err
    assert "9" in done.out


def test_links_go_to_csv(mpi, index_url, tmp_path):
    to = tmp_path / "links.csv"
    done = mpi("export", "links", "--index", index_url, "--to", to, "--json")
    assert done.json == {"rows": 8, "file": str(to)}
    assert pyarrow.csv.read_csv(to).column_names[-2:] == ["match_weight", "match_probability"]


@pytest.mark.parametrize("what", ["cross-references", "links"])
def test_a_folder_that_is_not_there_is_named(mpi, index_url, tmp_path, what):
    done = mpi("export", what, "--index", index_url, "--to", tmp_path / "none" / "x.csv")
    assert (done.code, done.out) == (1, "")
    assert "error: The result cannot be written there." in done.err
    assert "none" in done.err


def test_upgrading_an_index_of_this_version_changes_nothing(mpi, index_url):
    done = mpi("upgrade", "--index", index_url, "--json")
    assert (done.code, done.json) == (0, {"index": index_url, "upgraded": True})
    assert mpi("lookup", "crn", "X123456", "--index", index_url).code == 0
