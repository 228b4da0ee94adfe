"""A folder is built beside its place by one process at a time, which leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from mpi.errors import UnwritableOutput
from mpi.index.staging import staging

HOLD = """
import sys, time
from pathlib import Path
from mpi.index.staging import staging
with staging(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("written")
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def held(tmp_path):
    """A process that builds `made`, and is under way."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "made")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_what_is_built_takes_its_place_and_nothing_else_stays(tmp_path):
    to = tmp_path / "models" / "made"
    with staging(to) as folder:
        (folder / "file").write_text("whole")
        folder.rename(to)
    assert (to / "file").read_text() == "whole"
    assert os.listdir(to.parent) == ["made"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_what_fails_leaves_nothing_and_is_told_as_it_was(tmp_path, error):
    def fail():
        with staging(tmp_path / "made") as folder:
            (folder / "half").write_text("written")
            raise error("inside")

    with pytest.raises(error, match="inside"):
        fail()
    assert os.listdir(tmp_path) == []


def test_another_process_is_refused_while_one_builds(tmp_path, held):
    with (
        pytest.raises(UnwritableOutput, match="Another process is writing it"),
        staging(tmp_path / "made"),
    ):
        pass
    assert sorted(os.listdir(tmp_path)) == [".made.lock", ".made.partial"]
    with staging(tmp_path / "other"):
        pass


def test_what_a_killed_process_left_is_cleared_away_by_the_next(tmp_path, held):
    held.send_signal(signal.SIGKILL)
    held.wait()
    assert (tmp_path / ".made.partial" / "half").exists()
    with staging(tmp_path / "made") as folder:
        assert os.listdir(folder) == []
    assert os.listdir(tmp_path) == []


def test_a_place_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableOutput, match="file"), staging(tmp_path / "file" / "made"):
        pass
