"""A truth file: what of it is read, and what makes it unusable."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpi.errors import InvalidTruth
from mpi.index.truth import MOST_GROUPS, read_truth


def written(table, to):
    pq.write_table(table, to)
    return to


ROWS = "source,source_id,person,group\nnomis,1,a,x\nnomis,2,a,y\n"


@pytest.mark.parametrize(
    ("text", "by", "where"),
    [
        (ROWS, ("size",), {"column": "size"}),
        ("source,source_id\nnomis,1\n", (), {"column": "person"}),
        (ROWS + "nomis,1,b,x\n", (), {}),
        (ROWS.replace("nomis,2,a,y", "nomis,2,,y"), (), {"column": "person", "row": 2}),
        (ROWS.replace("nomis,2", "nomis, "), (), {"column": "source_id", "row": 2}),
        ("not,a\ntruth\n", (), {}),
        ("", (), {}),
    ],
    ids=["no column", "no person column", "twice", "no person", "no key", "ragged", "empty"],
)
def test_a_truth_that_cannot_be_used_is_refused(tmp_path, text, by, where):
    path = tmp_path / "truth.csv"
    path.write_text(text)
    with pytest.raises(InvalidTruth) as refusal:
        read_truth(path, by)
    assert refusal.value.where == {"file": path, **where}


def test_a_column_of_too_many_values_is_no_subgroup(tmp_path):
    path = tmp_path / "truth.csv"
    rows = [f"nomis,{n},{n},{n}" for n in range(MOST_GROUPS + 1)]
    path.write_text("\n".join(["source,source_id,person,born", *rows]))
    with pytest.raises(InvalidTruth, match="too many groups") as refusal:
        read_truth(path, ("born",))
    assert refusal.value.where == {"file": path, "column": "born"}
    assert len(read_truth(path)) == MOST_GROUPS + 1


@pytest.mark.parametrize(
    ("values", "flags"),
    [
        (pa.array([1, 0], pa.int8()), [True, False]),
        (pa.array([None, True]), [None, True]),
        (pa.array([None, None]), [None, None]),
    ],
    ids=["numbers", "some not known", "none known"],
)
def test_a_flag_of_twins_may_be_written_in_several_ways(tmp_path, values, flags):
    columns = {"source": ["nomis"] * 2, "source_id": ["1", "2"], "person": ["a", "b"]}
    path = written(pa.table({**columns, "twin": values}), tmp_path / "t.parquet")
    assert pa.array(read_truth(path)["twin"], from_pandas=True).to_pylist() == flags


def test_a_flag_of_twins_in_words_is_refused(tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text("source,source_id,person,twin\nnomis,1,a,perhaps\n")
    with pytest.raises(InvalidTruth, match="true or false"):
        read_truth(path)


def test_lists_make_no_groups(tmp_path):
    columns = {"source": ["nomis"], "source_id": ["1"], "person": ["a"], "names": [["x", "y"]]}
    path = written(pa.table(columns), tmp_path / "t.parquet")
    with pytest.raises(InvalidTruth) as refusal:
        read_truth(path, ("names",))
    assert refusal.value.where == {"file": path, "column": "names"}


def test_a_key_that_reads_as_nothing_elsewhere_is_a_key(tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text("source,source_id,person,group\nnomis,NA,a,null\nnomis,007,a,\n")
    found = read_truth(path, ("group",))
    assert found["source_id"].tolist() == ["NA", "007"]
    assert found["group"][0] == "null"
    assert found["group"].isna().tolist() == [False, True]


def test_only_what_is_asked_for_is_read(invented):
    kept = read_truth(invented.truth, ("sex",)).columns
    assert set(kept) == {
        "source", "source_id", "person", "sex", "household", "twin", "siblings"
    }  # fmt: skip
