"""A record in a source's own columns, and back."""

import csv
import dataclasses
import datetime
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpi.records import Identifier, Name, Record
from mpi.sources import Rejects, load_sources, read_feed, render_row
from mpi.sources.loader import SHIPPED
from mpi.sources.tables import NULL_WORDS

SOURCES = load_sources()

WORD = st.sampled_from(["Ann", "Élodie", "O'Zephyr", "Smithers-Jonesby", "Øst", "B", "van", "Mc"])
PLACE = st.sampled_from(["1 High St", "Flat 2B", "Nether Combe", "Église", "x"])
ISO_DATE = st.dates(datetime.date(1900, 1, 2), datetime.date(2029, 12, 31)).map(str)
VALUE = st.integers(1, 10**6).map(str) | st.sampled_from(["A1", "x/y", "7 7"])


def name_for(columns):
    """A name that the columns can hold as it is."""
    given_words = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
    return st.builds(Name, given_words if columns.given or columns.whole else st.just(""), WORD)


@st.composite
def records_for(draw, source):
    """Any record that the source has columns for, in the normal form of the reader."""
    record = Record(source.name, draw(VALUE), version=draw(version_for(source)))
    names = []
    for columns in source.names:
        count = draw(st.integers(0, 3)) if columns.separator and names else 1
        names += [draw(name_for(columns)) for _ in range(count)]
    lines, codes = draw(addresses_for(source))
    return dataclasses.replace(
        record,
        names=tuple(names),
        birth_dates=draw(list_for(source.birth_dates, ISO_DATE)),
        sex=draw(st.sampled_from(["", "M", "F", "9"])) if source.sex else "",
        addresses=lines,
        postcodes=codes,
        town=draw(PLACE) if source.town else "",
        birth_place=draw(PLACE) if source.birth_place else "",
        occupation=draw(PLACE) if source.occupation else "",
        phones=draw(list_for(source.phones, VALUE)),
        emails=draw(list_for(source.emails, VALUE)),
        identifiers=draw(identifiers_for(source)),
        custody_dates=draw(list_for(source.custody_dates, ISO_DATE)),
        sentence_dates=draw(list_for(source.sentence_dates, ISO_DATE)),
    )


def version_for(source):
    if source.version is None:
        return st.just("")
    if source.version.formats:
        return st.integers(0, 10**8).map(lambda n: f"2024-05-06T{n % 24:02}:{n % 60:02}:07")
    return st.integers(0, 10**9).map(lambda n: f"{n:012}")


def list_for(columns, values):
    room = sum(4 if column.separator else 1 for column in columns)
    return st.lists(values, max_size=room).map(tuple)


@st.composite
def addresses_for(draw, source):
    single = sum(not columns.separator for columns in source.addresses)
    many = any(columns.separator for columns in source.addresses)
    count = draw(st.integers(0, single + (3 if many else 0)))
    lines = tuple(draw(PLACE) for _ in range(count))
    codes = tuple(draw(VALUE) for _ in range(count))
    return lines, codes if all(c.postcode for c in source.addresses) else ()


@st.composite
def identifiers_for(draw, source):
    found = []
    for column in source.identifiers:
        count = draw(st.integers(1, 3)) if column.separator else 1
        for _ in range(count):
            value = draw(VALUE)
            local = column.ods or ("RX1" if column.ods_column else "")
            verified = column.verified or (bool(column.verified_by) and draw(st.booleans()))
            whole = f"{local}:{value}" if local else value
            found.append(Identifier(column.system, whole, verified))
    return tuple(dict.fromkeys(found))


def written(path, source, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, source.columns, delimiter=source.delimiter)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("name", SHIPPED)
@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_reading_a_rendered_record_gives_it_back(name, data, tmp_path):
    source = SOURCES[name]
    record = data.draw(records_for(source))
    path = tmp_path / f"{name}.csv"
    written(path, source, [render_row(source, record)])
    rejects = Rejects()
    assert list(read_feed(path, source, rejects)) == [record]
    assert len(rejects) == 0


# A column "family, given" cannot tell a comma in a name from its own, nor a name from a null word.
messy_values = st.text("AZ 09'-.é/", min_size=1, max_size=10).filter(lambda v: re.search(r"\w", v))
messy_names = st.text(st.characters(codec="utf-8", exclude_characters=",;|"), max_size=12).filter(
    lambda name: name.strip() not in NULL_WORDS and re.search(r"\w", name)
)


@pytest.mark.parametrize("name", SHIPPED)
@settings(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    given_name=st.just("") | messy_names,
    family=messy_names,
    values=st.lists(messy_values, max_size=4, unique=True).map(tuple),
)
def test_rendering_what_was_read_changes_nothing_more(name, given_name, family, values, tmp_path):
    source = SOURCES[name]
    messy = Record(
        name,
        "K1",
        names=(Name(given_name, family), Name(family, given_name)),
        postcodes=values,
        addresses=values,
        phones=values,
        identifiers=tuple(Identifier("pnc", value) for value in values),
    )
    once = read_back(source, messy, tmp_path)
    assert read_back(source, once, tmp_path) == once


def read_back(source, record, folder):
    path = folder / f"{source.name}.csv"
    row = {name: value.replace("\0", "") for name, value in render_row(source, record).items()}
    written(path, source, [row])
    (found,) = read_feed(path, source, Rejects())
    return found


def test_a_row_has_every_column_of_the_source_in_order():
    for source in SOURCES.values():
        row = render_row(source, Record(source.name, "1"))
        assert tuple(row) == source.columns
        assert row[source.key] == "1"


def test_names_dates_and_codes_take_the_form_of_the_source():
    record = Record(
        "pds", "1", names=(Name("Ann Marie", "Ashbourne"),), birth_dates=("1984-03-11",), sex="F"
    )
    row = render_row(SOURCES["pds"], record)
    assert row["DATE_OF_BIRTH"] == "19840311"
    assert row["GENDER"] == "2"
    assert (row["GIVEN_NAME"], row["OTHER_GIVEN_NAME"]) == ("Ann", "Marie")
    assert row["RECORD_STATUS"] == "ACTIVE"
