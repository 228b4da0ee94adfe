"""`mpi plan`, and the limits and the work folder that `mpi link` is given."""

from __future__ import annotations

import pytest

from tests.cli.spoilt import refused


def test_a_plan_says_what_a_national_link_takes_and_what_it_assumes(mpi):
    told = mpi("plan", "--records", 80_000_000, "--sources", 12, "--threads", 64)
    assert told.code == 0
    for label in ("Candidate pairs", "Memory", "Shuffle", "Hours on 64", "Assumed"):
        assert label in told.out
    found = mpi("plan", "--records", 80_000_000, "--json").json
    assert found["records"] == 80_000_000
    assert found["sources"] == 12
    assert found["pairs"] > found["links"] > found["records"]
    assert 0 < found["hours"] < found["cpu_hours"]


@pytest.mark.parametrize("given", [("--records", 0), ("--records", 5, "--sources", 0), ()])
def test_a_plan_of_nothing_is_refused(mpi, given):
    assert mpi("plan", *given).code == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--memory", "lots"), "lots"),
        (("--memory", "1MB"), "200 MB"),
        (("--memory", "99999999999TB"), "99999999999TB"),
        (("--memory", "9" * 400 + "GB"), "smaller size"),
        (("--temp-limit", "40"), "40"),
        (("--temp-limit", "0GB"), "--temp-limit"),
        (("--temp", "missing"), "missing"),
        (("--threads", -1), "thread"),
    ],
)
def test_limits_that_cannot_be_are_refused_before_anything_is_done(mpi, world, given, said):
    told = mpi(*world.link(), *given)
    assert told.code == 2
    assert said in told.err
    assert "standardise" not in told.err


def test_a_link_within_limits_leaves_nothing_behind(mpi, world, tmp_path):
    temp, work = tmp_path / "temp", tmp_path / "work"
    temp.mkdir()
    limits = ("--memory", "400MB", "--temp", temp, "--temp-limit", "1GB", "--threads", 1)
    new = ("--index", f"sqlite:///{tmp_path / 'new.db'}")
    told = mpi(*world.link(), *new, *limits, "--work", work, "--json")
    assert told.code == 0, told.err
    assert told.json["origins"]["minted"] == told.json["persons"] > 0
    assert not list(temp.iterdir())
    assert not work.exists()


def test_a_work_folder_among_the_feeds_is_refused(mpi, world):
    refused(mpi(*world.link(), "--work", world.feeds / "work"), "work folder", code=2)
