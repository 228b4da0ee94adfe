"""The fast counts against what they mean: every pair and every record, listed one by one."""

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.errors import InvalidTruth
from mpi.training.metrics import evaluate, largest_wrong_merge, overlap

# A busy machine is no reason to fail: how long an example takes is not what is tested.
UNTIMED = settings(deadline=None)
LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=25)


def pair_counts(predicted, true):
    tp = fp = fn = 0
    for left, right in combinations(range(len(true)), 2):
        together, same = predicted[left] == predicted[right], true[left] == true[right]
        tp += together and same
        fp += together and not same
        fn += same and not together
    return tp, fp, fn


def bcubed(predicted, true):
    everyone = range(len(true))
    precision = recall = 0.0
    for at in everyone:
        cluster = {other for other in everyone if predicted[other] == predicted[at]}
        person = {other for other in everyone if true[other] == true[at]}
        precision += len(cluster & person) / len(cluster)
        recall += len(cluster & person) / len(person)
    return precision / len(true), recall / len(true)


def unlinked_rate(predicted, true):
    partnered = alone = 0
    for at, person in enumerate(true):
        partners = [other for other in range(len(true)) if other != at and true[other] == person]
        partnered += bool(partners)
        alone += bool(partners) and all(predicted[at] != predicted[other] for other in partners)
    return alone / partnered if partnered else 0.0


@UNTIMED
@given(LABELS)
def test_pair_counts_equal_a_listing_of_every_pair(labels):
    predicted, true = zip(*labels, strict=True)
    pairs = evaluate(predicted, true).pairs
    assert (pairs.tp, pairs.fp, pairs.fn) == pair_counts(predicted, true)


@UNTIMED
@given(LABELS)
def test_bcubed_equals_the_mean_over_every_record(labels):
    predicted, true = zip(*labels, strict=True)
    found = evaluate(predicted, true).bcubed
    assert (found.precision, found.recall) == pytest.approx(bcubed(predicted, true))


@UNTIMED
@given(LABELS)
def test_unlinked_records_are_those_apart_from_all_their_partners(labels):
    predicted, true = zip(*labels, strict=True)
    assert evaluate(predicted, true).unlinked_rate == pytest.approx(unlinked_rate(predicted, true))


@UNTIMED
@given(LABELS)
def test_counts_of_persons_equal_comparisons_of_sets(labels):
    predicted, true = zip(*labels, strict=True)
    people = {p: {c for c, t in labels if t == p} for p in true}
    clusters = {c: {t for d, t in labels if d == c} for c in predicted}
    found = evaluate(predicted, true)
    assert found.persons == len(people)
    assert found.clusters == len(clusters)
    assert found.split_persons == sum(len(of) > 1 for of in people.values())
    assert found.merged_clusters == sum(len(of) > 1 for of in clusters.values())
    assert found.largest_merge == max(len(of) for of in clusters.values())
    assert found.exact_persons == sum(
        len(of) == 1 and len(clusters[next(iter(of))]) == 1 for of in people.values()
    )


@UNTIMED
@given(LABELS, st.randoms(use_true_random=False))
def test_neither_order_nor_spelling_of_labels_matters(labels, random):
    shuffled = list(labels)
    random.shuffle(shuffled)
    renamed = [(f"cluster {9 - cluster}", f"person {person}") for cluster, person in shuffled]
    before, after = (evaluate(*zip(*each, strict=True)).rows() for each in (labels, renamed))
    assert dict(before) == pytest.approx(dict(after))


@UNTIMED
@given(LABELS)
def test_exchanging_prediction_and_truth_exchanges_precision_and_recall(labels):
    predicted, true = zip(*labels, strict=True)
    there, back = evaluate(predicted, true), evaluate(true, predicted)
    assert there.pairs.precision == back.pairs.recall
    assert there.bcubed.precision == pytest.approx(back.bcubed.recall)
    assert there.pairs.f1 == back.pairs.f1


