"""Executing notebooks so that what is kept of them repeats: no times, no chance, no machine.

    python -m mpi.showing.executing notebooks

runs every notebook of a folder and keeps its outputs in it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

_format: Any = nbformat  # whose functions say nothing of types

TIMEOUT = 300
"""Seconds that one cell may take."""

RICH = frozenset({"text/html", "image/svg+xml"})
"""What is shown where there is a choice."""

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def executed(path: Path) -> Any:
    """The notebook in a file, run from its folder, with its outputs; the file stays as it is.

    Ids of cells are their places, and nothing of the time or of this machine is in it.
    Raises nbclient's CellExecutionError.
    """
    notebook = _format.read(path, as_version=4)
    for at, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{at + 1:02}"
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    notebook.metadata = _format.from_dict(_METADATA)
    for cell in notebook.cells:
        cell["metadata"] = _format.from_dict({})
        for output in cell.get("outputs", ()):
            _without_repr(output.get("data", {}))
    return notebook


def _without_repr(data: dict[str, Any]) -> None:
    """Leave out what Python prints of something that is shown better; it holds times and places."""
    if RICH & data.keys():
        data.pop("text/plain", None)


def execute(folder: Path) -> list[Path]:
    """Run every notebook of a folder, in the order of their names, and keep the outputs."""
    found = sorted(folder.glob("*.ipynb"))
    for path in found:
        text = _format.writes(executed(path))
        path.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    return found


if __name__ == "__main__":
    execute(Path(sys.argv[1]))
