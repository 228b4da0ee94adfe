"""Progress counts the time of steps, whoever shows it."""

from __future__ import annotations

import pytest

from mpi.index.progress import SilentProgress


def test_steps_are_timed_in_the_order_in_which_they_began():
    progress = SilentProgress()
    with progress.step("outer"), progress.step("inner"):
        pass
    assert list(progress.seconds) == ["outer", "inner"]
    assert progress.seconds["outer"] >= progress.seconds["inner"] > 0


def test_a_step_done_twice_counts_once_with_both_times():
    progress = SilentProgress()
    with progress.step("read"):
        pass
    once = progress.seconds["read"]
    with progress.step("read"):
        pass
    assert list(progress.seconds) == ["read"]
    assert progress.seconds["read"] > once


def test_a_step_that_fails_is_not_counted():
    progress = SilentProgress()
    with pytest.raises(ValueError), progress.step("read"):
        raise ValueError
    assert dict(progress.seconds) == {}
