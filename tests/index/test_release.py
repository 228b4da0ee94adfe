"""A release is put into use if every gate opens, and otherwise nothing changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from mpi.errors import (
    AlreadyReleased,
    InvalidGates,
    InvalidReport,
    ModelMismatch,
    ModelNotFound,
    UnusableModel,
    UnwritableOutput,
    UsageError,
)
from mpi.index.link import link
from mpi.index.release import ReleaseOptions, release
from mpi.index.train import train
from mpi.model.parameters import load
from mpi.model.standing import make_current, released_on
from mpi.training.verdicts import Outcome
from tests.index.linking import LATER
from tests.training.judged import bytes_in, changed, metrics_of, release_of, saved

ON = date(2026, 11, 22)
NOW = ReleaseOptions(on=ON)
PRECISION = ("evaluation", "accuracy", "pairs", "precision")


@pytest.fixture
def models(tmp_path):
    """A folder with a release in use and a better candidate, both evaluated on the same feeds."""
    folder = tmp_path / "models"
    for name, average in (("older", -3_000), ("newer", -2_000)):
        saved(release_of(name, average=average), folder / name)
    release(folder / "older", options=NOW)
    return folder


def spoil(folder, *path, to):
    metrics = json.loads((folder / "metrics.json").read_text())
    (folder / "metrics.json").write_text(json.dumps(changed(metrics, *path, to=to)))


def report_on(models, **changes):
    """What `mpi compare` keeps of the two, as far as a release needs it."""
    names = {side: load(models / name) for side, name in (("old", "older"), ("new", "newer"))}
    sides = {
        side: {"name": each.name, "identity": each.identity, "persons": 20_000}
        for side, each in names.items()
    }
    gain = {"estimate": 0.0, "low": -0.001, "high": 0.001}
    found = {
        "records": 50_000,
        "churn": {"records_moved": 125},
        "regroupings": {kind: {"count": 7} for kind in ("split", "merge", "rearranged")},
        "differences": {"precision": gain, "recall": gain},
        **sides,
    }
    path = models.parent / "comparison.json"
    path.write_text(json.dumps(found | changes))
    return path


def test_a_good_release_is_stamped_and_becomes_the_current_one(models):
    found = release(models / "newer", options=NOW)
    assert found.refused == []
    assert load(models).name == "newer"
    stamp = json.loads((models / "newer" / "released.json").read_text())
    assert stamp["release"] == "newer"
    assert stamp["identity"] == load(models / "newer").identity
    assert stamp["over"] == {"release": "older", "identity": load(models / "older").identity}
    assert stamp["date"] == "2026-11-22"
    assert stamp["limits"]["precision"] == 0.995
    precision = next(gate for gate in stamp["gates"] if gate["gate"] == "precision")
    assert precision["measured"] == pytest.approx(0.9978)
    assert precision["limit"] == 0.995
    assert stamp["changes"] is None
    assert str(models) not in (models / "newer" / "released.json").read_text()


def test_releasing_again_on_the_same_day_writes_the_same_bytes(models):
    before = bytes_in(models)
    assert release(models / "older", options=NOW).refused == []
    assert bytes_in(models) == before


def test_a_gate_that_stays_shut_changes_nothing(models):
    spoil(models / "newer", *PRECISION, to=0.99)
    before = bytes_in(models)
    found = release(models / "newer", options=NOW)
    assert [verdict.gate for verdict in found.refused] == ["precision", "false-pairs"]
    assert bytes_in(models) == before
    assert load(models).name == "older"


def test_the_first_release_has_none_to_be_compared_with(tmp_path):
    folder = saved(release_of("first"), tmp_path / "models" / "first")
    found = release(folder, options=NOW)
    assert found.over is None
    assert (tmp_path / "models" / "current").read_text() == "first\n"


def test_limits_of_a_file_are_used_and_noted(models, tmp_path):
    spoil(models / "newer", *PRECISION, to=0.99)
    gates = tmp_path / "gates.toml"
    gates.write_text("precision = 0.9\nmargin = 1.0\n")
    options = ReleaseOptions(gates=gates, comparison=report_on(models), on=ON)
    assert release(models / "newer", options=options).refused == []
    stamp = json.loads((models / "newer" / "released.json").read_text())
    assert stamp["limits"]["precision"] == 0.9


def test_a_report_says_what_would_change(models):
    options = ReleaseOptions(comparison=report_on(models), on=ON)
    found = release(models / "newer", options=options)
    assert ("Records whose person id changes", "125") in found.changed()
    assert ("Persons that split", "7") in found.changed()
    stamp = json.loads((models / "newer" / "released.json").read_text())
    assert stamp["changes"]["records_moved"] == 125


def test_a_sure_loss_in_the_report_keeps_a_release_back(models):
    sure = {"estimate": -0.004, "low": -0.006, "high": -0.002}
    steady = {"estimate": 0.0, "low": -0.001, "high": 0.001}
    report = report_on(models, differences={"precision": steady, "recall": sure})
    found = release(models / "newer", options=ReleaseOptions(comparison=report, on=ON))
    assert [verdict.gate for verdict in found.refused] == ["missed-pairs"]
    assert not (models / "newer" / "released.json").exists()


def test_feeds_are_compared_in_place_of_a_report(models, invented):
    feeds = invented.copy_of_feeds(models.parent / "feeds", "courts", "nomis")
    found = release(models / "newer", options=ReleaseOptions(feeds=feeds, on=ON))
    assert found.changes is not None
    assert found.changes["records"] > 100
    [moved] = [verdict for verdict in found.verdicts if verdict.gate == "moved"]
    assert moved.outcome is Outcome.PASSED


def test_a_current_release_of_another_version_can_still_be_replaced(models):
    path = models / "older" / "parameters.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"definition": "0" * 16}))
    found = release(models / "newer", options=NOW)
    assert found.refused == []
    assert found.over is not None
    assert found.over.name == "older"


def test_a_current_release_that_is_gone_is_told_with_what_to_do(models):
    (models / "older").rename(models.parent / "elsewhere")
    with pytest.raises(ModelNotFound, match="--over"):
        release(models / "newer", options=NOW)
    assert release(models / "newer", options=replace(NOW, over=models.parent / "elsewhere")).over
    assert (models / "current").read_text() == "newer\n"


def test_a_candidate_of_another_version_cannot_be_released(models):
    path = models / "newer" / "parameters.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"definition": "0" * 16}))
    with pytest.raises(ModelMismatch):
        release(models / "newer", options=NOW)


def test_a_link_says_whether_its_release_was_released(models, invented):
    feeds = invented.copy_of_feeds(models.parent / "feeds", "courts")
    url = f"sqlite:///{models.parent / 'mpi.db'}"
    summary = link(feeds, models, url, options=LATER)
    assert summary.release.startswith("older (")
    assert ("Standing", "released 2026-11-22") in summary.rows()
    assert ("Standing", "candidate") in replace(summary, released=None).rows()


def test_a_release_that_was_changed_is_a_candidate_again(models):
    path = models / "older" / "parameters.json"
    content = json.loads(path.read_text())
    content["thresholds"]["average"] += 500
    path.write_text(json.dumps(content))
    assert released_on(models / "older", load(models).identity) is None


def test_releasing_again_remembers_what_it_replaced(models):
    release(models / "newer", options=NOW)
    stamp = (models / "newer" / "released.json").read_text()
    release(models / "newer", options=NOW)
    assert (
        json.loads((models / "newer" / "released.json").read_text())["over"]
        == (json.loads(stamp)["over"])
    )


def test_a_release_in_use_is_not_trained_over(models, tmp_path):
    before = bytes_in(models)
    with pytest.raises(AlreadyReleased) as caught:
        train(tmp_path / "no feeds needed", models / "older")
    assert caught.value.where == {"folder": models / "older"}
    assert bytes_in(models) == before


def test_a_pointer_that_cannot_be_written_takes_the_stamp_back(tmp_path):
    folder = saved(release_of("first"), tmp_path / "models" / "first")
    (tmp_path / "models" / "current").mkdir()
    before = bytes_in(tmp_path)
    with pytest.raises(UnwritableOutput, match="current"):
        release(folder, options=NOW)
    assert bytes_in(tmp_path) == before


def test_an_older_release_comes_back_by_its_name_in_the_pointer(models):
    release(models / "newer", options=NOW)
    make_current(models / "older")
    assert load(models).name == "older"


def options_of(models, kind):
    other = report_on(models, new={"identity": "another", "persons": 1})
    return {
        "no release": (models / "nobody", NOW, ModelNotFound),
        "no gates": (models / "newer", ReleaseOptions(gates=models / "no.toml"), InvalidGates),
        "no report": (models / "newer", ReleaseOptions(comparison=models / "no"), InvalidReport),
        "no JSON": (
            models / "newer",
            ReleaseOptions(comparison=models / "current"),
            InvalidReport,
        ),
        "another report": (models / "newer", ReleaseOptions(comparison=other), InvalidReport),
        "no report but JSON": (
            models / "newer",
            ReleaseOptions(comparison=models / "newer" / "metrics.json"),
            InvalidReport,
        ),
        "no other": (models / "newer", ReleaseOptions(over=models / "nobody"), ModelNotFound),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "no release",
        "no gates",
        "no report",
        "no JSON",
        "another report",
        "no report but JSON",
        "no other",
    ],
)
def test_what_cannot_be_judged_is_refused_and_nothing_changes(models, kind):
    folder, options, error = options_of(models, kind)
    before = bytes_in(models)
    with pytest.raises(error):
        release(folder, options=options)
    assert bytes_in(models) == before


def test_there_is_nothing_to_compare_a_first_release_with(tmp_path):
    folder = saved(release_of("first"), tmp_path / "models" / "first")
    with pytest.raises(UsageError, match="--over"):
        release(folder, options=ReleaseOptions(comparison=tmp_path / "report.json"))
    assert not (folder / "released.json").exists()


@pytest.mark.parametrize("path", [("evaluation", "accuracy"), ("evaluation", "calibration")])
def test_figures_of_another_version_are_named(models, path):
    spoil(models / "newer", *path, to=None)
    with pytest.raises(UnusableModel, match="evaluate it again") as caught:
        release(models / "newer", options=NOW)
    assert caught.value.where["file"] == "metrics.json"


def test_metrics_of_a_release_of_that_name_but_not_that_identity_do_not_count(models):
    (models / "newer" / "metrics.json").write_text(json.dumps(metrics_of("another")))
    found = release(models / "newer", options=NOW)
    assert [verdict.gate for verdict in found.refused] == ["evaluated"]
