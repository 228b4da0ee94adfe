"""What labels teach a release: weights of agreement, and a confidence that is not provisional."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpi.errors import InvalidLabels
from mpi.index.train import TrainOptions
from mpi.index.train import train as train_to
from mpi.linking.engines.duckdb import Limits, connection, store_compared
from mpi.model.comparisons import BIRTH_DATE
from mpi.model.frequencies import annotate, annotate_table
from mpi.model.parameters import load, save
from mpi.model.scoring import Scorer, comparable
from mpi.training.label_calibration import LEAST_OF_A_KIND, reviewed_pairs
from mpi.training.label_weights import WORTH, independent, with_labelled_m
from mpi.training.labelled import DIFFERENT, SAME, SAW_LABELS, LabelledPairs, SplitLabels
from mpi.training.labels import read_labels
from mpi.training.streams import Stream
from mpi.training.train import train
from tests.invented import TRAINING


@pytest.fixture(scope="module")
def persons(invented, tmp_path_factory):
    """The truth as a file of known persons, but every third has one record of somebody else.

    So few people are ever taken for one another among these that nothing could be calibrated.
    """
    path = tmp_path_factory.mktemp("labels") / "persons.parquet"
    known = pq.read_table(invented.truth, columns=["source", "source_id", "person"]).to_pandas()
    last = ~known["person"].duplicated(keep="last") & known["person"].duplicated()
    other = last & (known["person"].rank(method="dense") % 3 == 0)
    known.loc[other, "person"] += " somebody else"
    pq.write_table(pa.Table.from_pandas(known, preserve_index=False), path)
    return path


@pytest.fixture(scope="module")
def known(invented, persons):
    """Those labels by the numbers of the rows."""
    return read_labels(persons, Stream.TRAINING).resolved(keys_of(invented))


def keys_of(invented):
    return invented.brief_rows.select(["source", "source_id"])


@pytest.fixture(scope="module")
def calibrated(invented, known):
    """A release that learned from half of what is known, and was calibrated on the rest."""
    split = SplitLabels.of(known, keys_of(invented))
    return train(invented.brief_rows, replace(TRAINING, labels=split))


def taught(invented, labels):
    release = invented.brief_release
    with connection(Limits()) as con:
        store_compared(con, annotate_table(invented.brief_rows, release.frequencies))
        return with_labelled_m(con, release, labels, seed=1)


@pytest.fixture(scope="module")
def dates(invented):
    """The code of the level of birth date that holds for two records, by the compiled scorer."""
    scorer = Scorer(invented.brief_release)
    frequencies = invented.brief_release.frequencies
    rows = [comparable(annotate(row, frequencies)) for row in invented.brief_rows.to_pylist()]

    def level(left, right):
        return BIRTH_DATE.levels[scorer.levels(rows[left], rows[right])["birth_date"][0]].code

    return level


def labelled(pairs, said):
    left, right = (np.array(ends) for ends in zip(*pairs, strict=True))
    n = len(left)
    nothing = np.full(n, "", dtype=object)
    verdicts = np.full(n, said, dtype=np.int8)
    return LabelledPairs(left, right, verdicts, np.ones(n), nothing, np.arange(1, n + 1))


def test_m_moves_to_what_labelled_pairs_show_as_far_as_they_are_many(invented, known, dates):
    """With the m learned worth `WORTH` pairs, n pairs move it by n / (WORTH + n)."""
    left, right, _ = known.same()
    first = np.unique(left, return_index=True)[1][::3]
    pairs = list(zip(left[first].tolist(), right[first].tolist(), strict=True))
    codes = [code for code in (dates(*pair) for pair in pairs) if code != "unknown"]
    share = independent(left[first], right[first], np.ones(len(first))) / len(pairs)
    found = taught(invented, labelled(pairs, SAME)).levels["birth_date"]
    for code, before in invented.brief_release.levels["birth_date"].items():
        shown = WORTH * before.m + share * codes.count(code)
        assert found[code].m == pytest.approx(max(shown / (WORTH + share * len(codes)), 1e-4))


def test_pairs_that_all_disagree_take_weight_from_disagreement(invented, known, dates):
    """Clerks who call pairs the same whose birth dates differ teach that a birth date can."""
    left, right, _ = known.same()
    pairs = list(zip(left.tolist(), right.tolist(), strict=True))
    apart = [pair for pair in pairs if dates(*pair) == "other"]
    found = taught(invented, labelled(apart, SAME)).levels["birth_date"]
    before = invented.brief_release.levels["birth_date"]
    assert apart
    assert found["other"].m > before["other"].m
    assert found["other"].weight > before["other"].weight
    assert found["same"].weight < before["same"].weight


def test_different_pairs_teach_no_weight(invented, known):
    pairs = [(0, 1), (2, 9), (5, 70)]
    assert taught(invented, labelled(pairs, DIFFERENT)) is invented.brief_release


def test_u_and_weights_set_by_rule_stay_as_they_are(invented, known):
    found, before = taught(invented, known), invented.brief_release
    for name, levels in found.levels.items():
        assert [p.u for p in levels.values()] == [p.u for p in before.levels[name].values()]
    assert found.levels.get("relatives") == before.levels.get("relatives")


def test_the_same_labels_teach_the_same(invented, known):
    assert taught(invented, known).identity == taught(invented, known).identity


@pytest.mark.parametrize(
    ("pairs", "weight", "worth"),
    [
        ([(0, 1), (2, 3)], [1, 1], 2.0),
        ([(0, 1), (1, 2), (0, 2)], [1, 1, 1], 2.0),
        ([(0, 1), (2, 3)], [1, 3], 1.6),
        ([(n, n + 100) for n in range(50)], [7] * 50, 50.0),
    ],
)
def test_unequal_weights_and_pairs_that_follow_from_others_are_worth_less(pairs, weight, worth):
    left, right = (np.array(ends) for ends in zip(*pairs, strict=True))
    assert independent(left, right, np.array(weight, float)) == pytest.approx(worth)


def test_with_enough_labels_confidence_is_no_longer_provisional(invented, known, calibrated):
    assert not calibrated.calibration.provisional
    used = calibrated.trained["labels"]
    assert used["records"] == len(invented.rows)
    assert calibrated.calibration.examples == sum(used["calibrating"].values())
    assert min(used["calibrating_persons"].values()) >= LEAST_OF_A_KIND
    # over all pairs the confidence is what all labels say
    pairs = reviewed_pairs(invented.brief_rows, calibrated, known, Limits())
    uncapped = replace(calibrated.calibration, cap=1.0)
    stated = uncapped.confidence(pairs.direct, pairs.bottleneck)
    assert stated.mean() == pytest.approx(pairs.same.mean(), abs=0.02)


def test_with_too_few_it_stays_provisional_and_says_so(invented, persons, tmp_path):
    few = pq.read_table(persons).to_pandas()
    kept = few["person"].drop_duplicates().sort_values()[:30]
    pq.write_table(pa.Table.from_pandas(few[few["person"].isin(kept)]), tmp_path / "few.parquet")
    summary = train_to(
        invented.feeds,
        tmp_path / "made",
        options=TrainOptions(weights_from=invented.brief_model, labels=tmp_path / "few.parquet"),
    )
    made = load(tmp_path / "made")
    assert made.calibration.provisional
    assert any("too few to calibrate" in warning for warning in summary.warnings)
    used = made.trained["labels"]
    assert used["persons"] == 30
    # none of them has taught the weights, so all of them count
    assert used["calibrating"]["same"] > 0.9 * used["same"]
    assert made.trained["labels"]["calibrating_persons"]["different"] < LEAST_OF_A_KIND
    shown = dict(summary.rows())
    assert "provisional" in shown["Calibration"]
    assert "30 persons" in shown["Labels"]
    assert "different (in" in shown["Labelled pairs it puts in one person"]


def test_weights_that_have_seen_labels_are_calibrated_on_those_they_have_not(
    invented, persons, calibrated, tmp_path
):
    (tmp_path / "older").mkdir()
    save(calibrated, tmp_path / "older")
    options = TrainOptions(weights_from=tmp_path / "older", labels=persons)
    made = train_to(invented.feeds, tmp_path / "made", options=options).release
    assert not made.calibration.provisional
    assert made.levels["birth_date"] == load(tmp_path / "older").levels["birth_date"]
    used = made.trained["labels"]
    assert used["calibrating"]["same"] < 0.8 * used["same"]


def test_a_calibration_is_provisional_again_where_no_labels_come_along(
    invented, calibrated, tmp_path
):
    (tmp_path / "older").mkdir()
    save(calibrated, tmp_path / "older")
    options = TrainOptions(weights_from=tmp_path / "older")
    made = train_to(invented.feeds, tmp_path / "made", options=options).release
    assert made.calibration.provisional
    assert made.trained[SAW_LABELS]


def test_labels_that_cannot_be_used_leave_no_release(invented, tmp_path):
    wrong = tmp_path / "labels.csv"
    wrong.write_text("source,source_id,person\nnomis,Qwortleberry,1\n")
    options = TrainOptions(weights_from=invented.brief_model, labels=wrong)
    with pytest.raises(InvalidLabels, match="1 rows name a record") as caught:
        train_to(invented.feeds, tmp_path / "made", options=options)
    assert "Qwortleberry" not in caught.value.message
    assert {path.name for path in tmp_path.iterdir()} == {"labels.csv"}
