"""Label files: what is read, what is refused, and what never gets into a message."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpi.errors import InvalidLabels
from mpi.training.labelled import (
    DIFFERENT,
    SAME,
    TEACHING,
    UNJUDGED,
    UNSURE,
    LabelledPairs,
    LabelledPersons,
)
from mpi.training.labels import read_labels
from mpi.training.streams import Stream

LEAK = "Qwortleberry"
"""Stands wherever a person's value could leak into a message."""

KEYS = pa.table({"source": ["a"] * 6 + ["b"] * 4, "source_id": [*"012345", *"0123"]})
HEADER = "source_l,source_id_l,source_r,source_id_r,label"
SAMPLED = f"{HEADER},stream,stratum,inclusion_probability"


def written(folder, text):
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def read(folder, text, stream=Stream.TRAINING):
    return read_labels(written(folder, text), stream).resolved(KEYS)


def pairs(*rows, header=HEADER):
    """A file of pairs given as `"01 same"`: the keys of two records of source a, and a label."""
    return "\n".join([header, *(f"a,{row[0]},a,{row[1]},{row[3:]}" for row in rows)]) + "\n"


def test_pairs_are_read_in_either_order_and_by_record_number(tmp_path):
    text = f"{HEADER},notes\nb,1,a,3,SAME ,x\na,0,a,5,different,\na,1,a,2,unsure,\na,1,a,4,,\n"
    found = read(tmp_path, text)
    assert found.left.tolist() == [3, 0, 1, 1]
    assert found.right.tolist() == [7, 5, 2, 4]
    assert found.said.tolist() == [SAME, DIFFERENT, UNSURE, UNJUDGED]
    assert found.probability.tolist() == [1.0] * 4
    assert found.counts() == {"same": 1, "different": 1, "unsure": 1, "unjudged": 1}


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_sample_keeps_its_design_from_either_format(tmp_path, suffix):
    rows = [["a", "0", "a", "1", "same", "evaluation", "s01", 0.25]]
    path = tmp_path / f"labels.{suffix}"
    table = pa.table([pa.array(column) for column in zip(*rows, strict=True)], SAMPLED.split(","))
    if suffix == "parquet":
        pq.write_table(table, path)
    else:
        table.to_pandas().to_csv(path, index=False)
    found = read_labels(path, Stream.EVALUATION).resolved(KEYS)
    assert (found.probability.tolist(), found.stratum.tolist()) == ([0.25], ["s01"])


def test_keys_are_text_even_where_they_look_like_numbers_or_nothing(tmp_path):
    keys = pa.table({"source": ["a", "a", "a"], "source_id": ["007", "NA", "null"]})
    path = written(tmp_path, f"{HEADER}\na,007,a,NA,same\na,null,a,NA,different\n")
    found = read_labels(path, Stream.TRAINING).resolved(keys)
    assert (found.left.tolist(), found.right.tolist()) == ([0, 1], [1, 2])
    numbers = pa.table({**keys.to_pydict(), "source_id": [7, 8, 9], "person": [1, 1, 2]})
    pq.write_table(numbers, tmp_path / "numbers.parquet")
    texts = keys.set_column(1, "source_id", pa.array(["7", "8", "9"]))
    persons = read_labels(tmp_path / "numbers.parquet", Stream.TRAINING).resolved(texts)
    assert persons.person.tolist() == [0, 0, 1]


def test_a_pair_that_two_reviewers_judged_counts_once_and_decided_before_unsure(tmp_path):
    found = read(tmp_path, pairs("01 unsure", "10 same", "01 same", "23 unsure", "23 "))
    assert list(zip(found.left, found.right, found.said, strict=True)) == [
        (0, 1, SAME),
        (2, 3, UNSURE),
    ]


