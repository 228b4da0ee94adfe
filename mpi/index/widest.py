"""Find the person known to the most source systems: the one to show to a newcomer."""

from __future__ import annotations

import pyarrow.compute as pc

from mpi.errors import PersonNotFound
from mpi.records import Identifier
from mpi.store.store import Store


def widest_identifier(store: Store) -> Identifier:
    """An identifier of the person whose records lie in the most source systems.

    It is a verified one if the person has one. Among equals the person with the fewest records is
    taken, whose answer is the easiest to read, and then the choice depends on record keys alone,
    so that it stays the same. Raises PersonNotFound when nobody has an identifier.
    """
    with store.reading() as view:
        records = view.previous_membership()
        widest = records.group_by("person_id").aggregate(
            [
                ("source", "count_distinct"),
                ("person_id", "count"),
                ("source", "min"),
                ("source_id", "min"),
            ]
        )
        order = pc.sort_indices(
            widest,
            [
                ("source_count_distinct", "descending"),
                ("person_id_count", "ascending"),
                ("source_min", "ascending"),
                ("source_id_min", "ascending"),
            ],
        )
        for at in order.to_pylist():
            rows = view.person_of(widest["person_id"][at].as_py())
            if rows is not None and rows.identifiers:
                best = min(rows.identifiers, key=lambda each: (not each.verified, each.record_no))
                return Identifier(best.system, best.value, best.verified)
    raise PersonNotFound("The index holds nobody with an identifier.")
