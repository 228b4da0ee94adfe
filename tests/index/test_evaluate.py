"""An index compared with the truth, end to end."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from mpi.errors import ModelNotFound, UnusableModel
from mpi.index.evaluate import evaluate
from mpi.linking.batch import live_keys
from mpi.model.blocking import RULES, rule_name
from mpi.training.subgroups import FIGURES
from tests.index.linking import membership

BY = ("sex", "age_band")
KEYS = {
    "release", "thresholds", "records", "persons", "truth_people", "accuracy", "intervals",
    "source_pairs", "groups", "related", "largest_wrong_merge", "calibration", "blocking", "curve",
    "sketch",
}  # fmt: skip


@pytest.fixture(scope="module")
def url(invented):
    return f"sqlite:///{invented.index}"


@pytest.fixture(scope="module")
def found(invented, url):
    return evaluate(url, invented.truth, by=BY)


@pytest.fixture(scope="module")
def truth(invented):
    return pq.read_table(invented.truth)


def written(table, to):
    pq.write_table(table, to)
    return to


def test_everything_that_is_reported_goes_to_json(found):
    said = found.as_dict()
    assert set(said) == KEYS
    assert json.loads(json.dumps(said, allow_nan=False)) == said


def test_the_release_is_that_of_the_index(found, invented):
    release = invented.brief_release
    assert found.as_dict()["release"] == {"name": release.name, "identity": release.identity}
    assert found.thresholds == release.thresholds


def test_the_sizes_are_of_truth_and_index(found, truth, url):
    said = found.as_dict()
    assert said["records"] == len(truth)
    assert said["truth_people"] == len(pc.unique(truth["person"]))
    assert said["persons"] == len(set(membership(url).values()))


def test_the_shipped_point_of_the_curve_is_the_index_itself(found):
    (shipped,) = [point for point in found.curve if point.shipped]
    pairs = found.accuracy.pairs
    assert (shipped.precision, shipped.recall) == (pairs.precision, pairs.recall)
    recalls = [point.recall for point in found.curve]
    assert recalls == sorted(recalls, reverse=True)


def test_groups_have_every_figure_with_an_interval(found):
    assert list(found.groups) == list(BY)
    for groups in found.as_dict()["groups"].values():
        shown = [group for group in groups if not group["small"]]
        assert shown
        for figure in FIGURES:
            rates = [group[figure] for group in shown if group[figure]]
            assert rates
            assert all(rate["low"] <= rate["rate"] <= rate["high"] for rate in rates)


def test_few_people_are_not_reported_on(found, truth):
    people = truth.group_by(["person", "age_band"]).aggregate([]).to_pandas()["age_band"]
    small = {group.group for group in found.groups["age_band"] if group.small}
    assert small >= {band for band, many in people.value_counts().items() if many < 10} != set()
    # with one group alone the totals less the others would tell
    assert len(small) > 1
    assert all(g.group not in small for g in found.blocking.groups["age_band"])


def test_the_confidence_judged_is_that_of_every_pair_in_one_person(found, url):
    sizes = np.unique(list(membership(url).values()), return_counts=True)[1]
    assert sizes.max() <= 64
    assert found.calibration.pairs == (sizes * (sizes - 1) // 2).sum()


def test_the_calibration_gap_of_everybody_is_confidence_less_truth(url, truth, tmp_path):
    everybody = truth.append_column("everybody", pa.array(["all"] * len(truth)))
    found = evaluate(url, written(everybody, tmp_path / "t.parquet"), by=("everybody",))
    (group,) = found.groups["everybody"]
    pairs = found.calibration.pairs
    over = sum(band.pairs * (band.mean - band.observed) for band in found.calibration.bands)
    assert group.figures["calibration_gap"].estimate == pytest.approx(over / pairs)
    assert group.figures["missed_match"].estimate == pytest.approx(1 - found.accuracy.pairs.recall)
    assert group.figures["false_match"].estimate == pytest.approx(
        1 - found.accuracy.pairs.precision
    )
    assert not group.significant


def test_blocking_is_judged_by_the_rules_of_the_release(found, invented, truth):
    release = invented.brief_release
    assert [r.rule for r in found.blocking.rules] == [rule_name(RULES[n]) for n in release.rules]
    assert 0 < found.blocking.lost < found.blocking.true_pairs
    assert found.blocking.true_pairs == found.accuracy.pairs.tp + found.accuracy.pairs.fn
    person = dict(
        zip(
            zip(truth["source"].to_pylist(), truth["source_id"].to_pylist(), strict=True),
            truth["person"].to_pylist(),
            strict=True,
        )
    )
    rows = invented.rows.select(["source", "source_id"]).to_pylist()
    keys = live_keys(invented.rows, release).to_pandas().groupby("record_no")["key"].agg(set)
    mine: dict[str, list[set[int]]] = {}
    for number, row in enumerate(rows):
        held = keys.get(number, set())
        mine.setdefault(person[row["source"], row["source_id"]], []).append(held)
    lost = sum(
        not one & other
        for records in mine.values()
        for at, one in enumerate(records)
        for other in records[:at]
    )
    assert found.blocking.lost == lost


def test_related_people_are_told_by_the_truth_and_the_names(found, truth):
    twins = truth.filter(truth["twin"]).group_by(["household", "person"]).aggregate([])
    assert set(found.related) == {"twins", "siblings", "namesakes"}
    assert found.related["twins"].pairs == len(twins) // 2
    assert found.related["namesakes"].pairs > 0


def test_a_truth_that_says_nothing_of_families_still_has_namesakes(url, truth, tmp_path):
    plain = written(truth.select(["source", "source_id", "person"]), tmp_path / "t.parquet")
    found = evaluate(url, plain)
    assert set(found.related) == {"namesakes"}
    assert found.groups == {}


def test_a_record_that_the_index_lacks_is_missed_but_not_by_blocking(url, truth, tmp_path, found):
    owner = truth["person"][0].as_py()
    more = truth.slice(0, 1).set_column(1, "source_id", pa.array(["never delivered"]))
    both = pa.concat_tables([truth, more])
    extended = evaluate(url, written(both, tmp_path / "t.parquet"))
    partners = pc.sum(pc.equal(truth["person"], owner)).as_py()
    assert extended.accuracy.pairs.fn == found.accuracy.pairs.fn + partners
    assert extended.blocking.true_pairs == found.blocking.true_pairs
    assert extended.calibration == found.calibration


def test_records_without_truth_are_left_out_but_count_as_candidates(url, truth, tmp_path, found):
    half = evaluate(url, written(truth.slice(0, len(truth) // 2), tmp_path / "t.parquet"))
    assert half.as_dict()["records"] == len(truth) // 2
    assert half.calibration.pairs < found.calibration.pairs
    assert [r.candidates for r in half.blocking.rules] == [
        r.candidates for r in found.blocking.rules
    ]


def test_the_order_of_the_truth_does_not_matter(url, truth, tmp_path, found):
    mixed = truth.take(np.random.default_rng(1).permutation(len(truth)))
    again = evaluate(url, written(mixed, tmp_path / "t.parquet"), by=BY).as_dict()
    before = found.as_dict()
    for part in ("accuracy", "source_pairs", "related", "blocking", "curve"):
        assert again[part] == before[part]
    for figure in ("log_loss", "log_loss_raw", "ece"):
        assert again["calibration"][figure] == pytest.approx(before["calibration"][figure])


def test_an_index_that_was_not_told_its_rules_names_those_it_has_keys_of(index_url, tmp_path):
    path = tmp_path / "truth.csv"
    rows = ["nomis,A1234BC,ann", "pds,9990000018,ann", "hjis,H1,ann", "courts,C5,bob"]
    path.write_text("\n".join(["source,source_id,person", *rows]))
    found = evaluate(index_url, path)
    assert [r.rule for r in found.blocking.rules][:2] == [rule_name(RULES[1]), rule_name(RULES[2])]
    assert (found.blocking.true_pairs, found.blocking.lost) == (3, 3)
    assert (found.accuracy.pairs.tp, found.accuracy.pairs.fn, found.accuracy.pairs.fp) == (3, 0, 0)
    assert found.calibration.pairs == 3


@pytest.fixture
def model(invented, tmp_path):
    return shutil.copytree(invented.brief_model, tmp_path / "release")


def test_an_evaluation_goes_into_the_release_it_judges(url, invented, model):
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    found = evaluate(url, invented.truth, by=("sex",), card=model)
    metrics = json.loads((model / "metrics.json").read_text("utf-8"))
    assert metrics["evaluation"] == json.loads(json.dumps(found.as_dict()))
    assert f"{found.as_dict()['truth_people']:,} people" in (model / "README.md").read_text("utf-8")
    for name in ("parameters.json", "term_frequencies.parquet", "suppressed_keys.parquet"):
        assert (model / name).read_bytes() == before[name]
    assert [path.name for path in model.parent.iterdir()] == ["release"]


def test_another_release_than_that_of_the_index_gets_no_evaluation(url, invented, model):
    path = model / "parameters.json"
    content = json.loads(path.read_text("utf-8"))
    content["thresholds"]["average"] += 1000
    path.write_text(json.dumps(content))
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    with pytest.raises(UnusableModel, match="another release"):
        evaluate(url, invented.truth, card=model)
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


def test_a_folder_without_a_release_is_named(url, invented, tmp_path):
    with pytest.raises(ModelNotFound, match="nowhere"):
        evaluate(url, invented.truth, card=tmp_path / "nowhere")
