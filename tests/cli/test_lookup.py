"""`mpi lookup` over the small index of `tests/conftest.py`."""

from __future__ import annotations

import pytest

from mpi.cli import rendering
from mpi.index.index import Index


def test_it_shows_the_person_and_each_identifier_with_how_sure_and_why(mpi, index_url):
    done = mpi("lookup", "nhs-number", "999 000 0018", "--index", index_url)
    assert (done.code, done.err) == (0, "")
    assert "Person ann" in done.out
    assert "4 records in 4 source systems" in done.out
    assert "Release small-world" in done.out
    (noms,) = [line for line in done.out.splitlines() if line.split()[:1] == ["noms-number"]]
    assert noms.split() == [
        "noms-number",
        "A1234BC",
        "0.9850",
        "provisional",
        "probabilistic",
        "nomis",
        "A1234BC",
    ]


def test_on_a_narrow_terminal_the_table_keeps_to_its_width(mpi, index_url, monkeypatch):
    monkeypatch.setattr(rendering, "WIDE", 80)
    done = mpi("lookup", "nhs-number", "9990000018", "--index", index_url)
    noms, _ = [line for line in done.out.splitlines() if line.split()[:1] == ["noms-number"]]
    assert noms.split() == ["noms-number", "A1234BC", "0.9850", "probabilistic"]
    assert "Confidence is provisional" in done.out
    assert "  noms-number A1234BC: nomis A1234BC\n" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_the_records_are_listed_by_source(mpi, index_url):
    done = mpi("lookup", "social-care-person-id", "S7", "--index", index_url)
    listed = [line for line in done.out.splitlines() if line.startswith("  ") and line.strip()]
    assert listed == ["  social_care S7", "  cypse       Y8", "  nomis       A8888BC"]


def test_the_index_may_come_from_the_environment(mpi, index_url):
    done = mpi("lookup", "crn", "x123456", MPI_INDEX=index_url)
    assert done.code == 0
    assert "Person ann" in done.out


def test_the_option_wins_over_the_environment(mpi, index_url):
    done = mpi("lookup", "crn", "X123456", "--index", index_url, MPI_INDEX="sqlite:///none.db")
    assert done.code == 0


def test_an_ambiguous_identifier_shows_every_holder_and_says_so(mpi, index_url):
    done = mpi("lookup", "pnc", "12/123q", "--index", index_url)
    assert done.code == 0
    assert done.out.startswith("Ambiguous: 2 persons hold this pnc.")
    assert "Person ann" in done.out
    assert "Person bob" in done.out


def test_json_is_what_the_use_case_answers(mpi, index_url):
    done = mpi("lookup", "pnc", "2012/0000123Q", "--json", "--index", index_url)
    with Index.open(index_url) as index:
        assert done.json == index.cross_references("pnc", "2012/0000123Q").as_dict()


def test_a_person_is_shown_by_id(mpi, index_url):
    done = mpi("lookup", "person", "ann", "--index", index_url)
    assert "Person ann" in done.out
    assert "0.9100 provisional" in done.out


def test_a_person_without_identifiers_is_shown(mpi, index_url):
    done = mpi("lookup", "person", "dee", "--index", index_url)
    assert "1 record in 1 source system:" in done.out
    assert "police_custody P6" in done.out


def test_a_superseded_person_id_says_who_has_its_records(mpi, index_url):
    done = mpi("lookup", "person", "split", "--index", index_url)
    assert done.code == 0
    assert "person bob (1 record)" in done.out
    assert "person dee (1 record)" in done.out
    assert mpi("lookup", "person", "merged", "--json", "--index", index_url).json == {
        "person_id": "merged",
        "superseded_by": [{"person_id": "ann", "records": 1}],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nhs-number", "9990000026"], "No record in the index holds this identifier."),
        (["nhs-number", "9990000027"], "not a well-formed identifier of this system"),
        (["nhs", "9990000018"], "There is no such identifier system. Known are: nhs-number,"),
        (["person", "p-9"], "This person id is no longer in use"),
        (["person", "p-0"], "This person id was never issued by the index."),
    ],
)
def test_a_refusal_is_one_line_on_stderr_without_the_value(mpi, index_url, arguments, message):
    done = mpi("lookup", *arguments, "--json", "--index", index_url)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert message in done.err
    assert done.err.count("\n") == 1
    assert arguments[1] not in done.err


@pytest.mark.parametrize("url", ["sqlite:///{}/none.db", "postgres", "sqlite://"])
def test_an_index_that_cannot_be_opened_is_one_line_on_stderr(mpi, tmp_path, url):
    done = mpi("lookup", "crn", "X123456", "--index", url.format(tmp_path))
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
