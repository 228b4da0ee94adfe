"""Source systems: one TOML each, and what maps a feed to our columns and back.

`load_sources` gives the source systems, `discover_feeds` their feeds. `read_feed` gives Records;
`read_table` and `to_records` do the same in slices, for worker processes. `render_row` is the
inverse, `render_rows` that of many. To add a source system write a TOML like those in `systems/`.
"""

from mpi.sources.dates import read_version
from mpi.sources.description import SourceSystem
from mpi.sources.feeds import (
    Feed,
    FeedRows,
    as_sent,
    discover_feeds,
    feed_of,
    read_feed,
    read_table,
)
from mpi.sources.header import ROW
from mpi.sources.loader import load_sources
from mpi.sources.mapping import mark_postcodes, to_records
from mpi.sources.patients import domains_of
from mpi.sources.rejects import Reject, Rejects
from mpi.sources.render import render_row, render_rows

__all__ = [
    "ROW",
    "Feed",
    "FeedRows",
    "Reject",
    "Rejects",
    "SourceSystem",
    "as_sent",
    "discover_feeds",
    "domains_of",
    "feed_of",
    "load_sources",
    "mark_postcodes",
    "read_feed",
    "read_table",
    "read_version",
    "render_row",
    "render_rows",
    "to_records",
]
