"""`mpi erase` and `mpi rollback` over a copy of the linked index of invented people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mpi.index.link import link
from mpi.model.parameters import save
from tests.index.linking import LATER, membership


@pytest.fixture
def index(invented, tmp_path):
    """The URL of a copy of the index."""
    return invented.copy_of_index(tmp_path / "mpi.db")


def test_a_record_is_erased_once_and_not_named(mpi, index):
    gone = min(membership(index))
    done = mpi("erase", *gone, "--reason", "request", "--by", "ann", "--index", index)
    assert (done.code, done.out) == (0, "Erased as number 2.\n")
    assert gone not in membership(index)
    again = mpi("erase", *gone, "--reason", "request", "--index", index, "--json").json
    assert again == {"sequence": 2, "changed": False, "complete": True, "persons": []}


@pytest.mark.parametrize(
    ("key", "reason", "code"), [("never", "request", 1), ("never", "He asked", 2)]
)
def test_what_cannot_be_erased_is_said_in_a_line(mpi, index, key, reason, code):
    done = mpi("erase", "nomis", key, "--reason", reason, "--index", index)
    assert done.code == code
    assert done.err.count("\n") == 1
    assert key not in done.err


def test_a_release_is_rolled_back(mpi, index, invented, tmp_path):
    before, release = membership(index), invented.brief_release
    assert mpi("rollback", "--index", index).code == 2
    folder = tmp_path / "strict"
    folder.mkdir()
    strict = replace(release.thresholds, average=40_000, conflict=40_000)
    save(replace(release, thresholds=strict), folder)
    link(invented.feeds, folder, index, options=LATER)
    done = mpi("rollback", "--index", index, "--json")
    assert done.code == 0
    assert release.identity in done.json["release"]
    assert membership(index) == before
