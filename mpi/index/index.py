"""The index as doors, notebooks and tests see it: one method per use case of an open index."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mpi.access.sight import EVERYTHING, Sight
from mpi.identifiers import NAMESPACE
from mpi.index import look_up
from mpi.index.living import Living
from mpi.records import PERSONS_LISTED, Identifier, Record, RecordKey
from mpi.store import store
from mpi.store.rows import State
from mpi.store.store import Store, open_store

# What compares takes half a second to import, which a look-up has no need to wait for.
if TYPE_CHECKING:
    from mpi.access.anchors import StoreAnchors
    from mpi.access.impact import Undone
    from mpi.access.reading import Kept
    from mpi.index.explain import Explanation
    from mpi.index.holdings import Holding
    from mpi.index.match import Matches
    from mpi.index.review.room import ReviewRoom
    from mpi.index.study.study import Study


class Index(Living):
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
        super().__init__(store)
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

    def cross_references(
        self, system: str, value: str, sight: Sight = EVERYTHING
    ) -> look_up.Answer:
        """See `look_up.cross_references`."""
        return look_up.cross_references(
            self._store, system, value, namespace=self._namespace, sight=sight
        )

    def person(
        self, person_id: str, sight: Sight = EVERYTHING
    ) -> look_up.PersonAnswer | look_up.Superseded:
        """See `look_up.person`."""
        return look_up.person(self._store, person_id, namespace=self._namespace, sight=sight)

    def match(
        self,
        record: Record,
        *,
        limit: int = PERSONS_LISTED,
        everyone: bool = False,
        sight: Sight = EVERYTHING,
    ) -> Matches:
        """The persons whom a record may be of, as far as a caller may know of them.

        Writes nothing; see `match.match`. Raises NotMatchable, and UnknownSource for a source
        neither described nor in the index.
        """
        from mpi.index.match import Listing, check_source, match

        with self._store.reading() as view:
            check_source(view, record.source)
            compiled = self._compiled_for(view)
            return match(view, compiled, record, Listing(limit, everyone, sight))

    def explain(
        self, left: str, right: str, *, withhold: bool = False, sight: Sight = EVERYTHING
    ) -> Explanation:
        """Why two records, each given as `source|source_id`, are one person or two.

        Args: withhold, the location of those who are restricted; sight, of whoever asks, to whom
        records that a seal keeps apart are not there together. See `explain.explain`. Raises
        NotMatchable, RecordNotFound, UsageError.
        """
        from mpi.index.apart import Apart
        from mpi.index.explain import explain, key_of

        keys = key_of(left), key_of(right)
        with self._store.reading() as view:
            found = explain(view, self._compiled_for(view), *keys, withhold=withhold)
            Apart.of(view, sight).require_together(found.persons, found.right)
            return found

    def require_together(self, left: RecordKey, right: RecordKey, sight: Sight) -> None:
        """Raise RecordNotFound where a seal, of which somebody may not know, keeps two apart."""
        from mpi.index.apart import Apart

        with self._store.reading() as view:
            persons = view.person_id_of(left), view.person_id_of(right)
            Apart.of(view, sight).require_together(persons, right)

    def holdings(self, person_ids: Iterable[str], sight: Sight = EVERYTHING) -> list[Holding]:
        """The persons of some ids with their records; see `holdings.holdings`."""
        from mpi.index.holdings import holdings

        with self._store.reading() as view:
            return holdings(view, person_ids, sight)

    def holder(self, key: RecordKey) -> str | None:
        """The person to whom the index gives a record; None if it holds no such record."""
        from mpi.index.holdings import holder

        with self._store.reading() as view:
            return holder(view, key)

    def impact(self, kept: Kept, person_id: str) -> list[Undone]:
        """Who was told of a link of a person that has since been undone; see `impact.impact`.

        Args: kept, the audit. Raises PersonNotFound, InvalidAudit.
        """
        from mpi.index.impact import impact

        return impact(self._store, kept, person_id)

    def audit_anchors(self, audit: str) -> StoreAnchors:
        """Where the audit of a service over this index is anchored; see `anchors.StoreAnchors`."""
        from mpi.access.anchors import StoreAnchors

        return StoreAnchors(self._store, audit)

    @property
    def study(self) -> Study:
        """What analysts ask of a whole index, as DataFrames; see `study.Study`."""
        from mpi.index.study.study import Study

        return Study(self._store)

    def widest_identifier(self) -> Identifier:
        """See `widest.widest_identifier`."""
        from mpi.index.widest import widest_identifier

        return widest_identifier(self._store)

    def review_room(self) -> ReviewRoom:
        """Clerical review: the work list, what reviewers say, labels. See `review.room`."""
        from mpi.index.review.room import ReviewRoom

        return ReviewRoom(self, self._store)

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
