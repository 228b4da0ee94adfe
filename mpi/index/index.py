"""The index as doors, notebooks and tests see it: one method per use case of an open index."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from mpi.identifiers import NAMESPACE
from mpi.index import look_up
from mpi.records import Identifier
from mpi.store import store
from mpi.store.rows import State
from mpi.store.store import Store, open_store


class Index:
    """An open index. Keep one for the life of a process; threads may share it.

        with Index.open("sqlite:///mpi.db") as index:
            answer = index.cross_references("nhs-number", "999 000 0018")

    Use cases that are about whole feeds and work without an open index are functions of their own:
    `mpi.index.link.link`, `mpi.index.train.train`, `mpi.index.evaluate.evaluate`.
    """

    def __init__(self, store: Store, namespace: str = NAMESPACE) -> None:
        """Args: store, open; the index closes it. namespace, where the URIs lie of
        systems for which none is published.
        """
        self._store = store
        self._namespace = namespace

    @classmethod
    def open(cls, url: str, namespace: str = NAMESPACE) -> Self:
        """Open an existing index, in a file or in PostgreSQL; see `store.open_store` for its URL.

        Raises IndexNotFound, IndexOutdated, IndexTooNew, IndexUnreachable.
        """
        return cls(open_store(url), namespace)

    def state(self) -> State:
        """Where the index stands: release, number of records, last event."""
        return self._store.state()

    def cross_references(self, system: str, value: str) -> look_up.Answer:
        """See `look_up.cross_references`."""
        return look_up.cross_references(self._store, system, value, namespace=self._namespace)

    def person(self, person_id: str) -> look_up.PersonAnswer | look_up.Superseded:
        """See `look_up.person`."""
        return look_up.person(self._store, person_id, namespace=self._namespace)

    def widest_identifier(self) -> Identifier:
        """See `widest.widest_identifier`."""
        from mpi.index.widest import widest_identifier

        return widest_identifier(self._store)

    def export(self, what: str, to: Path) -> int:
        """Write `cross-references` or `links` to a file; see `export.export`."""
        from mpi.index.export import export

        return export(self._store, what, to)

    def close(self) -> None:
        """Let go of the index."""
        self._store.close()

    def __enter__(self) -> Self:
        """The index itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close, whatever happened."""
        self.close()


def upgrade(url: str) -> None:
    """Bring the schema of an existing index up to this version; raises as `Index.open`."""
    store.upgrade(url)
