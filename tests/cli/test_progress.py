"""Progress on stderr: lines for a log, a live display for a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from mpi.cli.progress import LineProgress, LiveProgress, shown_progress


def test_away_from_a_terminal_each_step_is_a_line_with_its_time(capsys):
    with shown_progress() as progress, progress.step("Reading [feeds]"):
        pass
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "Reading [feeds]: 0.0 s\n"


def test_a_step_that_fails_is_not_reported_as_done():
    text = io.StringIO()
    progress = LineProgress(Console(file=text))
    with pytest.raises(ValueError), progress.step("Reading"):
        raise ValueError
    assert text.getvalue() == ""


def test_on_a_terminal_each_step_has_one_line_that_is_ticked():
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=80)
    with Progress("{task.description}|{task.finished}", console=console) as live:
        progress = LiveProgress(live)
        for name in ("Reading", "Linking", "Reading"):
            with progress.step(name):
                pass
        assert [task.description for task in live.tasks] == ["Reading", "Linking"]
    assert "Reading|True" in text.getvalue()
    assert "Linking|True" in text.getvalue()
    assert list(progress.seconds) == ["Reading", "Linking"]


def test_on_a_terminal_the_feeds_that_are_read_share_a_line():
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with Progress("{task.description}", console=console) as live:
        progress = LiveProgress(live)
        with progress.step("read courts"):
            pass
        with progress.step("read pds"):
            (reading,) = live.tasks
            assert reading.description == "read pds"
            assert not reading.finished
        assert reading.description == "read the feeds"
        assert reading.finished
    assert list(progress.seconds) == ["read courts", "read pds"]
