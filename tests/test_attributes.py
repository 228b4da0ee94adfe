"""A record as a row of attributes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.attributes import MAX_DERIVED, MAX_VALUES, SCHEMA, arrow_schema, standardise, to_arrow
from mpi.identifiers import SYSTEMS, attribute_name
from mpi.records import Identifier, Name, Record

texts = st.text(max_size=20)
many = st.lists(texts, max_size=30).map(tuple)
records = st.builds(
    Record,
    source=st.just("nomis"),
    source_id=st.just("1"),
    names=st.lists(st.builds(Name, texts, texts), max_size=30).map(tuple),
    birth_dates=st.lists(st.dates().map(str) | texts, max_size=20).map(tuple),
    sex=texts,
    postcodes=many,
    addresses=many,
    town=texts,
    phones=many,
    emails=many,
    birth_place=texts,
    occupation=texts,
    identifiers=st.lists(
        st.builds(Identifier, st.sampled_from([*SYSTEMS, "unheard-of"]), texts, st.booleans()),
        max_size=30,
    ).map(tuple),
    custody_dates=many,
    sentence_dates=many,
)


@settings(deadline=None)
@given(record=records)
def test_every_record_gives_every_attribute_in_order_with_its_kind(record):
    row = standardise(record)
    assert list(row) == [attribute.name for attribute in SCHEMA]
    for attribute in SCHEMA:
        value = row[attribute.name]
        kinds = {"text": str, "list": list, "int": int}
        assert value is None or isinstance(value, kinds[attribute.kind])
        assert value is None or value == 0 or value


@settings(deadline=None)
@given(record=records)
def test_lists_are_distinct_bounded_and_sorted(record):
    for name, value in standardise(record).items():
        if isinstance(value, list):
            assert len(value) <= MAX_DERIVED
            assert name == "given_names" or value == sorted(set(value))


@settings(deadline=None)
@given(record=records)
def test_standardising_twice_gives_the_same_row(record):
    assert standardise(record) == standardise(record)


@settings(deadline=None)
@given(batch=st.lists(records, max_size=4))
def test_rows_become_arrow_and_come_back(batch):
    rows = [standardise(record) for record in batch]
    table = to_arrow(rows)
    assert table.schema == arrow_schema()
    assert table.to_pylist() == rows


def test_an_empty_record_says_nothing():
    row = standardise(Record("nomis", "1"))
    assert row.pop("source_system") == "nomis"
    assert set(row.values()) == {None}


def test_each_identifier_system_has_its_attribute():
    names = {attribute.name for attribute in SCHEMA}
    assert {attribute_name(system) for system in SYSTEMS} <= names


def row_of(**fields):
    return standardise(Record("nomis", "1", **fields))


def test_the_usual_name_gives_the_single_values():
    row = row_of(names=(Name("Ann Marie Jo", "Ashbourne-Fenn"), Name("Bo", "Fenwold")))
    assert row["given_name"] == "ANN"
    assert row["given_names"] == ["ANN", "MARIE", "JO"]
    assert row["middle_names"] == ["JO", "MARIE"]
    assert row["family_name"] == "ASHBOURNEFENN"
    assert row["full_names"] == ["ANN ASHBOURNEFENN", "BO FENWOLD"]
    assert row["name_initials"] == ["AA", "BF"]


def test_a_placeholder_usual_name_gives_way_to_an_alias():
    row = row_of(names=(Name("UNKNOWN", "NOT ENTERED"), Name("Bo", "Fenwold")))
    assert (row["given_name"], row["family_name"]) == ("BO", "FENWOLD")


@pytest.mark.parametrize(
    "name", [Name("Bo Fenwold", ""), Name("", "Fenwold, Bo"), Name("Bo", "Fenwold")]
)
def test_a_whole_name_in_one_column_is_split(name):
    row = row_of(names=(name,))
    assert row["full_names"] == ["BO FENWOLD"]


def test_one_name_in_both_fields_is_a_full_name_and_a_lone_one_is_not():
    assert row_of(names=(Name("Suharto", "Suharto"),))["full_names"] == ["SUHARTO SUHARTO"]
    lone = row_of(names=(Name("Suharto", ""),))
    assert lone["full_names"] is None
    assert lone["name_initials"] is None
    assert lone["name_codes"]


def test_birth_dates():
    row = row_of(birth_dates=("1984-03-11", "1990-01-01", "1900-01-01", "nonsense"))
    assert row["birth_date"] == "1984-03-11"
    assert row["birth_dates"] == ["1984-03-11", "1990-01-01"]
    assert row["birth_date_variants"] == ["1984-03-11", "1984-11-03", "1990-01-01"]
    assert row["birth_years"] == ["1984", "1990"]
    assert row["birth_month_days"] == ["01-01", "03-11"]
    assert row["birth_date_default"] == 0


def test_the_first_of_january_is_marked():
    assert row_of(birth_dates=("1990-01-01",))["birth_date_default"] == 1


def test_a_postcode_goes_with_its_institution_address_only():
    row = row_of(postcodes=("LS1 4AP", "M1 1AE"), addresses=("HMP Redmoor", "1 High St"))
    assert row["postcodes"] == ["M1 1AE"]
    assert row["sectors"] == ["M1 1"]
    assert row["outward_codes"] == ["M1"]
    assert row["addresses"] == ["1 HIGH STREET"]


def test_identifiers_by_system_all_and_verified():
    row = row_of(
        identifiers=(
            Identifier("nhs-number", "999 000 0018", verified=True),
            Identifier("noms-number", "a1234bc"),
            Identifier("noms-number", "A1234BC"),
            Identifier("cro", "000000/00Z"),
            Identifier("unheard-of", "1"),
        )
    )
    assert row["id_nhs_number"] == ["9990000018"]
    assert row["id_noms_number"] == ["A1234BC"]
    assert row["id_cro"] is None
    assert row["verified_identifiers"] == ["nhs-number|9990000018"]
    assert row["identifiers"] == ["nhs-number|9990000018", "noms-number|A1234BC"]


def test_the_bound_keeps_what_was_delivered_first():
    dates = tuple(f"19{year}-02-13" for year in range(99, 50, -1))
    row = row_of(custody_dates=dates)
    assert row["custody_dates"] == sorted(dates[:MAX_VALUES])
