"""`mpi backup` and `mpi restore`: an index as plain files, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_summary

BACKUP_EXAMPLE = "mpi backup --to backups/2026-11-22"
RESTORE_EXAMPLE = "mpi restore backups/2026-11-22 --index sqlite:///restored.db"


def backup(
    to: Annotated[
        Path,
        typer.Option("--to", metavar="DIR", help="Folder to make; must not exist yet."),
    ],
    index: IndexOption = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the whole index to a folder of Parquet files, as of one moment, while it is in use.

    Keep it as safe as the index itself: it holds every record, and the secret that hides the keys
    of erased ones.
    """
    from mpi.index.backup import backup as run

    with shown_progress() as progress:
        summary = run(index_url(index), to, progress=progress)
    show_summary(summary, title=f"Backed up to {to}", as_json=as_json)


def restore(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="What `mpi backup` wrote.", show_default=False)
    ],
    index: IndexOption = "",
    *,
    erasures: Annotated[
        str,
        typer.Option(
            "--erasures",
            metavar="URL|DIR",
            help="The index that the backup is of, or a later backup of it: what was erased there"
            " since is erased here too.",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Make an index from a backup, where there is none yet; in a file or in PostgreSQL.

    So it also moves an index from one database to the other. Without --erasures, records that were
    erased after the backup was made are in it again.
    """
    from mpi.index.backup import restore as run
    from mpi.store.database import shown

    url = index_url(index)
    with shown_progress() as progress:
        summary = run(folder, url, erasures=erasures, progress=progress)
    show_summary(summary, title=f"Restored to {shown(url)}", as_json=as_json)
