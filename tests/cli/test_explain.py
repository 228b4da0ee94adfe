"""`mpi explain` over the linked index of invented people."""

from __future__ import annotations

import pytest

from mpi.store.store import open_store


@pytest.fixture
def explained(mpi, invented):
    """Run `mpi explain` on the index."""
    return lambda *arguments: mpi("explain", "--index", f"sqlite:///{invented.index}", *arguments)


@pytest.fixture
def pair(invented):
    store = open_store(f"sqlite:///{invented.index}")
    with store.reading() as view:
        link = view.links_among(range(50))[0]
        found = ["|".join(each.key) for each in view.records([link.record_l, link.record_r])]
    store.close()
    return found


def test_the_table_says_all_that_json_says(explained, pair):
    told = explained(*pair, "--json").json
    shown = explained(*pair).out
    assert told["left"]["person_id"] in shown
    for each in told["comparisons"]:
        assert each["comparison"] in shown
        assert each["sentence"] in shown


def test_a_record_that_is_not_there_ends_with_a_sentence(explained, pair):
    done = explained(pair[0], "nomis|no-such")
    assert done.code == 1
    assert "no record of this key" in done.err


def test_a_key_without_a_source_is_misuse(explained, pair):
    assert explained(pair[0], "no-bar").code == 2
