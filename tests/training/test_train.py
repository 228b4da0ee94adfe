"""Training a release: repeatable, private, and kept whole on disk."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpi.attributes import standardise
from mpi.errors import ModelMismatch, ModelNotFound, TooLittleData, UnusableModel, UnwritableOutput
from mpi.index.train import TrainOptions
from mpi.index.train import train as train_to
from mpi.linking.batch import link_rows
from mpi.linking.engines.duckdb import Limits
from mpi.linking.key_sizes import KeySizes
from mpi.model.blocking import RULE_BITS
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import BANDS, FEWEST_PEOPLE, annotate
from mpi.model.levels import Learning
from mpi.model.parameters import load, save
from mpi.records import Name, Record
from mpi.training.anchors import UNFITTED
from mpi.training.enough import LEAST_RECORDS
from mpi.training.people import SMALL_BLOCK, count_frequencies, suppressed_keys
from mpi.training.train import TAKEN_OVER, refresh, train
from tests.invented import BRIEF, TRAINING, rows_of

BLOCK = RULE_BITS + 1
"""Keys this far apart are of one rule."""

FILES = ("parameters.json", "term_frequencies.parquet", "suppressed_keys.parquet")


@pytest.fixture(scope="module")
def release(invented):
    return invented.brief_release


@pytest.fixture
def copied(invented, tmp_path):
    """A copy of the trained model to spoil."""
    return shutil.copytree(invented.brief_model, tmp_path / "model")


def holders(rows, labels):
    """For each value of the attributes with bands, the clusters that hold it."""
    found = defaultdict(set)
    for attribute in BANDS:
        for value, label in zip(rows.column(attribute).to_pylist(), labels.tolist(), strict=True):
            for each in value if isinstance(value, list) else [value]:
                found[attribute, each].add(label)
    return found


def test_training_again_gives_the_same_parameters_and_the_same_clusters(invented, release):
    again = train(invented.brief_rows, TRAINING)
    for name in ("levels", "prior", "rules", "frequencies", "thresholds", "calibration", "trained"):
        assert getattr(again, name) == getattr(release, name)
    assert np.array_equal(again.suppressed, release.suppressed)
    assert again.identity == release.identity
    one, other = (link_rows(invented.brief_rows, r, Limits()).labels for r in (again, release))
    assert np.array_equal(one, other)
    assert len(np.unique(one)) < len(one)


def test_what_is_read_is_what_was_written(release, tmp_path):
    save(release, tmp_path)
    again = load(tmp_path)
    assert replace(again, suppressed=release.suppressed) == release
    assert np.array_equal(again.suppressed, release.suppressed)
    assert again.identity == release.identity
    save(again, shutil.copytree(tmp_path, tmp_path / "second"))
    for name in FILES:
        assert (tmp_path / "second" / name).read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.parametrize("count", [0, 1, LEAST_RECORDS - 1])
def test_too_few_records_are_refused(invented, count):
    with pytest.raises(TooLittleData, match=str(LEAST_RECORDS)):
        train(invented.rows.slice(0, count), TRAINING)


def test_a_refreshed_release_keeps_m_and_u_and_counts_its_own_feeds(invented, release):
    rows = invented.brief_rows
    older = replace(release, trained={**release.trained, "records": 10 * len(rows)})
    older = replace(older, prior=release.prior - 3_322)
    older = replace(older, trained={**older.trained, "sketch": "ab", "sketches_of_weights": ["c"]})
    made = refresh(rows, older, replace(TRAINING, name="refreshed"))
    assert made.name == "refreshed"
    assert made.trained["sketches_of_weights"] == ["ab", "c"]
    assert made.trained["weights_from"] == older.identity
    assert made.trained["records"] == len(rows)
    assert abs(made.prior - release.prior) < 300
    learned = [c.name for c in COMPARISONS if c.learning is Learning.LEARNED]
    for name in set(learned) & older.levels.keys():
        assert made.levels[name] == older.levels[name]
    shared = made.levels["id_nhs_number"]["shared"]
    assert shared.m == older.levels["id_nhs_number"]["shared"].m
    assert shared.weight != older.levels["id_nhs_number"]["shared"].weight


def _without_verified(rows):
    place = rows.column_names.index("verified_identifiers")
    kind = rows.schema.field(place).type
    return rows.set_column(place, "verified_identifiers", pa.nulls(len(rows), kind))


def test_a_calibration_is_taken_over_where_the_feeds_give_none(invented, release):
    rows = _without_verified(invented.brief_rows)
    older = replace(release, calibration=replace(UNFITTED, direct=0.3, provisional=False))
    made = refresh(rows, older, TRAINING)
    again = refresh(rows, made, TRAINING)
    assert made.calibration == replace(
        older.calibration, provisional=True, basis=UNFITTED.basis + TAKEN_OVER
    )
    assert again.calibration == made.calibration


def test_comparisons_without_data_are_dropped_and_the_others_are_whole(release):
    assert release.levels.keys() - {"middle_names", "relatives"} == {c.name for c in BRIEF}
    assert all(set(levels) == codes(name) for name, levels in release.levels.items())


def codes(name):
    [comparison] = [c for c in COMPARISONS if c.name == name]
    return {level.code for level in comparison.scored}


def test_no_agreement_weighs_more_than_the_strongest_of_its_comparison(release):
    for comparison in COMPARISONS:
        if comparison.name in release.levels and comparison.name != "relatives":
            weights = [release.levels[comparison.name][v.code].weight for v in comparison.scored]
            assert max(weights) == weights[0]


def test_names_that_training_never_saw_are_rare(release):
    seen = standardise(Record("nomis", "1", names=(Name("Zzyzx", "Qwortle"),)))
    row = annotate(seen, release.frequencies)
    assert row["full_names_rare"] == row["full_names"] == ["ZZYZX QWORTLE"]
    assert row["given_set_rare"] == row["given_set"]
    assert row["family_set_rare"] == row["family_set"]
    assert row["full_names_uncommon"] is None


def test_no_value_held_by_few_people_leaves_the_training_feeds(invented, release):
    listed = pq.read_table(invented.brief_model / "term_frequencies.parquet").to_pylist()
    labels = link_rows(invented.brief_rows, release, Limits()).labels
    held = holders(invented.brief_rows, labels)
    assert listed
    for row in listed:
        assert len(held[row["attribute"], row["value"]]) >= FEWEST_PEOPLE
        assert row["band"] > 0


@pytest.mark.parametrize(("people", "band"), [(FEWEST_PEOPLE, 1), (FEWEST_PEOPLE - 1, 0)])
def test_many_records_of_one_person_do_not_make_a_name_common(people, band):
    """Twenty records under one name, beside names that one person each has."""
    names = ["Fenwold"] * 20 + [f"Ash{chr(65 + n)}" for n in range(26)]
    rows = rows_of([Record("nomis", f"{n:02d}", names=(Name("", f),)) for n, f in enumerate(names)])
    cluster = np.array([min(n, people - 1) for n in range(20)] + list(range(20, 46)))
    found = count_frequencies(rows, cluster, Limits())
    assert found.people == people + 26
    assert found.band("family_set", "FENWOLD") == band


def test_a_suppressed_key_is_never_that_of_a_few_records():
    sizes = {1: FEWEST_PEOPLE - 1, 2: SMALL_BLOCK, 3: 1_001, 4: 2}
    keys = np.repeat(list(sizes), list(sizes.values()))
    rows = pa.table({"blocking_keys": pa.array([[int(key)] for key in keys])})
    assert suppressed_keys(KeySizes.of(rows)).tolist() == [3]
    assert SMALL_BLOCK >= FEWEST_PEOPLE


def test_keys_that_cost_too_much_together_are_suppressed_the_largest_first():
    rows = pa.table(
        {
            "blocking_keys": pa.array(
                [[BLOCK * key] for key in range(1, 20) for _ in range(50 * key)]
            )
        }
    )
    found = suppressed_keys(KeySizes.of(rows)).tolist()
    assert found == sorted(found)
    assert found == [BLOCK * key for key in range(20 - len(found), 20)]
    assert found


def test_a_model_for_other_comparisons_is_refused(copied):
    path = copied / "parameters.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"definition": "0123456789abcdef"}))
    with pytest.raises(ModelMismatch) as caught:
        load(copied)
    assert caught.value.where == {"folder": copied}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("spoil", ["missing", "cut short", "empty", "of something else"])
def test_a_model_with_a_spoilt_file_is_refused(copied, name, spoil):
    path = copied / name
    content = path.read_bytes()
    path.unlink()
    if spoil != "missing":
        other = b"[]" if name.endswith("json") else b"PAR1"
        path.write_bytes({"cut short": content[:-20], "empty": b""}.get(spoil, other))
    absent = spoil == "missing" and name == "parameters.json"
    with pytest.raises(ModelNotFound if absent else UnusableModel) as caught:
        load(copied)
    assert caught.value.where["folder"] == copied


HARMLESS = (("people", 3), ("rules", []))
SHAPES = [
    (key, value)
    for key in ("levels", "thresholds", "calibration", "rules", "people")
    for value in (None, [], "text", 3)
    if (key, value) not in HARMLESS
]


@pytest.mark.parametrize(("key", "value"), SHAPES)
def test_parameters_of_another_shape_are_refused(copied, key, value):
    path = copied / "parameters.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(UnusableModel):
        load(copied)


def too_few(folder):
    feeds = folder / "feeds"
    feeds.mkdir()
    (feeds / "hostel.csv").write_text("ref,first,last\n1,Ann,Fenwold\n2,Bo,Ash\n")
    described = folder / "sources"
    described.mkdir()
    (described / "hostel.toml").write_text(
        'title = "Hostels"\nkey = "ref"\n[[names]]\ngiven = ["first"]\nfamily = "last"\n'
    )
    return feeds, described


def test_training_that_fails_leaves_the_older_model_and_nothing_half_written(copied, tmp_path):
    feeds, described = too_few(tmp_path)
    before = {path.name: path.read_bytes() for path in copied.iterdir()}
    with pytest.raises(TooLittleData):
        train_to(feeds, copied, options=TrainOptions(sources=described))
    assert {path.name: path.read_bytes() for path in copied.iterdir()} == before
    with pytest.raises(TooLittleData):
        train_to(feeds, tmp_path / "models" / "new", options=TrainOptions(sources=described))
    assert list((tmp_path / "models").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"feeds", "sources", "model", "models"}


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_model_never_takes_the_place_of_something_else(tmp_path, kind):
    """`--to models` for `--to models/mine` must not cost all the other models."""
    feeds, described = too_few(tmp_path)
    to = tmp_path / "models"
    if kind == "folder":
        (to / "precious").mkdir(parents=True)
    else:
        to.write_text("precious")
    with pytest.raises(UnwritableOutput, match="something other"):
        train_to(feeds, to, options=TrainOptions(sources=described))
    assert to.exists()
    assert kind == "file" or (to / "precious").is_dir()
