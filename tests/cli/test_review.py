"""`mpi sample` onto the review list, `mpi export labels` off it, and `mpi review` itself."""

from __future__ import annotations

import re
import subprocess
import sys

import httpx
import pyarrow.parquet as pq
import pytest

from mpi.cli.app import main


@pytest.fixture
def url(invented, tmp_path):
    return invented.copy_of_index(tmp_path / "mpi.db")


def run(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    return ended.value.code


def test_a_sample_goes_on_the_list_and_its_labels_come_off_it(url, tmp_path, capsys):
    to = tmp_path / "labels.parquet"
    assert run("sample", "--index", url, "--size", 30) in (0, None)
    assert "Put on the review list" in capsys.readouterr().out
    assert run("export", "labels", "--index", url, "--to", to) in (0, None)
    rows = pq.read_table(to).to_pylist()
    assert len(rows) == 30
    assert {row["label"] for row in rows} == {None}
    assert all(0 < row["inclusion_probability"] <= 1 for row in rows)


def test_where_nothing_was_drawn_there_are_no_labels(url, tmp_path, capsys):
    code = run(
        "export", "labels", "--index", url, "--to", tmp_path / "l.csv", "--stream", "training"
    )
    assert code == 1
    assert "No sample of the training stream" in capsys.readouterr().err


def test_the_pages_are_served_on_this_machine_and_say_where(url):
    arguments = ["review", "--index", url, "--port", "0", "--no-open"]
    program = [sys.executable, "-c", "from mpi.cli.app import main; main()", *arguments]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = ""
            while "Review pages" not in said:
                said = process.stderr.readline()
                assert said, "it ended without a word"
            address = re.search(r"http://127\.0\.0\.1:\d+/review/", said).group()
            answer = httpx.get(f"{address}sign-in", timeout=20, trust_env=False)
            assert "Sign in" in answer.text
        finally:
            process.terminate()
            process.communicate(timeout=20)
