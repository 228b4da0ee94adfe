"""`mpi release` and `mpi compare` on the command line: what is shown, and how each ends."""

from __future__ import annotations

import json

import pytest

from tests.cli.spoilt import LEAK, refused
from tests.training.judged import bytes_in, changed, metrics_of, release_of, saved

PRECISION = ("evaluation", "accuracy", "pairs", "precision")


@pytest.fixture
def models(tmp_path):
    """A folder with one good release and one that joins too much."""
    good, bad = release_of("good"), release_of("bad", average=-9_000)
    saved(good, tmp_path / "models" / "good")
    metrics = changed(metrics_of(bad.identity), *PRECISION, to=0.97)
    saved(bad, tmp_path / "models" / "bad", metrics)
    return tmp_path / "models"


def test_a_release_that_passes_is_the_current_one(mpi, models):
    done = mpi("release", models / "good")
    assert done.code == 0, done.err
    assert "There is no current release that it would replace." in done.out
    assert f"{models / 'current'} names good" in done.out
    assert (models / "current").read_text() == "good\n"


def test_a_release_that_is_refused_says_which_gate_and_changes_nothing(mpi, models):
    mpi("release", models / "good")
    before = bytes_in(models)
    done = mpi("release", models / "bad")
    assert done.code == 1
    assert "precision           failed    0.9700     0.9950" in done.out
    assert "What would change against good is not known: give --feeds" in done.out
    *_, message = done.err.splitlines()
    assert message.startswith("error: The release does not pass its gates. precision 0.9700,")
    assert "false-pairs 0.0300, limit 0.0028" in message
    assert str(models / "bad") in message
    assert bytes_in(models) == before


def test_a_program_reads_the_verdicts_of_a_refused_release(mpi, models):
    done = mpi("release", models / "bad", "--json")
    assert done.code == 1
    assert done.json["released"] is False
    assert {gate["gate"]: gate["outcome"] for gate in done.json["gates"]}["precision"] == "failed"


def test_limits_come_from_a_file(mpi, models, tmp_path):
    gates = tmp_path / "gates.toml"
    gates.write_text("precision = 0.96\n")
    assert mpi("release", models / "bad", "--gates", gates).code == 0
    gates.write_text(f'"{LEAK}" = 1\nprecision = "{LEAK}"\n')
    done = mpi("release", models / "bad", "--gates", gates)
    assert done.code == 1
    assert "cannot be used" in done.err


@pytest.mark.parametrize(
    ("arguments", "named", "code"),
    [
        (("release", "nowhere"), "There is no match model here", 1),
        (("release", "models/good", "--comparison", "nowhere.json"), "give --over", 2),
        (("compare", "models/good", "nowhere", "--feeds", "models"), "no match model", 1),
        (("compare", "models/good", "models/bad", "--feeds", "models"), "no feed here", 1),
    ],
)
def test_what_is_missing_is_named(mpi, models, monkeypatch, arguments, named, code):
    monkeypatch.chdir(models.parent)
    refused(mpi(*arguments), named, code=code)


def test_two_releases_are_compared_on_feeds(mpi, models, invented, tmp_path):
    feeds = invented.copy_of_feeds(tmp_path / "feeds", "courts", "nomis")
    to = tmp_path / "comparison.json"
    sides = ("compare", models / "good", models / "bad", "--feeds", feeds)
    done = mpi(*sides, "--truth", invented.truth, "--to", to, "--examples", 1)
    assert done.code == 0, done.err
    for text in ("pairwise recall", "Records whose person id would change", "Persons that merge"):
        assert text in done.out
    mpi("release", models / "good")
    shown = mpi("release", models / "bad", "--comparison", to)
    moved = json.loads(to.read_text())["churn"]["records_moved"]
    assert f"Records whose person id changes        {moved:,}" in shown.out
