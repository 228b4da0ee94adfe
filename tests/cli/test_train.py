"""`mpi train` on the command line: options that name files, and warnings beside the result."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.cli.spoilt import LEAK, refused

MPI = (sys.executable, "-c", "from mpi.cli.app import main; main()")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "There is no such file."),
        ("attribute,value\nfamily_set,A\n", "a column people or a column share"),
        (f"attribute,value,people\nfamily_set,{LEAK},-1\n", "column people, rows 1"),
        (f"attribute,value,people\nshoe_size,{LEAK},1\n", "column attribute, rows 1"),
    ],
)
def test_term_frequencies_that_cannot_be_used_stop_training(mpi, world, content, named):
    path = world.folder / "names.csv"
    if content is not None:
        path.write_text(content, "utf-8")
    done = mpi(*world.train(), "--term-frequencies", path)
    refused(done, "The term frequencies cannot be used.", path, named)
    assert not (world.folder / "new").exists()


def test_warnings_go_to_stderr_and_into_the_result_for_programs(mpi, world):
    path = world.folder / "names.csv"
    path.write_text("attribute,value,share\nfamily_set,Smith,0.01\nfamily_set,UNKNOWN,0.1\n")
    done = mpi(*world.train(), "--weights-from", world.model, "--term-frequencies", path, "--json")
    assert done.code == 0, done.err
    said = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert said == [f"warning: {each}" for each in done.json["warnings"]]
    assert any("Not compared, for want of data" in each for each in said)
    assert done.err.count("Not compared") == 1
    assert done.json["term_frequencies"] == {"family_set": 1}


def test_a_training_that_is_terminated_leaves_nothing(world):
    to = world.folder / "models" / "ended"
    training = subprocess.Popen(
        [*MPI, "train", "--feeds", world.folder / "feeds", "--to", to],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert training.stderr.readline().startswith("read ")
        assert sorted(os.listdir(to.parent)) == [".ended.lock", ".ended.partial"]
        training.terminate()
        _, said = training.communicate(timeout=60)
        assert training.returncode == 128 + signal.SIGTERM
        assert "Traceback" not in said
        assert os.listdir(to.parent) == []
    finally:
        training.kill()
        training.wait()
