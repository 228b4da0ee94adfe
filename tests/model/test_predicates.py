"""Each condition means the same in SQL and in Python, on every pair of awkward rows."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mpi.attributes import arrow_schema, standardise, to_arrow
from mpi.model.blocking import (
    MOST_KEYS,
    RULES,
    blocking_keys,
    blocking_keys_of_table,
    keys_of_rule,
    rule_name,
)
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import Frequencies, annotate, annotate_table, band_attributes
from mpi.model.scoring import _compile, comparable
from mpi.records import Name, Record
from tests.model.rows import records

FREQUENCIES = Frequencies(
    100,
    {
        "full_names": {"ANNA SMITH": 2, "JOSE NUNEZ": 1},
        "given_set": {"ANNA": 1},
        "family_set": {"SMITH": 1},
        "postcodes": {"LS1 4AP": 1},
        "birth_place": {"LEEDS": 1},
    },
)


def sql_levels(left, right):
    """The number of the level that holds in each comparison, by DuckDB."""
    cases = []
    for comparison in COMPARISONS:
        whens = " ".join(
            f"WHEN {level.condition.sql()} THEN {number}"
            for number, level in enumerate(comparison.levels)
            if level.condition is not None
        )
        cases.append(f"CASE {whens} ELSE {len(comparison.levels) - 1} END")
    with duckdb.connect() as con:
        for side, row in (("l", left), ("r", right)):
            table = annotate_table(to_arrow([row]), FREQUENCIES)
            con.register(side, table.rename_columns([f"{n}_{side}" for n in table.column_names]))
        return list(con.execute(f"SELECT {', '.join(cases)} FROM l, r").fetchall()[0])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records, records)
def test_sql_and_python_find_the_same_level_of_every_comparison(left, right):
    left, right = standardise(left), standardise(right)
    expected = sql_levels(left, right)
    rows = [comparable(annotate(dict(row), FREQUENCIES)) for row in (left, right)]
    assert [_compile(c)(*rows) for c in COMPARISONS] == expected


@settings(max_examples=100, deadline=None)
@given(records, records)
def test_levels_do_not_depend_on_the_order_of_the_two_records(left, right):
    rows = [comparable(annotate(dict(standardise(r)), FREQUENCIES)) for r in (left, right)]
    for comparison in COMPARISONS:
        level = _compile(comparison)
        assert level(*rows) == level(*reversed(rows)), comparison.name


@settings(max_examples=100, deadline=None)
@given(st.lists(records, min_size=1, max_size=5))
def test_a_row_and_a_table_are_annotated_alike(some):
    rows = [standardise(record) for record in some]
    table = annotate_table(to_arrow(rows), FREQUENCIES)
    assert table.to_pylist() == [annotate(dict(row), FREQUENCIES) for row in rows]


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda c: c.name)
def test_comparisons_read_attributes_that_exist(comparison):
    known = {field.name for field in arrow_schema()} | set(band_attributes())
    assert set(comparison.attributes()) <= known


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda c: c.name)
def test_the_last_level_is_everything_else_and_codes_are_distinct(comparison):
    assert [level.condition is None for level in comparison.levels].index(True) == (
        len(comparison.levels) - 1
    )
    codes = [level.code for level in comparison.levels]
    assert len(set(codes)) == len(codes)


@settings(max_examples=100, deadline=None)
@given(records, records)
def test_two_rows_share_a_key_exactly_when_they_share_all_values_of_some_rule(left, right):
    rows = [standardise(record) for record in (left, right)]
    share = [all(_set(rows[0][name]) & _set(rows[1][name]) for name in rule) for rule in RULES]
    keys = [set(blocking_keys(row)) for row in rows]
    assert bool(keys[0] & keys[1]) == any(share)


@settings(max_examples=100, deadline=None)
@given(st.lists(records, min_size=1, max_size=5))
def test_a_row_and_a_table_have_the_same_keys(some):
    rows = [standardise(record) for record in some]
    assert blocking_keys_of_table(to_arrow(rows)).to_pylist() == [blocking_keys(r) for r in rows]


def test_a_record_with_hundreds_of_names_has_a_bounded_number_of_keys():
    names = tuple(Name(f"Given{n}", f"Family{n}") for n in range(40))
    dates = tuple(f"19{n:02}-03-04" for n in range(20, 60))
    rows = [standardise(Record("nomis", "1", names=names, birth_dates=dates))]
    rows.append(standardise(Record("nomis", "2", names=names[:1])))
    keys = [blocking_keys(row) for row in rows]
    assert len(keys[0]) == MOST_KEYS
    assert blocking_keys_of_table(to_arrow(rows)).to_pylist() == keys


def test_a_suppressed_key_is_no_key_and_the_others_stay():
    row = standardise(
        Record("nomis", "1", names=(Name("Anna", "Smith"),), birth_dates=("1980-03-04",))
    )
    every = blocking_keys(row)
    assert len(every) > 3
    assert blocking_keys(row, {every[0]}) == every[1:]


def test_a_key_says_by_which_rule_it_was_made():
    row = dict.fromkeys({name for rule in RULES for name in rule}) | {
        "emails": ["A@EXAMPLE.ORG"],
        "phones": ["7700900123"],
    }
    for number, rule in enumerate(RULES):
        for key in keys_of_rule(number, row):
            assert RULES[key & 0b1111] == rule


def test_rules_are_named_for_their_attributes():
    assert rule_name(("birth_dates", "sectors")) == "birth_dates × sectors"


def _set(value):
    if value is None:
        return set()
    return {value} if isinstance(value, str) else set(value)
