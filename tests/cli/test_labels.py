"""Samples and labels on the command line: drawn, labelled, judged by, trained on, refused."""

from __future__ import annotations

import csv

import pytest

from tests.cli.spoilt import LEAK, refused

HEADER = "source_l,source_id_l,source_r,source_id_r,label"


def label_all(path, word="same"):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row | {"label": word} for row in rows)
    return rows


def test_a_sample_is_drawn_labelled_and_judged_by(mpi, world):
    to = world.folder / "labels.csv"
    drawn = mpi("sample", "--index", world.url, "--size", 80, "--to", to, "--json")
    assert drawn.code == 0, drawn.err
    assert drawn.json["drawn"] == len(label_all(to)) == 80
    judged = mpi("evaluate", "--index", world.url, "--labels", to, "--json").json
    assert judged["precision"]["estimate"] == judged["precision"]["high"] == 1.0
    assert judged["labels"]["same"] == 80
    shown = mpi("evaluate", "--index", world.url, "--labels", to)
    assert "Precision of pairs within persons" in shown.out
    assert "limits of chance" in shown.out
    assert shown.err == ""


def test_what_makes_an_estimate_less_than_it_seems_is_said_on_stderr(mpi, world):
    to = world.folder / "labels.csv"
    mpi("sample", "--index", world.url, "--size", 80, "--to", to)
    label_all(to)
    to.write_text("".join(to.read_text().splitlines(keepends=True)[:40]))
    done = mpi("evaluate", "--index", world.url, "--labels", to)
    assert done.code == 0
    assert done.err.startswith("warning: The sample stands for")


@pytest.mark.parametrize(
    "arguments",
    [(), ("--truth", "t.csv", "--labels", "l.csv"), ("--labels", "l.csv", "--by", "sex")],
    ids=["neither", "both", "labels by group"],
)
def test_an_index_is_judged_by_a_truth_or_by_labels(mpi, world, arguments):
    refused(mpi("evaluate", "--index", world.url, *arguments), "--labels", code=2)


FAULTS = {
    "evaluation labels to train on": (f"{HEADER},stream\na,1,a,2,same,evaluation\n", "row 1"),
    "a label that there is not": (f"{HEADER}\na,{LEAK},a,2,perhaps\n", "column label"),
    "a pair with itself": (f"{HEADER}\na,{LEAK},a,{LEAK},same\n", "with itself"),
    "unknown records": (f"{HEADER}\na,{LEAK},a,2,same\n", "not there"),
    "no such file": (None, "cannot be read"),
}


@pytest.mark.parametrize(("text", "named"), FAULTS.values(), ids=FAULTS)
def test_labels_that_cannot_be_trained_on_are_refused(mpi, world, text, named):
    path = world.folder / "labels.csv"
    if text is not None:
        path.write_text(text)
    done = mpi(*world.train(), "--weights-from", world.model, "--labels", path)
    refused(done, f"file {path}", named)
    assert not (world.folder / "new").exists()


def test_labels_for_training_are_refused_where_an_index_is_judged(mpi, world):
    to = world.folder / "labels.csv"
    mpi("sample", "--index", world.url, "--size", 40, "--stream", "training", "--to", to)
    label_all(to)
    refused(mpi("evaluate", "--index", world.url, "--labels", to), "column stream", "never judge")


def test_only_the_two_streams_can_be_drawn_for(mpi, world):
    to = world.folder / "labels.csv"
    done = mpi("sample", "--index", world.url, "--stream", "both", "--to", to)
    assert done.code == 2
    assert not to.exists()
