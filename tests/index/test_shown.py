"""Answers and summaries in a notebook: every text is inert, and nothing of the machine shows."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from mpi.index.index import Index
from mpi.index.link_summary import LinkSummary
from mpi.index.shown import ShownAsTable, answered, matched, person, table

HOSTILE = "<script>alert(1)</script>\u202e&\"'"


class Tags(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


def hostile_person(**given):
    held = {"system": HOSTILE, "value": HOSTILE, "confidence": 0.5, "provisional": True}
    held |= {"basis": HOSTILE, "records": [{"source": HOSTILE, "source_id": HOSTILE}]}
    plain = {"person_id": HOSTILE, "identifiers": [held], "records": [], "findings": [HOSTILE]}
    return plain | given


@pytest.mark.parametrize(
    "html",
    [
        table([(HOSTILE, HOSTILE)], (HOSTILE, ""), caption=HOSTILE),
        person(hostile_person()),
        answered({"ambiguous": True, "persons": [hostile_person()] * 2}),
    ],
    ids=["table", "person", "answer"],
)
def test_hostile_text_is_inert(html):
    page = Tags(html)
    assert set(page.tags) <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert HOSTILE in page.text


def test_an_answer_shows_every_identifier_and_that_it_is_ambiguous(index_url):
    with Index.open(index_url) as index:
        answer = index.cross_references("pnc", "2012/0000123Q")
    shown = Tags(answer._repr_html_()).text
    assert "do not pick one" in shown
    assert "provisional" in shown
    for row in answer.frame().itertuples():
        assert row.value in shown
        assert row.records in shown


def test_a_superseded_id_shows_who_has_its_records(index_url):
    with Index.open(index_url) as index:
        shown = Tags(index.person("split")._repr_html_()).text
    assert "split is no longer in use" in shown
    assert "bob" in shown
    assert "dee" in shown


def test_history_shows_what_came_and_went(index_url):
    with Index.open(index_url) as index:
        ended, merged = index.history("merged"), index.as_of("merged", 2)
        before = index.as_of("merged", 1)
        events = index.events().frame()
    shown = Tags(ended._repr_html_()).text
    assert "Person merged, no longer in use" in shown
    assert "nomis|A1234BC" in shown
    assert "not in use" in Tags(merged._repr_html_()).text
    assert "ann" in Tags(merged._repr_html_()).text
    assert "1 records" in Tags(before._repr_html_()).text
    moved = events[(events["type"] == "record-moved") & (events["came_from"] == "merged")]
    assert moved[["record", "went_to"]].to_numpy().tolist() == [["nomis|A1234BC", "ann"]]


def test_a_record_that_says_too_little_is_said_to():
    assert "too little" in matched({"persons": [], "p_null": None})
    assert "Nobody: 0.2500." in matched({"persons": [], "p_null": 0.25})


class Summary(ShownAsTable):
    """A summary with rows that no other run would repeat."""

    warnings = ("It is <small>.",)

    def rows(self):
        return [("Persons", 1234), ("Seconds", "5.1"), ("Written to", "/home/somebody")]


def test_a_summary_shows_its_warnings_and_nothing_of_the_machine():
    shown = Tags(Summary()._repr_html_()).text
    assert shown == "Persons1,234It is <small>."


def test_summaries_of_use_cases_are_shown():
    assert issubclass(LinkSummary, ShownAsTable)
