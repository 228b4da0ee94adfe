"""The notebooks run, hold no logic, and are kept with outputs that repeat."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("nbclient", reason="the extra `notebooks` is not installed")

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
MOST_LINES = 15
MACHINE = re.compile(r"/(home|root|tmp|work|usr|opt|var|Users)/|\.venv|site-packages|127\.0\.0\.1")
RICH = {"text/html", "image/svg+xml"}

notebooks = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def source(cell):
    return "".join(cell["source"])


def test_there_are_four_notebooks():
    assert [path.stem for path in NOTEBOOKS] == [
        "01-look-at-links",
        "02-retrain-and-compare",
        "03-quality-and-fairness",
        "04-bring-your-own-data",
    ]


@notebooks
def test_a_notebook_holds_no_logic(path):
    defining = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.If)
    for cell in code_cells(path):
        assert len(source(cell).splitlines()) <= MOST_LINES
        assert not any(isinstance(node, defining) for node in ast.walk(ast.parse(source(cell))))


@notebooks
def test_a_notebook_is_kept_as_it_ran(path):
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert sum(bool(cell["outputs"]) for cell in cells) >= len(cells) - 1
    check_outputs(cells)


@notebooks
def test_a_notebook_says_what_it_is_for(path):
    first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    assert first["cell_type"] == "markdown"
    assert source(first).startswith("# ")


def test_bringing_data_takes_fifteen_lines():
    (path,) = (path for path in NOTEBOOKS if "own-data" in path.stem)
    lines = [line for cell in code_cells(path) for line in source(cell).splitlines()]
    assert len([line for line in lines if line.strip()]) <= MOST_LINES


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """The notebooks elsewhere, without what they have made."""
    to = tmp_path_factory.mktemp("notebooks") / "notebooks"
    shutil.copytree(FOLDER, to, ignore=shutil.ignore_patterns("example", ".*"))
    return to


@notebooks
def test_a_notebook_runs(path, copied):
    from mpi.showing.executing import executed

    ran = executed(copied / path.name)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert [cell["id"] for cell in ran.cells] == [cell["id"] for cell in kept["cells"]]
    cells = [cell for cell in ran.cells if cell["cell_type"] == "code"]
    check_outputs(cells)
    assert list(map(kinds, cells)) == list(map(kinds, code_cells(path)))


def kinds(cell):
    """What sorts of outputs a cell has."""
    return [sorted(output.get("data", {})) or output["name"] for output in cell["outputs"]]


def check_outputs(cells):
    """No errors, no warnings, nothing of the machine, and something to look at."""
    every = [output for cell in cells for output in cell["outputs"]]
    assert every
    for output in every:
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr"
        assert not MACHINE.search(json.dumps(output))
    assert any(RICH & set(output.get("data", {})) for output in every)