def test_a_worked_example():
    found = evaluate(["a", "a", "a", "b", "b", "c"], [1, 1, 2, 2, 2, 3])
    assert (found.pairs.tp, found.pairs.fp, found.pairs.fn) == (2, 2, 2)
    assert (found.pairs.precision, found.pairs.recall, found.pairs.f1) == (0.5, 0.5, 0.5)
    assert found.bcubed.precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1 + 1) / 6)
    assert (found.exact_persons, found.merged_clusters, found.split_persons) == (1, 1, 1)
    assert found.unlinked_rate == pytest.approx(1 / 5)


def test_the_truth_itself_scores_one_throughout():
    found = evaluate([5, 5, 7, 8], ["a", "a", "b", "c"])
    assert found.pairs.f1 == found.bcubed.f1 == 1.0
    assert (found.exact_persons, found.unlinked_rate) == (3, 0.0)


def test_with_nothing_put_together_precision_is_one_and_recall_zero():
    found = evaluate([1, 2, 3], [1, 1, 1])
    assert (found.pairs.precision, found.pairs.recall, found.pairs.f1) == (1.0, 0.0, 0.0)


def test_no_records_make_no_errors():
    found = evaluate([], [])
    assert (found.records, found.clusters, found.largest_merge) == (0, 0, 0)
    assert found.pairs.f1 == found.bcubed.f1 == 1.0


def test_records_without_a_cluster_stand_alone():
    found = evaluate(["a", None, None, "a"], [1, 1, 1, 1])
    assert found.clusters == 3
    assert (found.pairs.tp, found.pairs.fn) == (1, 5)


@pytest.mark.parametrize(
    "form",
    [
        list,
        np.array,
        pd.Series,
        pa.array,
        lambda labels: pa.chunked_array([labels[:2], labels[2:]]),
        lambda labels: pa.chunked_array([labels[:2], labels[2:]]).dictionary_encode(),
        lambda labels: pd.Series(labels, dtype=pd.CategoricalDtype(["z", "a", "b", "y"])),
    ],
    ids=["list", "numpy", "pandas", "arrow", "chunked", "dictionary", "categorical"],
)
def test_labels_of_every_form_give_the_same_answer(form):
    labels = ["a", "b", "a", "b"]
    found = evaluate(form(labels), form(["a", "a", "a", "b"]))
    assert (found.clusters, found.persons) == (2, 2)
    assert (found.pairs.tp, found.pairs.fp, found.pairs.fn) == (1, 1, 2)


def test_labels_of_different_number_are_refused():
    with pytest.raises(InvalidTruth, match="differ in number"):
        overlap([1, 2], [1])


def test_a_record_without_a_person_is_refused_and_its_row_named():
    with pytest.raises(InvalidTruth) as refusal:
        overlap([1, 2, 3], ["a", None, "b"])
    assert refusal.value.where == {"row": 1}


@pytest.mark.parametrize(
    ("predicted", "true", "expected"),
    [
        ([1, 1, 2], ["a", "a", "b"], (0, 0)),
        ([], [], (0, 0)),
        ([1, 1, 2, 2, 2], ["a", "b", "c", "c", "d"], (3, 2)),
        ([1, 1, 1, 2, 2, 2, 2], ["a", "b", "c", "d", "d", "d", "e"], (3, 3)),
    ],
    ids=["none", "nobody", "of equals the most records", "the most people"],
)
def test_the_largest_wrong_merge_is_of_the_most_people(predicted, true, expected):
    found = largest_wrong_merge(overlap(predicted, true)).as_dict()
    assert (found["records"], found["people"]) == expected


def test_the_result_goes_to_json_and_to_a_table():
    found = evaluate([1, 1, 2], [1, 2, 2])
    assert json.loads(json.dumps(found.as_dict())) == found.as_dict()
    rows = dict(found.rows())
    assert (rows["false pairs"], rows["missed pairs"]) == (1, 1)
    assert rows["pairwise F1"] == found.as_dict()["pairs"]["F1"] == 0.0
