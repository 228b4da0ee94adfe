"""Tables written to a file that analysts can read, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from mpi.errors import UnwritableOutput, UsageError


class _Writer(Protocol):
    def write_batch(self, batch: pa.RecordBatch) -> None: ...


def require_suffix(to: Path) -> None:
    """Raise UsageError unless the name of a file says a format that can be written."""
    if to.suffix not in _WRITERS:
        raise UsageError(f"The name should end in {' or '.join(_WRITERS)}.", file=to)


@contextmanager
def writing(to: Path, schema: pa.Schema) -> Iterator[_Writer]:
    """Write beside the file, and put the result in its place when it is complete.

    Raises UnwritableOutput.
    """
    beside = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        with _WRITERS[to.suffix](beside, schema) as writer:
            yield writer
        beside.replace(to)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise UnwritableOutput(f"{reason}.", file=to) from error
    finally:
        with suppress(OSError):
            beside.unlink()


_WRITERS: Mapping[str, Callable[[Path, pa.Schema], pq.ParquetWriter | pyarrow.csv.CSVWriter]]
_WRITERS = MappingProxyType({".parquet": pq.ParquetWriter, ".csv": pyarrow.csv.CSVWriter})
