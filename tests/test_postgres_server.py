"""Servers that the tests start leave nothing behind for good."""

from __future__ import annotations

import os
import time

from tests.postgres import LOCK, PREFIX, _marked, remove_left_over


def test_what_killed_processes_left_is_removed_and_what_is_in_use_stays(tmp_path):
    names = ("killed", "in-use", "new", "old")
    killed, in_use, new, old = homes = [tmp_path / f"{PREFIX}{name}" for name in names]
    other = tmp_path / "else"
    for home in (*homes, other):
        (home / "data").mkdir(parents=True)
    (killed / LOCK).touch()
    an_hour_ago = time.time() - 3600
    os.utime(old, (an_hour_ago, an_hour_ago))
    with _marked(in_use):
        remove_left_over(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([in_use, new, other])
