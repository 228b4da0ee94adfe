"""Samples for reviewers, and what an index is judged to be by their labels, on 2,000 people."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from mpi.errors import InvalidLabels, NothingToSample, UnwritableOutput, UsageError
from mpi.index.judge import evaluate_labels
from mpi.index.link import link
from mpi.index.pairs import known_pairs
from mpi.index.sample import LEAST_PAIRS, sample
from mpi.store.store import open_store
from mpi.synthetic import synthesise
from mpi.training.sample_design import design_of
from mpi.training.streams import Stream
from tests.invented import LINKED

PAIR = ["source_l", "source_id_l", "source_r", "source_id_r"]
BLIND = [*PAIR, "label", "reviewer", "stream", "sample"]


class World:
    """An index of 2,000 people, and the truth about them."""

    def __init__(self, folder, model):
        synthesise(people=2_000, seed=9, to=folder)
        self.url = f"sqlite:///{folder / 'mpi.db'}"
        link(folder / "feeds", model, self.url, options=LINKED)
        truth = pq.read_table(folder / "truth.parquet").to_pylist()
        self.person = {(row["source"], row["source_id"]): row["person"] for row in truth}
        self.pairs = pairs_of(self.url)
        keys = [tuple(row.values()) for row in self.pairs.keys.to_pylist()]
        person = np.unique([self.person[key] for key in keys], return_inverse=True)[1]
        self.same = person[self.pairs.left] == person[self.pairs.right]

    def answered(self, path, to, unsure=()):
        """The sample with the labels that the truth gives; unsure in some rows."""
        rows = pq.read_table(path).to_pylist()
        for at, row in enumerate(rows):
            left, right = ((row[f"source_{e}"], row[f"source_id_{e}"]) for e in "lr")
            same = self.person[left] == self.person[right]
            row["label"] = "unsure" if at in unsure else ("same" if same else "different")
        pq.write_table(pa.Table.from_pylist(rows), to)
        return to


def pairs_of(url):
    store = open_store(url)
    with store.reading() as view:
        found = known_pairs(view)
    store.close()
    return found


@pytest.fixture(scope="module")
def world(invented, tmp_path_factory):
    return World(tmp_path_factory.mktemp("two-thousand"), invented.brief_model)


def test_every_pair_within_a_person_is_known_once_with_its_confidence(world):
    store = open_store(world.url)
    with store.reading() as view:
        members = view.previous_membership().column("person_id").value_counts()
        links = pa.Table.from_batches(view.export_links()).to_pylist()
    store.close()
    sizes = members.field("counts").to_numpy()
    inside = sum(1 for row in links if row["person_id_l"] == row["person_id_r"])
    pairs = world.pairs
    assert int(pairs.within.sum()) == int((sizes * (sizes - 1) // 2).sum()) >= inside
    assert int((~pairs.within).sum()) == len(links) - inside
    assert len(np.unique(pairs.left << 32 | pairs.right)) == len(pairs)
    assert (pairs.left < pairs.right).all()
    assert (pairs.confidence <= pairs.expected + 1e-6).all()


def test_of_a_large_person_the_weakest_step_on_the_path_counts(index_url, monkeypatch):
    """Cat of the small index is kept as a spanning tree: S7 - Y8 - A8888BC."""
    monkeypatch.setattr("mpi.index.pairs.ALL_PAIRS", 2)
    calibration = {"intercept": 0.0, "direct": 0.2, "bottleneck": 0.4, "basis": ""}
    store = open_store(index_url)
    with store.reading() as view:
        document = view.state.release.document
        monkeypatch.setitem(document, "calibration", document["calibration"] | calibration)
        found = known_pairs(view)
    store.close()
    key = [row["source_id"] for row in found.keys.to_pylist()]
    stated = {
        (key[left], key[right]): sure
        for left, right, sure in zip(found.left, found.right, found.confidence, strict=True)
    }
    assert stated["S7", "A8888BC"] == min(stated["S7", "Y8"], stated["Y8", "A8888BC"]) == 0.93


def test_a_sample_shows_record_keys_and_nothing_that_could_sway(world, tmp_path):
    to = tmp_path / "labels.parquet"
    summary = sample(world.url, to, size=300)
    table = pq.read_table(to)
    assert table.column_names == BLIND
    assert table.num_rows == summary.drawn == 300
    assert table.column("label").null_count == table.column("reviewer").null_count == 300
    rows = table.to_pylist()
    assert len({tuple(row[c] for c in PAIR) for row in rows}) == 300
    assert {row["stream"] for row in rows} == {"evaluation"}
    assert len({row["sample"] for row in rows}) == 1
    # neither the order of the rows nor that of the codes follows the strata
    codes = [row["stratum"] for row in design(to)]
    assert codes != sorted(codes)
    assert sum(a != b for a, b in pairwise(codes)) > 50


def test_the_probabilities_add_up_to_the_pairs_of_the_index(world, tmp_path):
    to = tmp_path / "labels.parquet"
    summary = sample(world.url, to, size=250)
    probability = np.array([row["inclusion_probability"] for row in design(to)])
    assert ((probability > 0) & (probability <= 1)).all()
    whole = summary.pairs_within + summary.pairs_between
    assert (1 / probability).sum() == pytest.approx(whole) == len(world.pairs)


def test_the_same_seed_draws_the_same_file_and_another_another(world, tmp_path):
    files = [tmp_path / f"{name}.parquet" for name in ("one", "again", "other")]
    for to, seed in zip(files, (1, 1, 2), strict=True):
        sample(world.url, to, size=100, seed=seed)
    for paths in (files, [design_of(path) for path in files]):
        one, again, other = (path.read_bytes() for path in paths)
        assert one == again != other


def design(path):
    return pq.read_table(design_of(path)).to_pylist()


def drawn(path):
    return {tuple(row[c] for c in PAIR) for row in pq.read_table(path).to_pylist()}


def test_no_pair_is_ever_drawn_for_both_streams(world, tmp_path):
    """Not even when nearly all pairs of a stream are drawn."""
    size = len(world.pairs)
    for stream in Stream:
        sample(world.url, tmp_path / f"{stream}.parquet", size=size, stream=stream)
    one, other = (drawn(tmp_path / f"{stream}.parquet") for stream in Stream)
    assert not one & other
    assert len(one | other) > 0.7 * size


def test_a_sample_for_training_takes_more_of_what_the_model_is_unsure_of(world, tmp_path):
    different = {}
    for stream in Stream:
        found = []
        for seed in range(1, 5):
            path = tmp_path / f"{stream}-{seed}.parquet"
            sample(world.url, path, size=200, stream=stream, seed=seed)
            rows = pq.read_table(world.answered(path, path)).to_pylist()
            found += [row["label"] == "different" for row in rows]
        different[stream] = sum(found)
    assert different[Stream.TRAINING] > different[Stream.EVALUATION]


def test_a_file_of_the_sample_can_be_csv(world, tmp_path):
    to = tmp_path / "labels.csv"
    sample(world.url, to, size=50)
    assert pyarrow.csv.read_csv(to).column_names == BLIND


def test_labels_of_a_sample_give_the_precision_and_what_was_missed(world, tmp_path):
    """Of eight intervals of 95% more than two miss the truth once in two hundred times."""
    within, same = world.pairs.within, world.same
    right, missed = int(same[within].sum()), int(same[~within].sum())
    outside = np.zeros(3, dtype=int)
    for seed in range(1, 9):
        path = tmp_path / f"{seed}.parquet"
        sample(world.url, path, size=400, seed=seed)
        found = evaluate_labels(world.url, world.answered(path, path))
        truth = (right / within.sum(), missed, right / (right + missed))
        intervals = (found.precision, found.missed, found.recall_of_scored)
        outside += [not i.low <= t <= i.high for i, t in zip(intervals, truth, strict=True)]
        assert found.precision.high - found.precision.low < 0.04
        assert found.speaks_for == pytest.approx(1.0)
        assert found.warnings == ()
    assert (outside <= 2).all()
    assert found.calibration.pairs == sum(each.judged for each in found.strata["within"])


def test_unsure_pairs_are_counted_and_shown_at_their_worst(world, tmp_path):
    path = tmp_path / "labels.parquet"
    sample(world.url, path, size=400)
    sure = evaluate_labels(world.url, world.answered(path, path))
    some = evaluate_labels(world.url, world.answered(path, path, unsure=range(40)))
    assert some.labels["unsure"] == 40
    assert 0.02 < some.unsure < 0.3
    assert sure.unsure == 0.0
    assert sure.if_unsure_differ == pytest.approx(sure.precision.estimate)
    assert some.if_unsure_differ < some.precision.estimate


def test_rows_without_a_label_are_told_and_do_not_bias(world, tmp_path):
    path = tmp_path / "labels.parquet"
    sample(world.url, path, size=400)
    rows = pq.read_table(world.answered(path, path)).to_pylist()
    for row in rows[:100]:
        row["label"] = None
    pq.write_table(pa.Table.from_pylist(rows), path)
    found = evaluate_labels(world.url, path)
    assert found.labels["unjudged"] == 100
    assert "100 pairs" in found.warnings[0]
    true = world.same[world.pairs.within].mean()
    assert found.precision.low <= true <= found.precision.high


def test_a_sample_of_another_state_of_the_index_is_told_from_this_one(world, tmp_path):
    """Rows left out look just like persons that have changed: pairs the sample no longer covers."""
    path = tmp_path / "labels.parquet"
    sample(world.url, path, size=400)
    table = pq.read_table(world.answered(path, path))
    pq.write_table(table.slice(0, 300), path)
    found = evaluate_labels(world.url, path)
    assert found.speaks_for < 0.9
    assert "linked anew" in found.warnings[0]


SPOILT = {
    "two samples in one": ({"sample": "0123abcd"}, "one sample"),
    "nobody has looked": ({"label": None}, "Nobody"),
    "of the other stream": ({"stream": "training"}, "never judge"),
}


@pytest.mark.parametrize(("change", "named"), SPOILT.values(), ids=SPOILT)
def test_labels_that_cannot_judge_are_refused(world, tmp_path, change, named):
    path = tmp_path / "labels.parquet"
    sample(world.url, path, size=120)
    rows = pq.read_table(world.answered(path, path)).to_pylist()
    spoilt = rows[:1] if "sample" in change else rows
    for row in spoilt:
        row.update(change)
    pq.write_table(pa.Table.from_pylist(rows), path)
    with pytest.raises(InvalidLabels, match=named) as caught:
        evaluate_labels(world.url, path)
    assert caught.value.where["file"] == path


@pytest.mark.parametrize("name", ["labels.parquet", "labels.csv"])
def test_labels_away_from_their_design_are_not_read(world, tmp_path, name):
    path = tmp_path / name
    sample(world.url, path, size=60)
    design_of(path).rename(tmp_path / "elsewhere")
    with pytest.raises(InvalidLabels, match=r"labels\.design\.parquet"):
        evaluate_labels(world.url, path)


def test_a_file_of_labels_may_have_another_name_than_that_of_the_sample(world, tmp_path):
    path = tmp_path / "labels.parquet"
    sample(world.url, tmp_path / "other.parquet", size=60, seed=2)
    sample(world.url, path, size=60)
    labelled = world.answered(path, tmp_path / "labelled.parquet")
    assert evaluate_labels(world.url, labelled).speaks_for == pytest.approx(1.0)


def test_a_pair_that_was_not_drawn_is_told_from_the_sample(world, tmp_path):
    path = tmp_path / "labels.parquet"
    sample(world.url, path, size=60)
    rows = pq.read_table(world.answered(path, path)).to_pylist()
    rows[3]["source_id_r"] = "Qwortleberry"
    pq.write_table(pa.Table.from_pylist(rows), path)
    with pytest.raises(InvalidLabels, match=r"1 of its pairs were not drawn \(row 4\)") as caught:
        evaluate_labels(world.url, path)
    assert "Qwortleberry" not in caught.value.message


def test_labels_with_their_design_in_the_same_file_are_read_as_well(world, tmp_path):
    """As review gives them out, when everybody has decided."""
    path, both = tmp_path / "labels.parquet", tmp_path / "both.parquet"
    sample(world.url, path, size=200)
    rows = zip(pq.read_table(world.answered(path, path)).to_pylist(), design(path), strict=True)
    whole = [row | told for row, told in rows]
    for row in whole:
        del row["sample"]
    pq.write_table(pa.Table.from_pylist(whole), both)
    assert evaluate_labels(world.url, both) == evaluate_labels(world.url, path)


def test_strata_that_nobody_has_decided_are_told(world, tmp_path):
    path = tmp_path / "labels.parquet"
    sample(world.url, path, size=400)
    rows = pq.read_table(world.answered(path, path)).to_pylist()
    every = evaluate_labels(world.url, path)
    assert every.silent == {"within": 0.0, "between": 0.0}
    smallest = min(every.strata["within"], key=lambda stratum: stratum.pairs)
    for row, told in zip(rows, design(path), strict=True):
        if told["stratum"] == smallest.name:
            row["label"] = "unsure"
    pq.write_table(pa.Table.from_pylist(rows), path)
    found = evaluate_labels(world.url, path)
    whole = sum(stratum.pairs for stratum in every.strata["within"])
    assert found.silent == {"within": pytest.approx(smallest.pairs / whole), "between": 0.0}
    assert any("pairs within persons: of their strata nobody" in each for each in found.warnings)
    assert found.as_dict()["silent"]["within"] > 0


def test_an_index_that_was_never_linked_has_nothing_to_draw_from(tmp_path):
    url = f"sqlite:///{tmp_path / 'mpi.db'}"
    open_store(url, create=True, seed=1).close()
    with pytest.raises(NothingToSample):
        sample(url, tmp_path / "labels.parquet")
    assert not (tmp_path / "labels.parquet").exists()


@pytest.mark.parametrize(
    ("name", "size", "error"),
    [
        ("labels.xlsx", 10, UsageError),
        ("labels.csv", 0, UsageError),
        ("none/labels.csv", 10, UnwritableOutput),
    ],
)
def test_what_cannot_be_drawn_or_written_is_refused(world, tmp_path, name, size, error):
    with pytest.raises(error):
        sample(world.url, tmp_path / name, size=size)
    assert list(tmp_path.iterdir()) == []


def test_labels_are_never_overwritten_by_another_sample(world, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("somebody's work")
    with pytest.raises(UnwritableOutput, match="already"):
        sample(world.url, path)
    assert path.read_text() == "somebody's work"
    path.rename(tmp_path / "kept.csv")
    design_of(path).write_text("")
    with pytest.raises(UnwritableOutput, match=r"labels\.design\.parquet"):
        sample(world.url, path)


def test_strata_are_never_too_small_to_say_anything(world, tmp_path):
    path = tmp_path / "labels.parquet"
    sample(world.url, path, size=500)
    rows = design(path)
    pairs = {row["stratum"]: 0.0 for row in rows}
    for row in rows:
        pairs[row["stratum"]] += 1 / row["inclusion_probability"]
    assert min(pairs.values()) >= LEAST_PAIRS - 1e-6
    assert len(pairs) >= 4
