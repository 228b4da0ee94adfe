"""Nested partitions, and the range of a statistic over them."""

from __future__ import annotations

import pandas as pd
import pytest

from mpi.index.decide import Decision, Seal, Verdict
from mpi.index.index import Index
from mpi.index.study.partitions import Partitions
from mpi.records import RecordKey


@pytest.fixture(scope="module")
def partitions(study):
    return study.partitions()


def test_each_partition_lies_inside_the_one_before(partitions):
    assert len(partitions.averages) == 5
    assert list(partitions.averages) == sorted(partitions.averages)
    for looser, stricter in zip(partitions.columns, partitions.columns[1:], strict=False):
        assert partitions.frame.groupby(stricter)[looser].nunique().max() == 1
    persons = [partitions.frame[column].nunique() for column in partitions.columns]
    assert persons[0] < persons[-1]


def test_the_one_in_use_is_that_of_the_index(partitions):
    frame, column = partitions.frame, partitions.columns[partitions.at]
    assert frame.groupby(column)["person_id"].nunique().max() == 1
    assert frame.groupby("person_id")[column].nunique().max() == 1


def by_hand() -> Partitions:
    """Three records: one person, then two, then three."""
    frame = pd.DataFrame(
        {
            "source": ["s", "s", "t"],
            "source_id": ["1", "2", "3"],
            "person_id": ["p", "p", "q"],
            "t1": [0, 0, 0],
            "t2": [0, 0, 2],
            "t3": [0, 1, 2],
        }
    )
    return Partitions(frame, (-2.0, 0.0, 2.0), 1)


def test_a_statistic_comes_with_its_range():
    found = by_hand().sensitivity(lambda records: records["person"].nunique())
    assert found.values["value"].tolist() == [1.0, 2.0, 3.0]
    assert found.values["persons"].tolist() == [1, 2, 3]
    assert (found.in_use, found.low, found.high) == (2.0, 1.0, 3.0)
    assert str(found) == "2 (1 to 3 over the thresholds)"
    assert "2 (1 to 3" in found._repr_html_()


def test_a_statistic_sees_records_with_a_person_and_what_else_is_known():
    seen = []
    about = pd.DataFrame({"source": ["s"], "source_id": ["2"], "age": [40.0]})
    by_hand().sensitivity(lambda records: seen.append(records) or 0.0, about)
    assert list(seen[0].columns) == ["source", "source_id", "age", "person"]
    assert seen[0]["age"].fillna(0).tolist() == [0.0, 40.0, 0.0]
    assert [each["person"].tolist() for each in seen] == [[0, 0, 0], [0, 0, 2], [0, 1, 2]]


def test_decisions_and_seals_hold_in_every_partition(invented, tmp_path):
    with Index.open(invented.copy_of_index(tmp_path / "mpi.db")) as index:
        sizes = index.study.persons().groupby("person_id").size()
        apart, sealed = (
            index.study.neighbourhood(person_id).records
            for person_id in sizes[sizes == 3].index[:2]
        )
        keys = [RecordKey(*key) for key in apart[["source", "source_id"]].to_numpy()]
        for other in keys[1:]:
            index.decide(Decision(Verdict.DIFFERENT, keys[0], other))
        one, other, *_ = (RecordKey(*key) for key in sealed[["source", "source_id"]].to_numpy())
        index.seal(Seal((one,), (other,)))
        found = index.study.partitions()
    frame = found.frame.set_index(["source", "source_id"])
    for column in found.columns:
        assert frame.loc[keys[0], column] not in {frame.loc[key, column] for key in keys[1:]}
        assert frame.loc[one, column] != frame.loc[other, column]
    column = found.columns[found.at]
    assert (found.frame.groupby(column)["person_id"].nunique() == 1).all()
