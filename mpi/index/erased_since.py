"""Erasures done since a backup was made, carried out on what is restored from it.

An index keeps of an erased record no more than a hash of its key, which only this index can make,
and why it was erased. So whoever restores an older backup names where the later hashes are: the
index itself, or a later backup of it. What is restored knows the secret as well, makes the hashes
of all its keys, and erases those that are among them. The hashes of what it never held it keeps as
well, so that no message or feed brings that back.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from sqlalchemy import select

from mpi.errors import InvalidBackup
from mpi.index.compiled import Releases
from mpi.index.engine import Engine
from mpi.index.erasing import Erase
from mpi.store.erasure import remembered
from mpi.store.near import keyed
from mpi.store.schema import erased, index_state
from mpi.store.store import Store, open_store

BY = "restore"


@dataclass(frozen=True, slots=True)
class Erasures:
    """The records erased in an index: under the keyed hash of each its reason."""

    secret: bytes
    reasons: Mapping[bytes, str]

    @classmethod
    def of_index(cls, url: str) -> Erasures:
        """Those of an index; raises what opening it raises."""
        with closing(open_store(url)) as store, store.reading() as view:
            connection = view.near.connection
            secret = connection.scalars(select(index_state.c.secret)).one()
            rows = connection.execute(select(erased.c.keyed, erased.c.reason)).all()
            return cls(bytes(secret), {bytes(row.keyed): row.reason for row in rows})

    @classmethod
    def of_backup(cls, folder: Path) -> Erasures:
        """Those of the index that a backup was made of, as of then; its files were checked."""
        (state,) = pq.read_table(folder / f"{index_state.name}.parquet").to_pylist()
        rows = pq.read_table(folder / f"{erased.name}.parquet").to_pylist()
        return cls(state["secret"], {row["keyed"]: row["reason"] for row in rows})


def erase_again(store: Store, erasures: Erasures) -> int:
    """Erase what is among some erasures from an index that nobody uses yet; returns how many.

    Those of records that it does not hold are kept, so that they stay refused. Raises InvalidBackup
    where they are of another index, and what erasing raises.
    """
    with store.reading() as view:
        secret = view.near.standing().secret
        if secret != erasures.secret:
            raise InvalidBackup("These erasures are of another index.")
        named = ((keyed(secret, key), key) for key in remembered(view.near.connection))
        found = {name: key for name, key in named if name in erasures.reasons}
    engine = Engine(store, Releases())
    for name, key in sorted(found.items()):
        engine.run(Erase(key, erasures.reasons[name], BY))
    with store.sole_writer() as writer:
        writer.keep_erased(erasures.reasons)
    if found:
        store.scrub()
    return len(found)
