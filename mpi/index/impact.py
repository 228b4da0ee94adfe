"""Use case: who was told of a link that has since been undone?"""

from __future__ import annotations

from mpi.access.impact import Hash, Undone, undone
from mpi.access.keyed import Keyed
from mpi.access.reading import Kept
from mpi.errors import PersonNotFound
from mpi.index.texts import person_id_of
from mpi.store.store import Store
from mpi.store.view import View


def impact(store: Store, kept: Kept, person_id: str) -> list[Undone]:
    """The answers that told of a person what the index no longer believes, oldest first.

    Args: kept, the audit. Raises PersonNotFound for an id never issued, and InvalidAudit.
    """
    person_id = person_id_of(person_id)
    with store.reading() as view:
        members = view.members_ever(person_id)
        if not members:
            raise PersonNotFound
        persons = view.current_persons(members)
        held = {each: _held(view, each, kept.keyed) for each in persons}
    found = undone(person_id, kept.entries(), held)
    return sorted(found, key=lambda each: str(each.entry["at"]))


def _held(view: View, person_id: str, keyed: Keyed) -> set[Hash]:
    """The identifiers of a person as the audit has them."""
    rows = view.person_of(person_id)
    every = rows.identifiers if rows else ()
    return {(each.system, keyed.of(each.system, each.value)) for each in every}
