"""Two releases on the same feeds: who parts, who comes together, and which is more right."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from mpi.errors import (
    FeedNotFound,
    InvalidTruth,
    ModelMismatch,
    ModelNotFound,
    UnwritableOutput,
    UsageError,
)
from mpi.index.compare import CompareOptions, compare
from mpi.linking.batch import link_rows
from mpi.linking.engines.duckdb import Limits
from mpi.linking.regrouping import Kind
from mpi.model.parameters import save
from mpi.training.paired import FIGURES

STRICT, LENIENT = 6_000, -9_000


@pytest.fixture(scope="module")
def releases(invented, tmp_path_factory):
    """Folders of one release at three values of a threshold."""
    found = {}
    for name, average in (("lenient", LENIENT), ("brief", None), ("strict", STRICT)):
        folder = tmp_path_factory.mktemp("releases") / name
        folder.mkdir()
        release = invented.brief_release
        old = release.thresholds
        kept = old if average is None else replace(old, average=average, conflict=STRICT)
        save(replace(release, name=name, thresholds=kept), folder)
        found[name] = folder
    return found


@pytest.fixture(scope="module")
def stricter(invented, releases, tmp_path_factory):
    """The report on the strict release, and the file it was kept in."""
    to = tmp_path_factory.mktemp("report") / "comparison.json"
    options = CompareOptions(truth=invented.truth, to=to, examples=3)
    return compare(releases["lenient"], releases["strict"], invented.feeds, options=options), to


def test_the_same_release_changes_nothing(invented, releases):
    found = compare(releases["brief"], releases["brief"], invented.feeds)
    assert found.old == found.new
    assert found.records == len(invented.rows)
    assert found.churn.records_moved == found.churn.split == found.churn.merged == 0
    assert found.churn.unchanged == found.old.persons
    assert all(each.count == 0 for each in found.regroupings.values())
    assert not any(found.examples.values())
    assert list(found.lines()) == []
    assert found.moved == {}
    assert found.old.quality is None
    assert found.differences == {}
    assert [label for label, *_ in found.table()] == ["Persons", "Links", "Candidates"]


def test_a_higher_threshold_only_splits(stricter, releases, invented):
    found, _ = stricter
    assert found.new.persons > found.old.persons
    assert found.new.candidates == found.old.candidates
    assert found.regroupings[Kind.SPLIT].count == found.churn.split > 0
    assert found.regroupings[Kind.MERGE].count == found.regroupings[Kind.REARRANGED].count == 0
    assert found.churn.records_moved == sum(found.moved.values()) > 0
    # of n parts one keeps the id, the largest: fewer records move than there are in them
    assert found.churn.records_moved < found.regroupings[Kind.SPLIT].records
    assert found.differences["precision"].estimate >= 0
    assert found.differences["recall"].estimate < 0


def test_the_sides_are_what_linking_gives(invented, stricter):
    found, _ = stricter
    release = invented.brief_release
    thresholds = replace(release.thresholds, average=STRICT, conflict=STRICT)
    linkage = link_rows(invented.rows, replace(release, thresholds=thresholds), Limits())
    assert found.new.persons == len(np.unique(linkage.labels))
    assert found.new.links == len(linkage.pairs.left)
    assert found.new.candidates == linkage.candidates


def test_examples_are_record_keys_of_the_feeds_and_nothing_else(stricter, invented):
    found, to = stricter
    keys = set(
        zip(*invented.rows.select(["source", "source_id"]).to_pydict().values(), strict=True)
    )
    examples = found.examples[Kind.SPLIT]
    assert 0 < len(examples) <= 3
    for example in examples:
        assert len(example.before) == 1 < len(example.after)
        assert example.before[0].records == sum(group.records for group in example.after)
        assert {tuple(key) for group in example.after for key in group.keys} <= keys
    names = {name for each in invented.rows["full_names"].to_pylist() for name in each or ()}
    report = to.read_text()
    assert names
    assert not any(f'"{name}"' in report for name in names)


def test_the_report_is_kept_and_says_the_same(stricter):
    found, to = stricter
    kept = json.loads(to.read_text())
    assert kept == json.loads(json.dumps(found.as_dict()))
    assert kept["regroupings"]["split"]["count"] == found.regroupings[Kind.SPLIT].count
    assert set(kept["differences"]) == set(FIGURES)
    assert kept["new"]["quality"]["calibration"]["ece"] is not None
    assert [path.name for path in to.parent.iterdir()] == [to.name]


def test_people_read_both_releases_side_by_side(stricter):
    found, _ = stricter
    table = {label: cells for label, *cells in found.table()}
    assert table["Persons"][:2] == [f"{found.old.persons:,}", f"{found.new.persons:,}"]
    assert "Twins wrongly merged" in table
    assert {"pairwise precision", "B-cubed F1", "log-loss of the confidence"} <= set(table)
    changes = dict(found.changes())
    split = found.regroupings[Kind.SPLIT]
    assert changes["Persons that split"].startswith(f"{split.count:,} ({split.records:,} records")
    assert changes["Persons that merge"] == "0"
    assert any(line.startswith("One person becomes") for line in found.lines())


def test_comparing_twice_gives_the_same_report(stricter, invented, releases, tmp_path):
    to = tmp_path / "again.json"
    options = CompareOptions(truth=invented.truth, to=to, examples=3)
    compare(releases["lenient"], releases["strict"], invented.feeds, options=options)
    assert to.read_bytes() == stricter[1].read_bytes()


def test_a_truth_may_know_more_and_fewer_records_than_the_feeds(invented, releases, tmp_path):
    truth = pq.read_table(invented.truth)
    fewer = tmp_path / "fewer.parquet"
    pq.write_table(truth.slice(0, len(truth) // 2), fewer)
    feeds = invented.copy_of_feeds(tmp_path / "feeds", "courts", "nomis", "pds")
    brief = releases["brief"]
    found = compare(brief, releases["strict"], feeds, options=CompareOptions(truth=fewer))
    assert found.records < len(truth)
    assert found.new.quality.accuracy.records == len(truth) // 2
    assert found.new.quality.accuracy.pairs.recall < 1


def test_a_release_of_another_version_is_named_with_another_way_to_compare(
    invented, releases, tmp_path
):
    older = tmp_path / "older"
    older.mkdir()
    save(invented.brief_release, older)
    path = older / "parameters.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"definition": "0" * 16}))
    with pytest.raises(ModelMismatch, match=r"mpi evaluate --card.*mpi release") as caught:
        compare(older, releases["brief"], invented.feeds)
    assert caught.value.where == {"folder": older}


@pytest.mark.parametrize(
    ("error", "given"),
    [
        (ModelNotFound, {"new": "nowhere"}),
        (ModelMismatch, {"new": "mismatched"}),
        (FeedNotFound, {"feeds": "empty"}),
        (InvalidTruth, {"truth": "foreign.csv"}),
        (InvalidTruth, {"truth": "nowhere.csv"}),
        (UnwritableOutput, {"to": "nowhere/report.json"}),
        (UnwritableOutput, {"to": "empty"}),
        (UsageError, {"to": "feeds/report.json"}),
    ],
)
def test_what_cannot_be_compared_is_refused_and_nothing_written(
    invented, releases, tmp_path, error, given
):
    feeds = invented.copy_of_feeds(tmp_path / "feeds", "courts")
    (tmp_path / "empty").mkdir()
    foreign = "source,source_id,person\nnomis,nobody,1\n"
    (tmp_path / "foreign.csv").write_text(foreign)
    mismatched = tmp_path / "mismatched"
    mismatched.mkdir()
    save(invented.brief_release, mismatched)
    path = mismatched / "parameters.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"definition": "0" * 16}))
    places = {name: tmp_path / value for name, value in given.items()}
    files = set(tmp_path.rglob("*"))
    options = CompareOptions(truth=places.get("truth"), to=places.get("to"))
    with pytest.raises(error) as caught:
        compare(
            releases["brief"],
            places.get("new", releases["strict"]),
            places.get("feeds", feeds),
            options=options,
        )
    if error is not UsageError:
        assert str(tmp_path / next(iter(given.values()))) in caught.value.message
    assert set(tmp_path.rglob("*")) == files
