"""Feeds, truth and errors to files, piece by piece; the same bytes for the same seed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from mpi.errors import UnwritableOutput
from mpi.records import Record
from mpi.sources import load_sources, render_rows
from mpi.synthetic.origins import load_origins
from mpi.synthetic.profiles import SOURCES
from mpi.synthetic.truth import TRUTH, truth_table
from mpi.synthetic.world import Piece, World

ERRORS: Final = pa.schema(
    [
        ("source", pa.string()),
        ("source_id", pa.string()),
        ("attribute", pa.string()),
        ("error", pa.string()),
    ]
)


class Output:
    """The open files of one synthetic population."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._sources = [load_sources()[name] for name in SOURCES]
        (folder / "feeds").mkdir(parents=True, exist_ok=True)
        files = [
            stack.enter_context(_feed(folder / "feeds" / f"{s.name}.csv")) for s in self._sources
        ]
        self._rows = [
            csv.writer(file, delimiter=s.delimiter, lineterminator="\n")
            for file, s in zip(files, self._sources, strict=True)
        ]
        for rows, source in zip(self._rows, self._sources, strict=True):
            rows.writerow(source.columns)
        self._truth = stack.enter_context(_parquet(folder / "truth.parquet", TRUTH))
        self._errors = stack.enter_context(_parquet(folder / "errors.parquet", ERRORS))

    def write(self, piece: Piece, records: list[Record]) -> None:
        """Write a piece: its records in random order, their truth, what was done to them."""
        order: list[int] = piece.rng.permutation(len(records)).tolist()
        for number, (rows, source) in enumerate(zip(self._rows, self._sources, strict=True)):
            mine = (records[at] for at in order if piece.source[at] == number)
            rows.writerows(row.values() for row in render_rows(source, mine))
        self._truth.write_table(truth_table(piece, records))
        self._errors.write_table(_errors_table(piece, records))


@contextmanager
def open_output(folder: Path) -> Iterator[Output]:
    """The files to write a population to; complete when the block ends.

    Raises:
        UnwritableOutput: the folder or a file in it cannot be written.
    """
    try:
        with ExitStack() as stack:
            yield Output(folder, stack)
    except OSError as error:
        raise UnwritableOutput(str(error.strerror), file=str(error.filename or folder)) from error


def _feed(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")


def _parquet(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="zstd")


def _errors_table(piece: Piece, records: list[Record]) -> pa.Table:
    noted = sorted(piece.notes)
    columns = {
        "source": [records[at].source for at, _, _ in noted],
        "source_id": [records[at].source_id for at, _, _ in noted],
        "attribute": [attribute for _, attribute, _ in noted],
        "error": [error for _, _, error in noted],
    }
    return pa.table(columns, schema=ERRORS)


def write_settings(folder: Path, world: World, scenario: str) -> None:
    """What made the data: size, seed, scenario, every knob, and the shares of the origins."""
    told: dict[str, Any] = {
        "people": len(world.people),
        "seed": world.seed,
        "scenario": scenario,
        "origins": {origin.name: origin.share for origin in load_origins()},
        "settings": asdict(world.settings),
    }
    text = json.dumps(told, indent=2, ensure_ascii=False)
    (folder / "settings.json").write_text(text + "\n", encoding="utf-8")
