"""Descriptions of source systems: the twelve, a thirteenth, and mistakes in a TOML."""

import pytest

from mpi.errors import InvalidSource
from mpi.sources import load_sources, mark_postcodes
from mpi.sources.loader import SHIPPED

SOURCES = load_sources()

MINIMAL = """
title = "A thirteenth source"
key = "ref"
date_formats = ["%d/%m/%Y"]
birth_dates = ["dob"]

[[names]]
given = ["first"]
family = "last"
"""


def test_the_twelve_sources_ship_in_a_fixed_order():
    assert tuple(SOURCES) == SHIPPED
    assert len(SOURCES) == 12
    assert all(source.name == name for name, source in SOURCES.items())


def test_sources_differ_in_their_columns_and_date_formats():
    assert len({source.columns for source in SOURCES.values()}) == 12
    assert len({source.date_formats for source in SOURCES.values()}) >= 6


@pytest.mark.parametrize("name", SHIPPED)
def test_no_column_serves_two_ends(name):
    source = SOURCES[name]
    identifiers = [identifier.column for identifier in source.identifiers]
    dates = [column.column for column in source.date_columns]
    assert len(set(identifiers)) == len(identifiers)
    assert not set(identifiers) & {source.key, *dates}


def test_a_thirteenth_source_is_a_toml_in_a_directory(tmp_path):
    (tmp_path / "thirteenth.toml").write_text(MINIMAL, "utf-8")
    sources = load_sources(tmp_path)
    assert list(sources) == [*SHIPPED, "thirteenth"]
    assert sources["thirteenth"].columns == ("ref", "first", "last", "dob")


def test_a_deployment_may_replace_a_shipped_source(tmp_path):
    (tmp_path / "nomis.toml").write_text(MINIMAL, "utf-8")
    assert load_sources(tmp_path)["nomis"].title == "A thirteenth source"
    assert load_sources()["nomis"].title != "A thirteenth source"


def test_a_register_of_institutions_holds_for_every_source(tmp_path):
    (tmp_path / "institutions.csv").write_text("postcode,name\nls1 4ap,Redmoor\n", "utf-8")
    source = load_sources(tmp_path)["pds"]
    assert mark_postcodes(("LS1 4AP", "M1 1AE"), source) == ("institution:LS1 4AP", "M1 1AE")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ('titel = "x"', "titel"),
        ("max_missing_share = 2", "max_missing_share"),
        ('delivery = "weekly"', "delivery"),
        ('delivery = "delta"', "deleted"),
        ('deleted = { column = "d", values = ["x"] }', "deleted"),
        ('delimiter = ";;"', "delimiter"),
        ('sex = { column = "s", valeus = {} }', "sex.valeus"),
        ('[[identifiers]]\ncolumn = "x"\nsystem = "nope"', "identifiers.0.system"),
        ('[[identifiers]]\ncolumn = "x"\nsystem = "local-patient-id"', "identifiers.0.ods"),
        ('[[identifiers]]\ncolumn = "x"\nsystem = "pnc"\nods = "X1"', "identifiers.0.ods"),
        ('[[names]]\nwhole = "n"\nfamily = "f"', "names.1"),
        ("[[addresses]]\nlines = []", "addresses.0"),
        ('version = { column = "v", formats = ["%H:%M"] }', "version.formats.0"),
        ('[[addresses]]\npostcode = "p"\npostcode_cleaner = "fr"', "addresses.0.postcode_cleaner"),
    ],
)
def test_a_mistake_in_a_toml_names_the_file_and_the_key(tmp_path, change, key):
    top = change if not change.startswith("[[") else ""
    end = change if change.startswith("[[") else ""
    path = tmp_path / "wrong.toml"
    path.write_text(f"{top}\n{MINIMAL}\n{end}\n", "utf-8")
    with pytest.raises(InvalidSource) as caught:
        load_sources(tmp_path)
    assert caught.value.where == {"file": str(path), "key": key}


def dated(folder, pattern):
    """A folder with a source whose dates are in a format."""
    (folder / "other.toml").write_text(MINIMAL.replace("%d/%m/%Y", pattern), "utf-8")
    return folder


@pytest.mark.parametrize(
    "pattern", ["DD/MM/YYYY", "%d/%m", "%-d/%m/%Y", "%s", "%Q", "", "%d/%m/%C"]
)
def test_a_format_that_no_date_can_be_read_in_is_found_at_once(tmp_path, pattern):
    with pytest.raises(InvalidSource) as caught:
        load_sources(dated(tmp_path, pattern))
    assert caught.value.where == {"file": str(tmp_path / "other.toml"), "key": "date_formats.0"}


@pytest.mark.parametrize("pattern", ["%d-%b-%y", "%Y%m%d", "%j %Y", "%d %B %Y %I:%M %p"])
def test_any_format_that_says_a_day_is_taken(tmp_path, pattern):
    assert load_sources(dated(tmp_path, pattern))["other"].date_formats == (pattern,)


@pytest.mark.parametrize("content", ["title = ", "\xff\xfe not text"])
def test_what_is_no_toml_is_refused(tmp_path, content):
    (tmp_path / "wrong.toml").write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidSource) as caught:
        load_sources(tmp_path)
    assert caught.value.where["file"].endswith("wrong.toml")


def test_a_missing_key_is_named(tmp_path):
    (tmp_path / "wrong.toml").write_text('title = "x"', "utf-8")
    with pytest.raises(InvalidSource) as caught:
        load_sources(tmp_path)
    assert caught.value.where["key"] == "key"


def test_a_missing_directory_is_an_error(tmp_path):
    with pytest.raises(InvalidSource):
        load_sources(tmp_path / "nowhere")