BAD_FILES = {
    "no such file": (None, {"file"}, "cannot be read"),
    "not a table": ("\x00\x01", {"file"}, "cannot be read"),
    "nothing at all": ("", {"file"}, "cannot be read"),
    "no rows": (HEADER + "\n", {"file"}, "no rows"),
    "no label column": (f"{HEADER[:-6]}\na,0,a,1\n", {"file", "column"}, "column label"),
    "no key column": ("source,person\na,1\n", {"file", "column"}, "column source_id"),
    "another label": (pairs("01 same", f"02 {LEAK}"), {"file", "column", "row"}, "row 2"),
    "a missing key": (f"{HEADER}\na,,a,1,same\n", {"file", "column", "row"}, "column source_id_l"),
    "a missing person": (f"source,source_id,person\na,{LEAK},\n", {"file", "column", "row"}, "row"),
    "itself": (f"{HEADER}\na,{LEAK},a,{LEAK},same\n", {"file", "row"}, "with itself"),
    "unknown records": (f"{HEADER}\na,0,a,1,same\na,{LEAK},a,1,same\n", {"file"}, "1 pairs"),
    "unknown people": (f"source,source_id,person\n{LEAK},0,1\n", {"file"}, "1 rows name a record"),
    "two persons": (f"source,source_id,person\na,0,1\na,1,2\na,0,{LEAK}\n", {"file"}, "rows 1, 3"),
    "both": (pairs("01 same", "23 same", "10 different"), {"file"}, "row 3"),
    "a chain": (pairs("01 same", "12 same", "45 same", "20 different"), {"file"}, "rows 1, 2"),
    "ragged": (f"{HEADER}\na,0,a,1,same,{LEAK},1,2\na,0,a,1,same\n", {"file"}, "cannot be read"),
}


