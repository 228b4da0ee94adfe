"""`mpi sample` onto the review list, `mpi export labels` off it, and `mpi review` itself."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys

import httpx
import pyarrow.parquet as pq
import pytest
import uvicorn

from mpi.cli.app import main
from mpi.index.index import Index
from mpi.index.review.rules import Stream, Verdict
from mpi.index.review.turns import Said
from mpi.web.local import listening


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


def test_individuals_are_drawn_searched_for_and_judged_by(url, capsys):
    assert run("evaluate", "--index", url, "--searches") == 1
    assert "mpi sample --searches" in capsys.readouterr().err
    assert run("sample", "--index", url, "--searches", "--size", 20) in (0, None)
    assert "Individuals to search for" in capsys.readouterr().out
    with Index.open(url) as index:
        room = index.review_room()
        for reviewer in ("ann", "ben"):
            task = room.next(reviewer, [Stream.EVALUATION])
            everybody = tuple(row.key for row in room.search(task).rows)
            room.answer(task.task_id, reviewer, Said(Verdict.SAME, records=everybody))
    assert run("evaluate", "--index", url, "--searches", "--json") in (0, None)
    found = json.loads(capsys.readouterr().out)
    assert (found["drawn"], found["done"], found["unsure"]) == (20, 1, 0)
    assert run("evaluate", "--index", url, "--searches") in (0, None)
    shown = capsys.readouterr()
    assert "19 of 20 individuals have not been searched for yet" in shown.out + shown.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("sample", "--searches", "--to", "searches.csv"),
        ("sample", "--searches", "--stream", "training"),
        ("evaluate", "--searches", "--labels", "labels.csv"),
        ("evaluate", "--searches", "--by", "sex"),
    ],
)
def test_what_does_not_go_with_searches_is_refused(url, arguments):
    assert run(*arguments, "--index", url) == 2


def test_an_answer_does_not_wait_for_what_the_client_acknowledges():
    with listening(uvicorn.Config(None, host="127.0.0.1", port=0, log_level="error")) as opened:
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


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
