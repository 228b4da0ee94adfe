"""No answer without its entry, however the server ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "benchmarks" / "torture" / "audit_kills.py"


def test_whatever_was_answered_by_a_server_that_was_killed_is_in_the_audit(index_url, tmp_path):
    folders = os.pathsep.join((str(ROOT), str(ROOT / "benchmarks")))
    done = subprocess.run(
        [sys.executable, SCRIPT, "--index", index_url, "--kills", "10"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": folders},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 kills" in done.stdout
    assert " 0 answers without an entry, 0 faults" in done.stdout
