"""Term frequencies from outside: the same cleaning and privacy, and nothing taken on trust."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from mpi.attributes import standardise
from mpi.errors import InvalidFrequencies
from mpi.linking.engines.duckdb import Limits
from mpi.model.frequencies import BANDS, FEWEST_PEOPLE, Frequencies
from mpi.records import Name, Record
from mpi.training.people import count_frequencies
from mpi.training.supplied import RECORD_WITH, read_frequencies
from mpi.training.train import refresh
from tests.invented import TRAINING

LEAK = "Qwortleberry"


@pytest.fixture
def table(tmp_path):
    """Writes rows of (attribute, value, number) to a file."""

    def written(*rows, measure="people", name="names.csv"):
        path = tmp_path / name
        columns = zip(*rows, strict=True)
        made = pa.table(dict(zip(("attribute", "value", measure), columns, strict=True)))
        if name.endswith("parquet"):
            pq.write_table(made, path)
        else:
            pyarrow.csv.write_csv(made, path)
        return path

    return written


def test_every_attribute_with_bands_can_be_supplied():
    assert RECORD_WITH.keys() == BANDS.keys()


CLEANED = [
    ("family_set", "Mc Donald-Smith", {"MCDONALDSMITH", "MCDONALD", "SMITH"}),
    ("family_set", "O\u2019Neil", {"ONEIL"}),
    ("given_set", "Bob", {"BOB", "ROBERT", "BERT"}),
    ("full_names", "Jos\u00e9 Luis Fenwold", {"JOSE FENWOLD"}),
    ("full_names", "Fenwold, Jos\u00e9", {"JOSE FENWOLD"}),
    ("postcodes", "ls14ap", {"LS1 4AP"}),
    ("birth_place", "St. Helens", {"SAINT HELENS"}),
    ("occupation", "Roofer ", {"ROOFER"}),
]


@pytest.mark.parametrize(("attribute", "value", "cleaned"), CLEANED)
@pytest.mark.parametrize("name", ["names.csv", "names.csv.gz", "names.parquet"])
def test_a_value_means_what_it_means_in_a_record(table, attribute, value, cleaned, name):
    supplied = read_frequencies(table((attribute, value, 900), name=name.removesuffix(".gz")))
    assert supplied.held == {attribute: dict.fromkeys(cleaned, 900)}
    assert supplied.unusable == 0


def test_the_expected_forms_are_those_of_a_record():
    names = (Name("Jos\u00e9 Luis", "Fenwold"), Name("Bob", "Mc Donald-Smith"))
    row = standardise(Record("nomis", "1", names=names))
    for attribute, _, cleaned in CLEANED[:1] + CLEANED[2:4]:
        assert cleaned <= set(row[attribute])


def test_values_that_clean_to_one_are_added_up_and_those_that_say_nothing_are_counted(table):
    rows = [("family_set", "O'Neil", 7), ("family_set", "ONEIL ", 5), ("family_set", "UNKNOWN", 99)]
    supplied = read_frequencies(table(*rows))
    assert supplied.held == {"family_set": {"ONEIL": 12}}
    assert supplied.unusable == 1


def test_a_value_spelt_like_nothing_is_a_value(table):
    supplied = read_frequencies(table(("family_set", "NA", 50), ("family_set", "Nan", 60)))
    assert sum(supplied.held["family_set"].values()) >= 60


MANY = [("family_set", f"Fen{a}{b}", 90) for a in "abcdefghij" for b in "klmnopqrst"]
SINGLE = [(attribute, value, 1) for attribute, value, _ in MANY[:20]]
COUNTED = Frequencies(1_000, {"family_set": {"ASH": 1}, "postcodes": {"LS1 4AP": 1}})


def test_supplied_counts_stand_in_place_of_those_of_the_feeds(table):
    found = read_frequencies(table(("family_set", "Smith", 9_000), *MANY)).instead_of(COUNTED)
    assert found.people == 1_000
    assert found.listed["postcodes"] == {"LS1 4AP": 1}
    assert found.listed["family_set"] == {"SMITH": 1}
    assert found.band("family_set", "ASH") == 0


def test_a_table_of_rare_values_leaves_nothing_common(table):
    found = read_frequencies(table(("family_set", "Smith", 1))).instead_of(COUNTED)
    assert "family_set" not in found.listed


@pytest.mark.parametrize(("people", "listed"), [(FEWEST_PEOPLE - 1, False), (FEWEST_PEOPLE, True)])
def test_values_held_by_few_are_pooled_all_the_same(table, people, listed):
    rows = [("family_set", "Fenwold", people), *SINGLE]
    found = read_frequencies(table(*rows)).instead_of(COUNTED)
    assert ("FENWOLD" in found.listed.get("family_set", {})) == listed


@pytest.mark.parametrize(("share", "listed"), [(0.0044, False), (0.0046, True)])
def test_shares_are_of_as_many_people_as_the_feeds_hold(table, share, listed):
    rows = [("family_set", "Fenwold", share), *((a, value, 0.001) for a, value, _ in SINGLE)]
    found = read_frequencies(table(*rows, measure="share")).instead_of(COUNTED)
    assert ("FENWOLD" in found.listed.get("family_set", {})) == listed


def test_the_feeds_own_counts_supplied_give_the_bands_they_give_anyway(invented, table):
    """So the two ways to the bands agree on what a value is and how common it is."""
    rows = invented.brief_rows
    cluster = np.arange(len(rows))
    held = {}
    for values in rows.column("family_set").to_pylist():
        for value in values or ():
            held[value] = held.get(value, 0) + 1
    path = table(*(("family_set", value, n) for value, n in held.items()))
    counted = count_frequencies(rows, cluster, Limits())
    other = replace(counted, listed={"family_set": {"NOBODY": 1}})
    again = read_frequencies(path).instead_of(other)
    assert again.listed["family_set"] == counted.listed["family_set"]


WRONG = [
    ([("shoe_size", LEAK, 1)], "people", {"column": "attribute", "rows": "1"}),
    (
        [("family_set", "A", 1), ("family_set", LEAK, -1)],
        "people",
        {"column": "people", "rows": "2"},
    ),
    ([("family_set", LEAK, 1.5)], "people", {"column": "people", "rows": "1"}),
    ([("family_set", LEAK, None)], "people", {"column": "people", "rows": "1"}),
    ([("family_set", LEAK, "many")], "people", {"column": "people"}),
    ([("family_set", LEAK, 1.01)], "share", {"column": "share", "rows": "1"}),
    ([("family_set", LEAK, -0.1)], "share", {"column": "share", "rows": "1"}),
    ([("family_set", LEAK, 0.8), ("family_set", "B", 0.7)], "share", {"column": "share"}),
    ([("family_set", "A", 1), ("family_set", " ", 1)], "people", {"column": "value", "rows": "2"}),
    (
        [("family_set", LEAK, 1), ("given_set", LEAK, 1), ("family_set", f" {LEAK.upper()}", 2)],
        "people",
        {"column": "value", "rows": "1 3"},
    ),
    ([("family_set", "UNKNOWN", 5)], "people", {}),
]


@pytest.mark.parametrize(("rows", "measure", "where"), WRONG)
@pytest.mark.parametrize("name", ["names.csv", "names.parquet"])
def test_what_cannot_be_used_is_named_without_the_value(table, rows, measure, where, name):
    if name == "names.parquet" or not any(row[2] is None for row in rows):
        path = table(*rows, measure=measure, name=name)
        with pytest.raises(InvalidFrequencies) as caught:
            read_frequencies(path)
        assert caught.value.where == {"file": path, **where}
        assert LEAK not in caught.value.message.title()


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("value,people\nA,1\n", "attribute"),
        ("attribute,people\nfamily_set,1\n", "value"),
        ("attribute,value\nfamily_set,A\n", None),
        ("attribute,value,people,share\nfamily_set,A,1,.1\n", None),
        ("attribute,value,people\n", None),
        ("", None),
        (f'attribute,value,people\nfamily_set,"{LEAK}', None),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path, content, column):
    path = tmp_path / "names.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(InvalidFrequencies) as caught:
        read_frequencies(path)
    assert caught.value.where.get("column") == column
    assert LEAK not in caught.value.message


@pytest.mark.parametrize("name", ["names.csv", "names.parquet"])
def test_a_file_that_is_not_there_or_no_table_is_refused(tmp_path, name):
    with pytest.raises(InvalidFrequencies, match="no such file"):
        read_frequencies(tmp_path / name)
    (tmp_path / name).write_bytes(b"\xff\x00PAR1")
    with pytest.raises(InvalidFrequencies):
        read_frequencies(tmp_path / name)


def test_a_release_keeps_what_was_supplied_and_says_so(invented, table):
    supplied = read_frequencies(table(("family_set", "Smith", 9_000), *MANY))
    training = replace(TRAINING, supplied=supplied)
    made = refresh(invented.brief_rows, invented.brief_release, training)
    assert made.trained["term_frequencies"] == {"family_set": 1 + len(MANY)}
    assert made.frequencies.listed["family_set"] == {"SMITH": 1}
    counted = invented.brief_release.frequencies.listed
    assert made.frequencies.listed["given_set"].keys() & counted["given_set"].keys()
    assert made.identity != invented.brief_release.identity


def test_a_table_of_the_commonest_names_makes_none_of_them_rare(tmp_path):
    held = {"SMITH": 0.012, "JONES": 0.008, "TAYLOR": 0.006, "BROWN": 0.005, "PATEL": 0.004}
    path = tmp_path / "names.csv"
    rows = "\n".join(f"family_set,{name},{share}" for name, share in held.items())
    path.write_text(f"attribute,value,share\n{rows}\n")
    found = read_frequencies(path).instead_of(Frequencies(100_000, {}))
    assert {name: found.band("family_set", name) for name in held} == dict.fromkeys(held, 1)
    assert found.band("family_set", "UNHEARD") == 0


@pytest.mark.parametrize(
    "text",
    [
        "attribute,value,people\nfamily_set,SMITH,1e300\n",
        "attribute,value,people,people\nfamily_set,SMITH,5,6\n",
    ],
)
def test_numbers_beyond_mankind_and_doubled_columns_are_refused(tmp_path, text):
    path = tmp_path / "names.csv"
    path.write_text(text)
    with pytest.raises(InvalidFrequencies):
        read_frequencies(path)
