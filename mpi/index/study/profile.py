"""What is in feeds, column by column, told in counts and never in values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from mpi.sources import Feed, Rejects, discover_feeds, load_sources
from mpi.sources.tables import read_text_table

FEWEST_ROWS = 10
"""Fewer rows than this are not counted out: a rare length, or a column hardly used, can tell of
one individual."""

_LENGTHS = 3
"""Lengths of values that are listed, the most common first."""


def profile(feeds: Path, *, sources: Path | None = None, fewest: int = FEWEST_ROWS) -> pd.DataFrame:
    """One row per source and column that its description names.

    Columns: `source`, `column`, `rows`, `filled` (rows with a value; missing for fewer than
    `fewest` but some), `filled_share`, `distinct` values, and `lengths`, the commonest of the
    values in characters with their share of the filled rows. `sources` is a folder of further
    source descriptions. Raises what reading feeds raises.
    """
    found = discover_feeds(feeds, load_sources(sources))
    rows = [row for feed in found for row in _columns(feed, fewest)]
    frame = pd.DataFrame(rows)
    return frame.astype({"filled": "Int64", "distinct": "Int64"})


def _columns(feed: Feed, fewest: int) -> Iterator[dict[str, object]]:
    table = read_text_table(feed.path, feed.source, Rejects())
    for name in sorted(feed.source.columns):
        values = pc.filter(table.column(name), pc.not_equal(table.column(name), ""))
        filled = len(values)
        told = filled == 0 or filled >= fewest
        yield {
            "source": feed.source.name,
            "column": name,
            "rows": table.num_rows,
            "filled": filled if told else None,
            "filled_share": round(filled / table.num_rows, 4) if told else None,
            "distinct": pc.count_distinct(values).as_py() if told else None,
            "lengths": _lengths(values, fewest),
        }


def _lengths(values: pa.ChunkedArray, fewest: int) -> str:
    """The commonest lengths that enough rows share."""
    counted = pc.value_counts(pc.utf8_length(values))
    found = sorted((-each["counts"], each["values"]) for each in counted.to_pylist())
    said = (f"{length} ({-n / len(values):.0%})" for n, length in found[:_LENGTHS] if -n >= fewest)
    return ", ".join(said)
