"""`mpi erase`: nothing personal of a record stays in the index."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.rendering import show_json, show_line

EXAMPLE = "mpi erase nomis A1234BC --reason request"


def erase(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="The source system.", show_default=False)
    ],
    source_id: Annotated[
        str, typer.Argument(metavar="ID", help="Its key of the record.", show_default=False)
    ],
    *,
    reason: Annotated[
        str,
        typer.Option(
            "--reason", metavar="CODE", help="Why, as a code: request, say.", show_default=False
        ),
    ],
    index: IndexOption = "",
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="NAME",
            help="Who does it. Without it: the user of this machine.",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Erase a record, and whatever the index keeps of it: messages, history, review, old tables.

    The log says that a record was erased, why and by whom, but not which one. No message and no
    feed brings it back. Changes wait while the file is written anew; backups made before still have
    the record.
    """
    from mpi.index.index import Index
    from mpi.records import RecordKey

    with Index.open(index_url(index)) as opened:
        found = opened.erase(RecordKey(source, source_id), reason, by or getpass.getuser())
    if as_json:
        show_json(found.as_dict())
        return
    show_line(f"Erased as number {found.sequence}." if found.changed else "It was erased before.")
    if not found.complete:
        show_line("A link or a reader still needs old tables: run this again when it has finished.")
