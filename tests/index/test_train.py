"""A release is written whole, with what was found wrong with it, or not at all."""

from __future__ import annotations

import json
import logging

import pytest

from mpi.errors import DegenerateModel, InvalidFrequencies, UnusableModel
from mpi.index.evaluate import evaluate
from mpi.index.link import link
from mpi.index.progress import SilentProgress
from mpi.index.train import TrainOptions, train
from mpi.model.blocking import RULES, rule_name
from mpi.model.comparisons import COMPARISONS
from mpi.model.parameters import load, save
from mpi.training import estimate, lint
from mpi.training.lint import require_sound
from mpi.training.sketch import shared
from tests.invented import LINKED

FREQUENCIES = "attribute,value,people\nfamily_set,Smith,900\nfamily_set,UNKNOWN,70\n"


@pytest.fixture(scope="module")
def made(invented, tmp_path_factory):
    """A release with the weights of the brief one, and what training said of it."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "names.csv").write_text(FREQUENCIES)
    options = TrainOptions(weights_from=invented.brief_model, term_frequencies=folder / "names.csv")
    feeds = invented.copy_of_feeds(folder / "feeds", "pds", "hjis", "nomis", "ndelius")
    said = []
    handler = logging.Handler()
    handler.emit = lambda record: said.append(record.getMessage())
    logger = logging.getLogger("mpi.training")
    logger.addHandler(handler)
    summary = train(feeds, folder / "made", options=options)
    logger.removeHandler(handler)
    return summary, json.loads((folder / "made" / "metrics.json").read_text()), said


def test_metrics_tell_what_every_rule_costs(made):
    summary, metrics, _ = made
    used = {rule_name(RULES[number]) for number in summary.release.rules}
    assert [each["rule"] for each in metrics["blocking"]] == [rule_name(rule) for rule in RULES]
    assert {each["rule"] for each in metrics["blocking"] if each["used"]} == used
    assert all(each["pairs"] > 0 for each in metrics["blocking"] if each["used"])


def test_metrics_tell_what_the_lint_found(made):
    summary, metrics, _ = made
    found = require_sound(load(summary.folder))
    assert metrics["lint"] == [each.as_dict() for each in found]
    assert {each["severity"] for each in metrics["lint"]} <= {"warning"}


def test_comparisons_without_data_are_named_in_the_summary_and_in_the_log(made):
    summary, _, said = made
    assert tuple(said) == summary.warnings
    [dropped] = [each for each in summary.warnings if each.startswith("Not compared")]
    missing = {c.name for c in COMPARISONS} - summary.release.levels.keys()
    assert missing
    assert set(dropped.removesuffix(".").split(": ")[1].split(", ")) == missing


def test_term_frequencies_from_outside_are_told_of_and_what_says_nothing_is_counted(made):
    summary, metrics, _ = made
    assert metrics["trained"]["term_frequencies"] == {"family_set": 1}
    assert dict(summary.rows())["Term frequencies from outside"] == "1 of family_set"
    assert any(each.startswith("1 term frequencies") for each in summary.warnings)


def test_a_summary_is_ready_for_json_without_the_pairs_of_every_level(made):
    summary, metrics, _ = made
    told = json.loads(json.dumps(summary.as_dict()))
    assert told["warnings"] == list(summary.warnings)
    assert "observed" not in told
    assert metrics["trained"]["observed"] == summary.release.trained["observed"]


def unsettled(monkeypatch):
    monkeypatch.setattr(estimate, "EM_ITERATIONS", ())
    return UnusableModel, "does not settle"


def degenerate(monkeypatch):
    monkeypatch.setattr(lint, "LEAST_M", 0.9)
    return DegenerateModel, "which no pairs can have shown"


def test_a_release_knows_the_feeds_it_was_trained_on_again(made, invented, tmp_path):
    """By a sketch: of an index of the same feeds it is the same, of one of others another."""
    summary, metrics, _ = made
    known = metrics["trained"]["sketch"]
    assert "sketch" not in summary.as_dict()
    feeds = {
        "same": summary.folder.parent / "feeds",
        "others": invented.copy_of_feeds(tmp_path / "others", "courts", "police_custody"),
    }
    alike = {}
    for name, folder in feeds.items():
        url = f"sqlite:///{tmp_path / name}.db"
        link(folder, summary.folder, url, options=LINKED)
        alike[name] = shared(known, evaluate(url, invented.truth).sketch)
    assert alike == {"same": pytest.approx(1.0), "others": 0.0}


class Stops(SilentProgress):
    """Fails at the last moment."""

    def ended(self, name, taken):
        if name == "write the release":
            raise RuntimeError(name)

    def begun(self, name):
        if name == "write the release":
            raise RuntimeError(name)


@pytest.mark.parametrize(
    ("failure", "before"),
    [("unsettled", "nothing"), ("degenerate", "an older release"), ("stopped", "nothing")],
)
def test_training_that_fails_leaves_what_was_there(
    invented, tmp_path, monkeypatch, failure, before
):
    models = tmp_path / "models"
    models.mkdir()
    to = models / "made"
    if before != "nothing":
        to.mkdir()
        save(invented.brief_release, to)
    kept = {path.name: path.read_bytes() for path in to.glob("*")}
    spoil = {"unsettled": unsettled, "degenerate": degenerate}.get(failure)
    error, said = spoil(monkeypatch) if spoil else (RuntimeError, "write the release")
    older = None if failure == "unsettled" else invented.brief_model
    feeds = invented.copy_of_feeds(tmp_path / "feeds", "pds", "nomis")
    with pytest.raises(error, match=said):
        train(feeds, to, options=TrainOptions(weights_from=older), progress=Stops())
    assert {path.name: path.read_bytes() for path in to.glob("*")} == kept
    assert [path.name for path in models.iterdir()] == (["made"] if kept else [])


def test_options_that_cannot_be_used_are_found_before_any_feed_is_read(invented, tmp_path):
    begun = []
    progress = Stops()
    progress.begun = begun.append
    options = TrainOptions(term_frequencies=tmp_path / "none.csv")
    with pytest.raises(InvalidFrequencies):
        train(invented.feeds, tmp_path / "made", options=options, progress=progress)
    assert begun == []
    assert list(tmp_path.iterdir()) == []
