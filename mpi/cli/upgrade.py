"""`mpi upgrade`: an index of an older version, made one of this version."""

from __future__ import annotations

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.rendering import show_json, show_line

EXAMPLE = "mpi upgrade"


def upgrade(index: IndexOption = "", as_json: JsonOption = False) -> None:
    """Bring the schema of an index up to this version; does nothing if it is there already."""
    from mpi.index.index import upgrade as run
    from mpi.store.database import shown

    url = index_url(index)
    run(url)
    if as_json:
        show_json({"index": shown(url), "upgraded": True})
    else:
        show_line(f"{shown(url)} has the schema of this version.")
