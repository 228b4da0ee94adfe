"""What `mpi evaluate` prints: a summary, then tables by what was asked for."""

from __future__ import annotations

import json
import shutil

import pytest

from mpi.cli import rendering
from tests.cli.spoilt import refused

BY = ("sex", "age_band")


@pytest.fixture
def asked(invented):
    return ("evaluate", "--truth", invented.truth, "--index", f"sqlite:///{invented.index}")


@pytest.mark.parametrize(
    "given",
    [
        ("--by", "sex,age_band"),
        ("--by", "sex", "--by", "age_band"),
        ("--by", " sex , age_band,", "--by", "sex"),
    ],
    ids=["commas", "repeated", "both, and one of them twice"],
)
def test_columns_are_given_with_commas_or_one_by_one(mpi, asked, given):
    assert list(mpi(*asked, *given, "--json").json["groups"]) == list(BY)


def test_the_summary_comes_first_then_groups_bands_rules_and_thresholds(mpi, asked):
    done = mpi(*asked, "--by", "sex,age_band", "--all")
    assert done.code == 0
    titles = (
        "Against ",
        "pairwise recall",
        "Twin pairs wrongly merged",
        "By sex",
        "By age_band",
        "How far confidence can be trusted",
        "What blocking finds",
        "The same links clustered at other thresholds",
    )
    places = [done.out.index(title) for title in titles]
    assert places == sorted(places)
    assert "as shipped" in done.out
    assert "withheld" in done.out


def test_only_the_groups_most_missed_are_shown_unless_all_are_asked_for(mpi, asked):
    short, whole = (mpi(*asked, "--by", "sex,age_band", *more).out for more in ((), ("--all",)))
    said = mpi(*asked, "--by", "sex,age_band", "--json").json["groups"]
    assert "By age_band" not in short
    assert "What blocking finds" not in short
    assert f"of {len(said['sex'])} by sex, {len(said['age_band'])} by age_band" in short
    shown = [line.split()[1] for line in short.splitlines() if line.strip().startswith("age_band:")]
    told = [group for group in said["age_band"] if not group["small"]]
    told.sort(key=lambda g: (g["significant"], g["missed_match"]["rate"]), reverse=True)
    assert shown == [group["group"] for group in told[:2]]
    assert "With --all also all groups" in short
    assert "--all" not in whole
    assert len(short.splitlines()) < len(whole.splitlines()) - 20


def test_without_columns_there_are_no_groups(mpi, asked):
    done = mpi(*asked)
    assert "By sex" not in done.out
    assert "Missed: of the true pairs" not in done.out


def test_on_a_narrow_terminal_intervals_give_way(mpi, asked, monkeypatch):
    wide = mpi(*asked, "--by", "sex", "--all").out
    monkeypatch.setattr(rendering, "WIDE", 80)
    narrow = mpi(*asked, "--by", "sex", "--all").out
    rows = [
        next(line for line in out.splitlines() if line.strip().startswith("male "))
        for out in (wide, narrow)
    ]
    assert "% to " in rows[0]
    assert "% to " not in rows[1]
    assert rows[0].count("%") > rows[1].count("%") == 5


def test_a_column_that_the_truth_lacks_is_named(mpi, asked, invented):
    refused(mpi(*asked, "--by", "sex,shoe_size"), invented.truth, "column shoe_size")


def test_the_model_card_of_the_release_gets_the_evaluation(mpi, asked, invented, tmp_path):
    model = shutil.copytree(invented.brief_model, tmp_path / "model")
    printed = mpi(*asked, "--by", "sex", "--card", model, "--json").json
    kept = json.loads((model / "metrics.json").read_text("utf-8"))
    assert kept["evaluation"] == printed


def test_a_card_of_another_release_is_refused_and_left_alone(mpi, asked, invented, tmp_path):
    model = shutil.copytree(invented.brief_model, tmp_path / "model")
    path = model / "parameters.json"
    path.write_text(path.read_text("utf-8").replace('"n_cap": 300', '"n_cap": 299'))
    before = path.read_bytes()
    refused(mpi(*asked, "--card", model), "another release", model)
    assert [each.name for each in model.iterdir() if each.name in ("README.md", "charts")] == []
    assert path.read_bytes() == before
