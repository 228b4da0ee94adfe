"""A model card says what was measured, looks the same whoever draws it, and is never half-drawn."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mpi.errors import UnusableModel, UnwritableOutput
from mpi.model.comparisons import COMPARISONS
from mpi.training.card import read_metrics, rewrite_card, write_card
from tests.training.judged import bytes_in, changed, evaluation, metrics_of, release_of, saved

ROOT = Path(__file__).parents[2]
LARGEST = 60_000
RELEASE = release_of()
WHOLE = release_of("whole", COMPARISONS)
METRICS = metrics_of(RELEASE.identity)
UNJUDGED = {name: value for name, value in METRICS.items() if name != "evaluation"}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The folder of a release with an evaluation and its card."""
    folder = saved(RELEASE, tmp_path_factory.mktemp("card") / "tried")
    write_card(RELEASE, folder)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a release that compares all there is, with an evaluation and its card."""
    folder = saved(WHOLE, tmp_path_factory.mktemp("card") / "whole")
    write_card(WHOLE, folder)
    return folder


@pytest.fixture
def unjudged(tmp_path):
    folder = saved(RELEASE, tmp_path / "models" / "tried", UNJUDGED)
    write_card(RELEASE, folder)
    return folder


def card(folder):
    return (folder / "README.md").read_text("utf-8")


def pictures(folder):
    """File name and alternative text of every picture of a card."""
    return {name: alt for alt, name in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", card(folder))}


def words(path):
    """The words in a chart."""
    return " ".join("".join(e.itertext()) for e in ElementTree.parse(path).iter(f"{SVG}text"))


def test_a_card_shows_every_chart_of_its_folder_and_no_other(judged):
    assert set(pictures(judged)) == {f"charts/{path.name}" for path in judged.glob("charts/*")}
    assert {path.stem for path in judged.glob("charts/*")} == {
        "precision_recall",
        "reliability",
        "subgroups",
        "blocking",
        "match_weights",
    }


def test_every_chart_says_in_its_title_what_the_card_says_in_its_place(judged):
    for name, alt in pictures(judged).items():
        finding = alt.partition(". ")[0]
        assert "".join(finding.split()) in "".join(words(judged / name).split())


def test_charts_are_small_and_ask_nobody_for_anything(whole):
    for path in whole.glob("charts/*.svg"):
        text = path.read_text("utf-8")
        assert len(text.encode()) < LARGEST
        assert {*re.findall(r'https?://[^"]+', text)} <= {
            "http://www.w3.org/2000/svg",
            "http://www.w3.org/1999/xlink",
        }
        assert "<image" not in text
        assert "<script" not in text


def test_the_same_release_gives_the_same_charts_also_in_another_process(judged):
    script = (
        "import json; from mpi.training.charts import pictures;"
        "from tests.training.judged import metrics_of, release_of; release = release_of();"
        "drawn = pictures(release, metrics_of(release.identity));"
        "print(json.dumps({f'charts/{each.name}': each.svg for each in drawn}))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, timeout=60, cwd=ROOT, stdout=subprocess.PIPE)
    drawn = {name: svg.encode() for name, svg in json.loads(done.stdout).items()}
    assert drawn.items() <= bytes_in(judged).items()
    assert set(drawn) == set(pictures(judged))


def test_a_card_gives_the_figures_of_the_evaluation(judged):
    text = card(judged)
    assert "Judged on 80,412 records of 20,000 people" in text
    assert "| pairwise precision | 0.9978 | 0.9972 to 0.9984 |" in text
    assert "| false pairs | 341 |" in text
    assert "| pairs of twins wrongly merged | 6 of 300 (2.0%, interval 0.9% to 4.3%) |" in text
    assert "Log-loss 0.0121, of Splink's own probability 0.0193, of the best constant" in text
    assert "| 0.999 to 1 | 81,000 | 0.9994 | 0.9993 |" in text
    assert "| sex | Male | 70,100 | 0.80% (" in text
    assert "siblings" not in text


def test_nothing_is_said_of_a_small_group(judged):
    [row] = re.findall(r"^\| sex \| not stated .*$", card(judged), re.MULTILINE)
    assert not re.search(r"\d", row)
    assert "not stated" not in words(judged / "charts" / "subgroups.svg")


def test_a_card_tells_every_level_and_every_rule(whole):
    text = card(whole)
    for comparison in COMPARISONS:
        for level in comparison.scored:
            weight = WHOLE.levels[comparison.name][level.code].weight / 1000
            shown = f"{weight:+.1f}".replace("-", "−")
            assert f"| {level.sentence} | {shown} |" in text
    for rule in METRICS["blocking"]:
        assert f"| {rule['rule']} | {'yes' if rule['used'] else ''} | {rule['pairs']:,} |" in text


def test_what_the_lint_found_and_how_often_a_level_was_seen_is_told(tmp_path):
    name = next(c for c in COMPARISONS if c.name in RELEASE.levels)
    code, sentence = name.scored[0].code, name.scored[0].sentence
    seen = {"observed": {"records": 10_000, "levels": {name.name: {code: [1_234, 5]}}}}
    release = replace(RELEASE, trained={**RELEASE.trained, **seen})
    odd = {"severity": "warning", "check": "seen", "comparison": name.name, "level": code}
    metrics = {"lint": [odd | {"message": "name exact: It is rare."}]}
    folder = saved(release, tmp_path / "odd", metrics)
    write_card(release, folder)
    assert "\n- name exact: It is rare.\n" in card(folder)
    assert re.search(rf"^\| {re.escape(sentence)} \|.*\| 1,234, 5 \|$", card(folder), re.MULTILINE)


def test_a_release_that_nobody_evaluated_says_so(unjudged):
    assert "Not evaluated" in card(unjudged)
    assert {*pictures(unjudged)} == {"charts/blocking.svg", "charts/match_weights.svg"}


def test_training_data_and_labels_are_named(tmp_path):
    labels = {"different": 220, "same": 1_300, "within_persons": {"same": 10}}
    trained = {**RELEASE.trained, "labels": labels, "weights_from": "0123"}
    release = replace(RELEASE, trained=trained)
    folder = saved(release, tmp_path / "labelled", {})
    write_card(release, folder)
    assert "81,071 records, taken for 20,170 people" in card(folder)
    assert "Labels of reviewers: different 220, same 1,300." in card(folder)
    assert "release `0123`" in card(folder)
    assert read_metrics(folder)["trained"] == trained


def test_the_evaluation_of_another_release_is_not_shown(tmp_path):
    folder = saved(RELEASE, tmp_path / "tried", metrics_of("another"))
    write_card(RELEASE, folder)
    assert "Not evaluated" in card(folder)
    assert "evaluation" not in read_metrics(folder)


def test_an_evaluation_is_entered_and_the_rest_stays(unjudged, judged):
    learned = {name: (unjudged / name).read_bytes() for name in ("parameters.json",)}
    rewrite_card(unjudged, evaluation(RELEASE.identity))
    assert bytes_in(unjudged) == bytes_in(judged)
    assert all((unjudged / name).read_bytes() == content for name, content in learned.items())
    assert [path.name for path in unjudged.parent.iterdir()] == ["tried"]


def test_a_chart_without_figures_goes(judged, unjudged):
    rewrite_card(unjudged, changed(METRICS, "evaluation", "groups", to={})["evaluation"])
    assert "charts/subgroups.svg" not in pictures(unjudged)
    assert not (unjudged / "charts" / "subgroups.svg").exists()
    assert (judged / "charts" / "subgroups.svg").exists()


def test_the_card_of_the_current_release_is_found_by_its_pointer(unjudged):
    (unjudged.parent / "current").write_text("tried\n")
    rewrite_card(unjudged.parent, evaluation(RELEASE.identity))
    assert "evaluation" in read_metrics(unjudged)
    assert {path.name for path in unjudged.parent.iterdir()} == {"current", "tried"}


def test_an_evaluation_of_another_release_is_refused(unjudged):
    before = bytes_in(unjudged)
    with pytest.raises(UnusableModel, match="not the release"):
        rewrite_card(unjudged, evaluation("another"))
    assert bytes_in(unjudged) == before


def test_a_card_that_cannot_be_written_leaves_the_older_one(tmp_path):
    folder = saved(RELEASE, tmp_path / "tried", UNJUDGED)
    (folder / "charts").write_text("in the way")
    before = bytes_in(tmp_path)
    with pytest.raises(UnwritableOutput) as caught:
        rewrite_card(folder, evaluation(RELEASE.identity))
    assert caught.value.where == {"folder": folder}
    assert bytes_in(tmp_path) == before


@pytest.mark.parametrize("content", ["{", "[1]", '"text"', ""])
def test_damaged_metrics_are_named(tmp_path, content):
    folder = saved(RELEASE, tmp_path / "tried")
    (folder / "metrics.json").write_text(content)
    for act in (
        lambda: write_card(RELEASE, folder),
        lambda: rewrite_card(folder, evaluation(RELEASE.identity)),
    ):
        with pytest.raises(UnusableModel) as caught:
            act()
        assert caught.value.where == {"folder": folder, "file": "metrics.json"}


def test_without_the_drawing_library_the_card_has_its_tables_and_says_what_is_missing(
    tmp_path, monkeypatch
):
    folder = saved(RELEASE, tmp_path / "tried")
    write_card(RELEASE, folder)
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    write_card(RELEASE, folder)
    assert "master-person-index[charts]" in card(folder)
    assert "| pairwise precision | 0.9978 |" in card(folder)
    assert pictures(folder) == {}
    assert list((folder / "charts").iterdir()) == []


def test_metrics_stay_readable_by_programs(judged):
    found = json.loads((judged / "metrics.json").read_text())
    assert found["evaluation"] == METRICS["evaluation"]
    assert found["blocking"] == METRICS["blocking"]
