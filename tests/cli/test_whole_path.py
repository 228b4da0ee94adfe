"""The whole path on the command line, on a small invented population."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

MPI = (sys.executable, "-c", "from mpi.cli.app import main; main()")
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("MPI_")}


def mpi(*arguments, cwd):
    done = subprocess.run(
        [*MPI, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=cwd,
        env=CLEAN | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A folder in which the demo has run, and what it printed as JSON."""
    folder = tmp_path_factory.mktemp("demo")
    done = mpi("demo", "--people", 600, "--json", cwd=folder)
    return folder, json.loads(done.stdout), done.stderr


def test_the_demo_invents_links_compares_and_looks_up(demo):
    folder, results, _ = demo
    by_title = {title.partition(",")[0].partition(" into")[0]: r for title, r in results.items()}
    linked, compared = by_title["Linked"], by_title["Compared with the truth"]
    assert sum(linked["records"].values()) > 600
    assert len(list((folder / "demo" / "feeds").glob("*.csv"))) == 12
    assert compared["accuracy"]["pairs"]["precision"] > 0.9
    assert compared["accuracy"]["pairs"]["recall"] > 0.7
    (person,) = results["looked up"]["persons"]
    assert len({record["source"] for record in person["records"]}) >= 4


def test_long_steps_are_reported_on_stderr(demo):
    _, _, progress = demo
    assert "invent 600 people" in progress
    assert "compare with the truth" in progress


def test_someone_the_demo_looked_up_is_found_again(demo):
    folder, results, _ = demo
    asked = results["looked up"]
    index = ("--index", "sqlite:///demo/mpi.db")
    done = mpi("lookup", asked["system"], asked["value"], "--json", *index, cwd=folder)
    assert json.loads(done.stdout) == asked


def test_running_the_demo_again_keeps_every_person_id(demo):
    folder, results, _ = demo
    again = json.loads(mpi("demo", "--people", 600, "--json", cwd=folder).stdout)
    assert again["looked up"] == results["looked up"]


@pytest.mark.parametrize("what", ["cross-references", "links"])
def test_tables_are_exported(demo, what):
    folder, _, _ = demo
    index = ("--index", "sqlite:///demo/mpi.db")
    done = mpi("export", what, *index, "--to", f"{what}.parquet", "--json", cwd=folder)
    table = pq.read_table(folder / f"{what}.parquet")
    assert table.num_rows == json.loads(done.stdout)["rows"] > 100
    assert not any(column.null_count for column in table.columns)


def test_evaluation_breaks_down_by_a_column_of_the_truth(demo):
    folder, _, _ = demo
    index = ("--index", "sqlite:///demo/mpi.db")
    truth = ("--truth", "demo/truth.parquet", "--by", "sex")
    done = mpi("evaluate", *truth, *index, "--json", cwd=folder)
    assert len(json.loads(done.stdout)["groups"]["sex"]) >= 2
    assert "pairwise precision" in mpi("evaluate", *truth, *index, cwd=folder).stdout
