"""`mpi verify`: is the index what its records, decisions and release give?"""

from __future__ import annotations

from mpi.cli.options import IndexOption, JsonOption, SourcesOption, index_url, sources_folder
from mpi.cli.progress import shown_progress
from mpi.cli.rendering import show_summary
from mpi.errors import IndexNotVerified

EXAMPLE = "mpi verify --index sqlite:///mpi.db"


def verify(
    index: IndexOption = "", sources: SourcesOption = None, *, as_json: JsonOption = False
) -> None:
    """Compute everything in the index again from its records and decisions, and compare.

    Links, persons, confidence, golden records, findings, keys, memberships and the log must be
    identical; any difference is a fault, is listed, and ends the command with 1. Nothing is
    written, and others may go on writing. It takes about as long as linking everything.
    """
    from mpi.index.verify import VerifyOptions
    from mpi.index.verify import verify as run
    from mpi.store.database import shown

    url = index_url(index)
    with shown_progress() as progress:
        found = run(url, options=VerifyOptions(sources_folder(sources)), progress=progress)
    show_summary(found, title=f"Verified {shown(url)}", as_json=as_json)
    if not found.clean:
        raise IndexNotVerified(f"Different: {found.summary()}.")
