"""Use case: go back to an older release, which the index keeps, without any feed.

The records held are linked anew with it, decisions and all, as a link would. Persons are then those
that it finds; ids that go out of use say who took their records over.
"""

from __future__ import annotations

from contextlib import ExitStack

from mpi.errors import IndexNotFound, ModelMismatch, NotMatchable, UnusableModel, UsageError
from mpi.index.link import Linking, LinkOptions
from mpi.index.link_summary import LinkSummary
from mpi.index.progress import Progress, SilentProgress
from mpi.index.target import Target
from mpi.model.parameters import Release, release_of
from mpi.sources import Rejects
from mpi.store.releases import releases_in_turn, releases_kept
from mpi.store.view import View

KIND = "rollback"


def rollback(
    index_url: str,
    *,
    to: str = "",
    options: LinkOptions | None = None,
    progress: Progress | None = None,
) -> LinkSummary:
    """Link what an index holds with an older release; by default the one used before this one.

    Args: to, the id of a release that the index was linked with. Raises IndexNotFound, IndexBusy,
    UsageError for a release that the index does not keep, and NotMatchable where this version
    cannot use it.
    """
    run = Linking(options or LinkOptions(), progress or SilentProgress(), Rejects())
    with ExitStack() as stack:
        target = Target(index_url, stack)
        if target.store is None:
            raise IndexNotFound("There is nothing to roll back.")
        with target.store.reading() as view:
            release = _older(view, to)
        return run.link(None, release, target, kind=KIND)


def _older(view: View, to: str) -> Release:
    """The release to go back to."""
    near = view.near
    kept = releases_kept(near.connection)
    chosen = to or _before(releases_in_turn(near.connection))
    if chosen not in kept:
        known = ", ".join(sorted(kept)) or "none"
        raise UsageError(f"The index keeps no such release. It keeps: {known}.")
    try:
        return release_of(near.release_files(chosen))
    except (ModelMismatch, UnusableModel) as error:
        raise NotMatchable("This version cannot use that release.") from error


def _before(used: list[str]) -> str:
    """The last release used that is not the present one."""
    others = [each for each in used if each != used[-1]]
    if not others:
        raise UsageError("The index was never linked with another release.")
    return others[-1]
