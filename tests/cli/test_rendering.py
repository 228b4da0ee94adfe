"""Tables and JSON on stdout."""

from __future__ import annotations

import json

import pytest

from mpi.cli.rendering import show_json, show_table


def test_numbers_are_formatted_and_set_to_the_right(capsys):
    show_table("Counts", ("", ""), [("records", 41207), ("persons", 9)])
    title, *lines = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert title == "Counts"
    assert lines == [" records   41,207", " persons        9"]


@pytest.mark.parametrize(
    ("value", "text"), [(True, "yes"), (0.98765, "0.9877"), (1234.5, "1,234.5000"), ("a", "a")]
)
def test_a_value_is_shown_for_people(capsys, value, text):
    show_table("", ("", ""), [("it", value)])
    assert text in capsys.readouterr().out.split()


def test_what_looks_like_markup_is_shown_as_it_is(capsys):
    show_table("", ("system", "value"), [("[red]", ":smile:")])
    out = capsys.readouterr().out
    assert "[red]" in out
    assert ":smile:" in out


def test_a_long_value_is_not_cut_where_no_terminal_limits_it(capsys):
    show_table("", ("value",), [("x" * 150,)])
    assert "x" * 150 in capsys.readouterr().out


def test_json_is_what_a_program_can_read(capsys):
    show_json({"name": "Zoë", "n": 1.5, "none": None, "many": (1, 2)})
    assert json.loads(capsys.readouterr().out) == {
        "name": "Zoë",
        "n": 1.5,
        "none": None,
        "many": [1, 2],
    }
