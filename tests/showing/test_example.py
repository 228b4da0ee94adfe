"""The example is made once, whole, and never in the place of anything else."""

from __future__ import annotations

import pytest

pytest.importorskip("altair", reason="the extra `notebooks` is not installed")

from mpi.errors import UnwritableOutput
from mpi.index.index import Index
from mpi.index.judge import evaluate_labels
from mpi.showing.example import LATE, example


def test_an_example_is_made_once(tmp_path):
    made = example(tmp_path / "here" / "example", people=150)
    before = made.labels.stat().st_mtime_ns
    assert example(made.folder, people=150) == made
    assert made.labels.stat().st_mtime_ns == before
    assert [path.name for path in made.folder.parent.iterdir()] == ["example"]
    with Index.open(made.index) as index:
        events = index.events(limit=10_000).frame()
    came_late = events[events["at"].str.startswith("2026-02") & (events["type"] == "record-moved")]
    moved_in = came_late[came_late["came_from"].isna()]
    assert set(moved_in["record"].str.partition("|")[0]) == set(LATE)
    judged = evaluate_labels(made.index, made.labels)
    assert judged.labels["same"] > judged.labels["different"] > 0
    assert {"establishment", "died", "observed"} <= set(made.episodes.columns)


def test_a_folder_of_other_things_stays_as_it_is(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(UnwritableOutput):
        example(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]
