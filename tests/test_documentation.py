"""What a user meets is in `mpi/README.md`, and the examples that commands give are true."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer

from mpi.api.app import create_app
from mpi.api.problems import status_of
from mpi.cli.app import app, main
from mpi.errors import MPIError, all_errors
from mpi.identifiers import SYSTEMS
from mpi.settings import Settings, variable
from mpi.sources import Rejects, load_sources, read_feed

ROOT = Path(__file__).parents[1]
FRONT = (ROOT / "README.md").read_text(encoding="utf-8")
README = (ROOT / "mpi" / "README.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMMANDS = typer.main.get_command(app).commands
EXPORTS = COMMANDS["export"].commands
EVALUATE = shlex.split(COMMANDS["evaluate"].epilog.removeprefix("Example:"))
RUNNABLE = [
    COMMANDS["lookup"],
    COMMANDS["upgrade"],
    *(EXPORTS[name] for name in sorted(EXPORTS) if name != "labels"),
]
"""Commands whose examples need nothing but an index; the others take feeds, labels or a port."""


def status_or_dash(error: type[MPIError]) -> str:
    """The HTTP status of an error, or a dash for one that no request can raise."""
    status = status_of(error).value
    return "–" if status == 500 and error is not MPIError else str(status)


def section(title: str) -> str:
    """The text under a second-level heading of `mpi/README.md`."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def layers() -> list[set[str]]:
    """The floors as import-linter holds them, from the top; those side by side as one set."""
    contract = PYPROJECT["tool"]["importlinter"]["contracts"][0]
    return [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.code)
def test_every_error_is_listed_with_its_status_and_sentence(error):
    assert f"| `{error.code}` | {status_or_dash(error)} | {error.sentence()} |" in README


def test_no_error_is_listed_that_does_not_exist():
    listed = re.findall(r"^\| `([a-z-]+)` \| (?:–|\d+) \|", section("Errors"), re.MULTILINE)
    assert sorted(listed) == sorted(error.code for error in all_errors())


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_named(command):
    assert f"`mpi {command}" in section("Commands")


def test_every_environment_variable_is_listed_and_no_other():
    listed = re.findall(r"^\| `(MPI_\w+)`", section("Environment"), re.MULTILINE)
    assert listed == [variable(field.name) for field in fields(Settings)]


def test_every_route_is_listed_and_no_other(index_url):
    paths = create_app(index_url).openapi()["paths"]
    methods = {f"{method.upper()} {path}" for path, each in paths.items() for method in each}
    listed = re.findall(r"^\| `(\w+ /\S*)`", section("Routes"), re.MULTILINE)
    assert set(listed) == methods | {"GET /openapi.json"}


def test_every_identifier_system_has_its_short_name_listed():
    assert all(f"`{name}`" in section("Routes") for name in SYSTEMS)


def test_every_part_of_the_package_is_on_the_map():
    folder = ROOT / "mpi"
    parts = {f"{each.parent.name}/" for each in folder.glob("*/__init__.py")}
    parts |= {each.name for each in folder.glob("*.py") if each.name != "__init__.py"}
    assert set(re.findall(r"^\| `([\w./]+)` \|", section("The map"), re.MULTILINE)) == parts


def test_the_floors_are_those_that_are_held():
    drawn = section("The floors").split("```")[1].strip().splitlines()
    assert [set(re.findall(r"\w+", re.split("  +", line)[0])) for line in drawn] == layers()


def test_the_first_line_says_what_it_is():
    assert "master person index" in FRONT.splitlines()[0].lower()


@pytest.mark.parametrize("text", [FRONT, README], ids=["README.md", "mpi/README.md"])
def test_every_file_a_page_links_to_is_there(text):
    base = ROOT if text is FRONT else ROOT / "mpi"
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert targets
    assert [target for target in targets if not (base / target).exists()] == []


@pytest.mark.parametrize("command", RUNNABLE, ids=lambda command: command.name)
def test_the_example_of_a_command_runs(command, index_url, tmp_path, monkeypatch, capsys):
    shutil.copy(index_url.removeprefix("sqlite:///"), tmp_path / "mpi.db")
    monkeypatch.chdir(tmp_path)
    for field in fields(Settings):
        monkeypatch.delenv(variable(field.name), raising=False)
    example = shlex.split(command.epilog.removeprefix("Example:"))
    with pytest.raises(SystemExit) as ended:
        main(example[1:])
    assert not ended.value.code, capsys.readouterr().err
    written = [name for name in example if name.endswith((".parquet", ".csv"))]
    assert all((tmp_path / name).stat().st_size > 0 for name in written)


def test_the_example_of_evaluate_names_columns_of_the_truth(invented):
    columns = EVALUATE[EVALUATE.index("--by") + 1].split(",")
    assert set(columns) <= set(pq.read_schema(invented.truth).names)


def test_the_thirteenth_source_of_the_front_page_works_as_written(invented, tmp_path):
    description = re.search(r"```toml\n(.*?)```", FRONT, re.DOTALL).group(1)
    script = re.search(r"<<'FEED'\n(.*?)\nFEED\n", FRONT, re.DOTALL).group(1)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "ambulance.toml").write_text(description, encoding="utf-8")
    (tmp_path / "demo").symlink_to(invented.folder)
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    (tmp_path / "ambulance.csv").write_text(done.stdout, encoding="utf-8")

    source = load_sources(tmp_path / "sources")["ambulance"]
    rejects = Rejects()
    calls = list(read_feed(tmp_path / "ambulance.csv", source, rejects))

    assert rejects.by_reason() == {}
    assert [call.source_id for call in calls] == ["C-1001", "C-1002", "C-1003"]
    assert all(call.names[0].family and call.birth_dates for call in calls)
    assert [len(call.identifiers) for call in calls] == [1, 0, 0]
