"""What a user meets is in `mpi/README.md`: every error code and every command."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from mpi.api.problems import status_of
from mpi.cli.app import app
from mpi.errors import MPIError, all_errors

README = (Path(__file__).parents[1] / "mpi" / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(typer.main.get_command(app).commands)


def status_or_dash(error: type[MPIError]) -> str:
    """The HTTP status of an error, or a dash for one that no request can raise."""
    status = status_of(error).value
    return "–" if status == 500 and error is not MPIError else str(status)


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.code)
def test_every_error_is_listed_with_its_status_and_sentence(error):
    assert f"| `{error.code}` | {status_or_dash(error)} | {error.sentence()} |" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_named(command):
    assert f"mpi {command}" in README