@pytest.mark.parametrize(("text", "where", "named"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, text, where, named):
    path = tmp_path / "labels.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidLabels) as caught:
        read_labels(path, Stream.TRAINING).resolved(KEYS)
    assert caught.value.where.keys() >= where
    assert named in caught.value.message
    assert LEAK not in caught.value.message


def test_contradictions_are_counted_and_the_first_is_explained(tmp_path):
    rows = ["01 same", "12 same", "23 same", "34 same", "40 different", "13 different", "05 unsure"]
    with pytest.raises(InvalidLabels) as caught:
        read(tmp_path, pairs(*rows))
    assert "2 pairs are different" in caught.value.detail
    assert "(rows 5, 6)" in caught.value.detail
    assert "Against row 5 stands rows 1, 2, 3, 4." in caught.value.detail


def test_chains_of_same_pairs_that_nothing_contradicts_are_fine(tmp_path):
    found = read(tmp_path, pairs("01 same", "12 same", "34 same", "23 different", "04 unsure"))
    assert len(found) == 5


@pytest.mark.parametrize("probability", ["0", "1e-300", "-0.1", "1.5", "", "often", "nan", "inf"])
def test_probabilities_out_of_range_are_refused_with_their_row(tmp_path, probability):
    header = f"{HEADER},stream,inclusion_probability"
    rows = f"a,0,a,1,same,training,0.5\na,0,a,2,same,training,{probability}"
    text = f"{header}\n{rows}\n"
    with pytest.raises(InvalidLabels) as caught:
        read(tmp_path, text)
    assert caught.value.where["row"] == 2
    assert caught.value.where["column"] == "inclusion_probability"


def test_a_column_of_probabilities_that_nobody_filled_in_is_none(tmp_path):
    text = f"{HEADER},stream,inclusion_probability\na,0,a,1,same,training,\n"
    assert read(tmp_path, text).probability.tolist() == [1.0]


@pytest.mark.parametrize("column", ["stratum", "inclusion_probability"])
def test_a_sample_that_lost_its_stream_teaches_nothing(tmp_path, column):
    with pytest.raises(InvalidLabels) as caught:
        read(tmp_path, f"{HEADER},{column}\na,0,a,1,same,1\n")
    assert caught.value.where["column"] == "stream"


STREAMS = {
    "evaluation labels to train on": ("evaluation", Stream.TRAINING, "never judge"),
    "training labels to judge by": ("training", Stream.EVALUATION, "never judge"),
    "no word for it, to judge by": ("", Stream.EVALUATION, "missing"),
    "another word": (LEAK, Stream.TRAINING, "evaluation or training"),
}


@pytest.mark.parametrize(("word", "wanted", "named"), STREAMS.values(), ids=STREAMS)
def test_the_two_streams_are_never_mixed(tmp_path, word, wanted, named):
    ours = wanted.value
    text = f"{SAMPLED}\na,0,a,1,same,{ours},s01,1\na,0,a,2,same,{word},s01,1\n"
    with pytest.raises(InvalidLabels) as caught:
        read(tmp_path, text, wanted)
    assert caught.value.where["column"] == "stream"
    assert caught.value.where["row"] == 2
    assert named in caught.value.message
    assert LEAK not in caught.value.message


@pytest.mark.parametrize("column", ["stream", "stratum", "inclusion_probability"])
def test_labels_without_their_design_are_for_training_alone(tmp_path, column):
    kept = [name for name in SAMPLED.split(",") if name != column]
    row = ["a", "0", "a", "1", "same", "evaluation", "s01", "1"]
    values = dict(zip(SAMPLED.split(","), row, strict=True))
    text = ",".join(kept) + "\n" + ",".join(values[name] for name in kept) + "\n"
    with pytest.raises(InvalidLabels) as caught:
        read(tmp_path, text, Stream.EVALUATION)
    assert caught.value.where["column"] == column


def test_known_persons_are_a_truth_and_no_sample(tmp_path):
    with pytest.raises(InvalidLabels, match="--truth"):
        read(tmp_path, "source,source_id,person\na,0,1\n", Stream.EVALUATION)


@pytest.fixture
def persons():
    return LabelledPersons(np.array([0, 0, 0, 1, 1, 2, -1, -1, 0, -1]))


def test_pairs_of_known_persons_are_same_or_different_and_others_unknown(persons):
    left, right = np.array([0, 0, 3, 3, 6]), np.array([8, 3, 4, 9, 7])
    said, weight = persons.about(left, right)
    assert said.tolist() == [SAME, DIFFERENT, SAME, UNJUDGED, UNJUDGED]
    assert weight.tolist() == [1.0] * 5
    assert persons.counts() == {"records": 7, "persons": 3, "same": 7}


def test_all_pairs_within_each_known_person_are_the_same(persons):
    left, right, weight = persons.same()
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [
        (0, 1), (0, 2), (0, 8), (1, 2), (1, 8), (2, 8), (3, 4)
    ]  # fmt: skip
    assert set(weight.tolist()) == {1.0}


def many_persons():
    return LabelledPersons(np.repeat(np.arange(400), 3))


def many_pairs():
    """For each of 400 people three same pairs, and a different one to the next."""
    first = np.arange(0, 1200, 3)
    left = np.concatenate([first, first, first + 1, first[:-1]])
    right = np.concatenate([first + 1, first + 2, first + 2, first[1:]])
    said = np.repeat([SAME, DIFFERENT], [1200, 399]).astype(np.int8)
    n = len(left)
    none = np.full(n, "", dtype=object)
    return LabelledPairs(left, right, said, np.full(n, 0.5), none, np.arange(1, n + 1))


MANY_KEYS = pa.table({"source": ["a"] * 1200, "source_id": [f"{n:04d}" for n in range(1200)]})
EVERY = np.triu_indices(1200, 1)


@pytest.mark.parametrize("labels", [many_persons(), many_pairs()], ids=["persons", "pairs"])
def test_no_pair_both_teaches_and_calibrates(labels):
    teaching, calibrating = labels.halves(MANY_KEYS)
    left, right, _ = teaching.same()
    assert 0 < len(left) < 2 * 1200 / TEACHING
    assert (calibrating.about(left, right)[0] == UNJUDGED).all()
    # an individual is on one side with all of its pairs
    assert len(np.unique(left // 3)) * 3 == len(left)


@pytest.mark.parametrize("labels", [many_persons(), many_pairs()], ids=["persons", "pairs"])
def test_what_calibrates_stands_for_all_labels(labels):
    calibrating = labels.halves(MANY_KEYS)[1]
    said, weight = labels.about(*EVERY)
    kept, worth = calibrating.about(*EVERY)
    assert (kept == DIFFERENT).sum() == (said == DIFFERENT).sum() > 0
    whole = weight[said == SAME].sum()
    assert worth[kept == SAME].sum() == pytest.approx(whole, rel=0.1)
    assert (kept == SAME).sum() < (said == SAME).sum()


def test_one_label_more_moves_few_individuals():
    """Not even where the record it names comes before all others."""
    hidden = np.arange(1200) % 3 == 0
    before = LabelledPersons(np.where(hidden, -1, np.repeat(np.arange(400), 3)))
    kept = before.halves(MANY_KEYS)[0].counted[1::3]
    now = many_persons().halves(MANY_KEYS)[0].counted[1::3]
    # of three hashes the new one is the smallest once in three times, and then moves 4 in 9
    assert 0.05 < (kept != now).mean() < 0.25


def test_the_division_depends_on_record_keys_and_not_on_what_else_is_labelled():
    teaching = many_pairs().halves(MANY_KEYS)[0]
    fewer = many_pairs().take(np.arange(0, 1599) % 400 < 100)
    kept = fewer.halves(MANY_KEYS)[0]
    both = set(zip(teaching.left.tolist(), teaching.right.tolist(), strict=True))
    assert set(zip(kept.left.tolist(), kept.right.tolist(), strict=True)) <= both
