"""Every gate keeps back what it should, alone, and says why."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from mpi.errors import InvalidGates
from mpi.training.gates import judge
from mpi.training.verdicts import Gates, Measured, Outcome
from tests.training.judged import changed, metrics_of

GOOD = Measured("new", "new", metrics_of("new"))
CURRENT = Measured("old", "old", metrics_of("old"))
E = "evaluation"
BANDS = (E, "calibration", "bands")
TOO_HIGH = {
    "low": 0.999,
    "high": 1.0,
    "pairs": 90_000,
    "mean": 0.9995,
    "observed": 0.99,
    "limits": [0.9990, 0.9999],
    "inside": False,
}
TOO_LOW = TOO_HIGH | {"observed": 1.0}
CHINESE = (E, "groups", "ethnicity_group", 2, "missed_match")


def report(precision=(0.0, -0.0005, 0.0005), recall=(0.0, -0.0005, 0.0005), **more):
    """A comparison of the current release with the new one, on the same people."""
    names = ("estimate", "low", "high")
    gains = {"precision": precision, "recall": recall}
    differences = {figure: dict(zip(names, gain, strict=True)) for figure, gain in gains.items()}
    churn = {"records_moved": 120}
    return {"records": 50_000, "differences": differences, "churn": churn} | more


def outcomes(candidate=GOOD, gates=None, **beside):
    found = judge(candidate, gates or Gates(), **beside)
    assert len({verdict.gate for verdict in found}) == len(found)
    return {verdict.gate: verdict.outcome for verdict in found}


def failed(*arguments, **named):
    found = outcomes(*arguments, **named)
    return {gate for gate, outcome in found.items() if outcome is Outcome.FAILED}


def complaint(severity):
    return {
        "severity": severity,
        "check": "rare",
        "comparison": "name",
        "level": "exact",
        "message": "name exact: It is rare.",
    }


def other(*path, to, of=GOOD):
    return replace(of, metrics=changed(of.metrics, *path, to=to))


def test_a_good_release_passes_every_gate():
    assert failed() == set()
    assert failed(current=CURRENT) == set()
    assert failed(current=CURRENT, comparison=report()) == set()
    assert outcomes(current=CURRENT, comparison=report()) == {
        "evaluated": "passed",
        "other-feeds": "passed",
        "people": "passed",
        "precision": "passed",
        "recall": "passed",
        "twins": "passed",
        "log-loss-raw": "passed",
        "log-loss-constant": "passed",
        "ece": "passed",
        "bands": "passed",
        "groups": "warned",
        "false-pairs": "passed",
        "missed-pairs": "passed",
        "moved": "passed",
        "lint": "passed",
        "calibrated": "passed",
    }


ALONE = [
    ((E, "records"), 81_071, "other-feeds", None, "other feeds"),
    ((E, "truth_people"), 999, "people", 999, ""),
    ((E, "accuracy", "pairs", "precision"), 0.9949, "precision", 0.9949, ""),
    ((E, "accuracy", "pairs", "recall"), 0.8999, "recall", 0.8999, ""),
    ((E, "related", "twins", "rate"), 0.03, "twins", 0.03, "of 300 pairs"),
    ((E, "calibration", "log_loss_raw"), 0.0120, "log-loss-raw", 0.0121, "Splink"),
    ((E, "calibration", "log_loss_constant"), 0.0121, "log-loss-constant", 0.0121, "constant"),
    ((E, "calibration", "ece"), 0.01, "ece", 0.01, ""),
    ((*BANDS, 6), TOO_HIGH, "bands", 1, "0.9995 stated, which is too high, 0.9900 of pairs"),
    ((*BANDS, 5), TOO_HIGH | {"low": 0.99}, "bands", 1, "from 0.99: "),
    ((*CHINESE, "low"), 0.0388, "groups", pytest.approx(0.0233, abs=1e-4), "not by chance"),
    ((E, "groups"), {}, "groups", None, "--by"),
    ((E, "calibration", "log_loss"), None, "calibration", None, "No confidence"),
    ((E, "release", "identity"), "another", "evaluated", None, "mpi evaluate"),
    (("evaluation",), None, "evaluated", None, "mpi evaluate"),
    (("lint",), [complaint("error")], "lint", 1, "name exact: It is rare."),
    (("lint",), None, "lint", None, "not checked"),
]


@pytest.mark.parametrize(("path", "value", "gate", "measured", "said"), ALONE)
def test_each_gate_alone_keeps_a_release_back(path, value, gate, measured, said):
    candidate = other(*path, to=value)
    assert failed(candidate) == {gate}
    [verdict] = [each for each in judge(candidate, Gates()) if each.gate == gate]
    assert verdict.measured == measured
    assert said in verdict.detail
    assert str(verdict).startswith(gate)


HARMLESS = [
    ((*BANDS, 0, "inside"), False, "bands", "passed"),
    ((*BANDS, 6, "pairs"), 0, "bands", "passed"),
    ((*BANDS, 6), TOO_LOW, "bands", "warned"),
    ((E, "calibration", "bands"), [TOO_LOW], "log-loss-constant", "skipped"),
    (
        (E, "related", "twins"),
        {"pairs": 30, "merged": 2, "rate": 0.067, "low": 0.008},
        "twins",
        "warned",
    ),
    ((E, "calibration", "bands"), [], "bands", "skipped"),
    ((E, "related"), {}, "twins", "skipped"),
    ((E, "related", "twins", "pairs"), 0, "twins", "skipped"),
    ((*CHINESE, "rate"), 0.05, "groups", "warned"),
    ((E, "groups", "ethnicity_group", 2, "missed_match"), None, "groups", "warned"),
    ((E, "truth_people"), 200_000, "groups", "passed"),
    (("calibration", "provisional"), True, "calibrated", "warned"),
    (("lint",), [complaint("warning")], "lint", "passed"),
]


@pytest.mark.parametrize(("path", "value", "gate", "outcome"), HARMLESS)
def test_what_is_chance_unknown_or_small_keeps_nothing_back(path, value, gate, outcome):
    candidate = other(*path, to=value)
    assert failed(candidate) == set()
    assert outcomes(candidate)[gate] == outcome


def test_a_small_group_is_not_judged():
    candidate = other(*CHINESE, "low", to=0.5)
    candidate = other(E, "groups", "ethnicity_group", 2, "small", to=True, of=candidate)
    assert failed(candidate) == set()


LOOSER = [
    ({"precision": 0.9}, (E, "accuracy", "pairs", "precision"), 0.91),
    ({"recall": 0.5}, (E, "accuracy", "pairs", "recall"), 0.6),
    ({"twins": 0.2}, (E, "related", "twins", "rate"), 0.19),
    ({"ece": 0.05}, (E, "calibration", "ece"), 0.04),
    ({"people": 10}, (E, "truth_people"), 20),
    ({"bands_from": 0.9999}, (*BANDS, 6), TOO_HIGH),
    ({"group_gap": 0.5}, (*CHINESE, "low"), 0.4),
    ({"group_gap": 1.0}, (E, "groups"), {}),
]


@pytest.mark.parametrize(("limits", "path", "value"), LOOSER)
def test_a_limit_can_be_loosened(limits, path, value):
    candidate = other(*path, to=value)
    assert failed(candidate)
    assert failed(candidate, Gates(**limits)) == set()


BOTH = pytest.mark.parametrize(
    ("figure", "gate"), [("precision", "false-pairs"), ("recall", "missed-pairs")]
)


@BOTH
def test_without_a_current_release_there_is_nothing_to_be_worse_than(figure, gate):
    assert outcomes()[gate] == "skipped"


@BOTH
def test_below_the_interval_of_the_current_release_is_worse(figure, gate):
    low = CURRENT.metrics[E]["intervals"][figure]["low"]
    at, below = (other(E, "accuracy", "pairs", figure, to=value) for value in (low, low - 0.0001))
    assert failed(at, current=CURRENT) == set()
    assert failed(below, current=CURRENT) == {gate}


@BOTH
def test_evaluations_on_other_feeds_say_nothing(figure, gate):
    elsewhere = other(E, "records", to=79_000, of=CURRENT)
    assert gate in failed(current=elsewhere)
    assert gate not in failed(current=elsewhere, comparison=report())


@BOTH
def test_a_current_release_without_evaluation_must_be_compared(figure, gate):
    unjudged = replace(CURRENT, metrics={})
    assert gate in failed(current=unjudged)
    assert gate in failed(current=unjudged, comparison=report(differences={}))
    assert gate not in failed(current=unjudged, comparison=report())


@BOTH
def test_on_the_same_people_only_a_sure_loss_beyond_the_margin_counts(figure, gate):
    sure, unsure = (-0.003, -0.005, -0.0011), (-0.003, -0.0061, -0.0001)
    assert failed(current=CURRENT, comparison=report(**{figure: sure})) == {gate}
    assert failed(current=CURRENT, comparison=report(**{figure: unsure})) == set()
    wider = Gates(margin=0.002)
    assert failed(GOOD, wider, current=CURRENT, comparison=report(**{figure: sure})) == set()


@BOTH
def test_a_comparison_on_the_training_feeds_is_not_believed(figure, gate):
    sure = report(**{figure: (-0.003, -0.005, -0.0011)}, records=81_071)
    assert failed(current=CURRENT, comparison=sure) == set()
    low = CURRENT.metrics[E]["intervals"][figure]["low"]
    worse = other(E, "accuracy", "pairs", figure, to=low - 0.0001)
    flattering = report(records=81_071)
    assert failed(worse, current=CURRENT, comparison=flattering) == {gate}


FEEDS, OTHERS = "0123456789abcdef" * 32, "fedcba9876543210" * 32
HALF = FEEDS[:300] + OTHERS[300:]


def trained_on(*sketches, judged, older=()):
    metrics = {**metrics_of("new")}
    known = {"sketch": sketches[0]} if sketches else {}
    metrics["trained"] = metrics["trained"] | known | {"sketches_of_weights": older}
    metrics[E] = metrics[E] | {"sketch": judged}
    return Measured("new", "new", metrics)


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        (trained_on(FEEDS, judged=FEEDS), "share 100% of their records"),
        (trained_on(OTHERS, judged=FEEDS, older=[FEEDS]), "the release that its weights are from"),
        (trained_on(FEEDS, judged=HALF), "share 56% of their records"),
    ],
    ids=["the same feeds", "those of the weights", "half of them"],
)
def test_an_evaluation_on_feeds_that_taught_the_release_is_told_by_their_records(candidate, said):
    [verdict] = [each for each in judge(candidate, Gates()) if each.gate == "other-feeds"]
    assert verdict.outcome is Outcome.FAILED
    assert said in verdict.detail


def test_as_many_records_are_no_matter_where_the_records_are_others():
    candidate = trained_on(FEEDS, judged=OTHERS)
    candidate.metrics[E]["records"] = candidate.trained_on
    assert failed(candidate) == set()
    assert failed(trained_on(judged=FEEDS)) == set()


@BOTH
def test_a_comparison_is_of_other_feeds_by_their_records(figure, gate):
    loss = {figure: (-0.003, -0.005, -0.0011)}
    candidate = trained_on(FEEDS, judged=OTHERS)
    assert failed(candidate, current=CURRENT, comparison=report(**loss, sketch=OTHERS)) == {gate}
    assert failed(candidate, current=CURRENT, comparison=report(**loss, sketch=FEEDS)) == set()


def test_ids_that_move_keep_nothing_back_unless_that_is_asked():
    found = {"current": CURRENT, "comparison": report()}
    assert outcomes()["moved"] == "skipped"
    assert failed(GOOD, Gates(moved=0.0023), **found) == {"moved"}
    assert failed(GOOD, Gates(moved=0.0024), **found) == set()


def test_limits_are_read_from_toml_with_defaults_for_the_rest(tmp_path):
    path = tmp_path / "gates.toml"
    path.write_text("precision = 0.99\npeople = 200_000\n")
    assert Gates.read(path) == Gates(precision=0.99, people=200_000)
    path.write_text("")
    assert Gates.read(path) == Gates()


@pytest.mark.parametrize("field", fields(Gates), ids=lambda field: field.name)
def test_every_limit_can_be_set(field, tmp_path):
    path = tmp_path / "gates.toml"
    value = 7 if isinstance(field.default, int) else 0.125
    path.write_text(f"{field.name} = {value}\n")
    assert getattr(Gates.read(path), field.name) == value
    assert Gates.__doc__
    assert f"`{field.name}`" in Gates.__doc__


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        ("precison = 0.9", "precison", "no such gate"),
        ("precision = 1.5", "precision", "from 0 to 1"),
        ("precision = -0.1", "precision", "from 0 to 1"),
        ('precision = "high"', "precision", "from 0 to 1"),
        ("precision = true", "precision", "from 0 to 1"),
        ("precision = nan", "precision", "from 0 to 1"),
        ("people = 0.5", "people", "whole number"),
        ("people = -1", "people", "whole number"),
        ("[precision]\nleast = 0.9", "precision", "from 0 to 1"),
        ("precision 0.9", None, "TOML"),
        (None, None, "TOML"),
    ],
)
def test_a_file_that_sets_no_limits_is_refused(tmp_path, text, key, said):
    path = tmp_path / "gates.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidGates, match=said) as caught:
        Gates.read(path)
    assert caught.value.where == {"file": path} | ({"key": key} if key else {})
