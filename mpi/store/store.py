"""The store's face: open an index, look at it through a view, replace it as its sole writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mpi.errors import IndexBusy
from mpi.store import opening
from mpi.store.change import Change, changing
from mpi.store.database import Database
from mpi.store.rows import Event, State
from mpi.store.view import Seen, View

# Arrow takes a quarter of a second to import, which a look-up has no need to wait for.
if TYPE_CHECKING:
    from mpi.store.audit_anchors import Anchored
    from mpi.store.bulk import OnTable
    from mpi.store.reviews import Reviews
    from mpi.store.snapshot import Snapshot
    from mpi.store.writer import Writer


def open_store(url: str, *, create: bool = False, seed: int = 0) -> Store:
    """Open the index at a URL.

    That is `sqlite:///mpi.db`, a file (relative paths are fine), or `postgresql://user@host/database`,
    a schema in a database (`mpi`, or `?schema=NAME`); what such a URL leaves out, a password say,
    comes from where libpq looks for it.

    With `create`, an index that does not exist yet is made, and remembers `seed`, from which its
    person ids are derived; an existing one keeps its own. Raises IndexNotFound, IndexOutdated (the
    schema is older: `upgrade`), IndexTooNew, IndexUnreachable (not an index, a directory, no
    permission).
    """
    return Store(opening.open_index(url, create=create, seed=seed))


def upgrade(url: str) -> None:
    """Bring the schema of an existing index up to this version; raises as `open_store`."""
    opening.upgrade(url)


class Store:
    """An open index. Cheap to keep for the life of a process; its verbs may be called from threads.

    Reading goes through a view, writing through the writer:

        with store.reading() as view:
            answer = view.persons_holding("nhs-number", "9990000018")
        with store.sole_writer() as writer:
            writer.replace(snapshot, Event(kind="link", at="2026-01-01T00:00:00Z"))
    """

    def __init__(self, database: Database) -> None:
        """Args: database, which holds an index whose schema is at head (see `open_store`)."""
        self._database = database
        self._seen = Seen()

    @contextmanager
    def reading(self) -> Iterator[View]:
        """One consistent look at the index: all verbs of the view see the same moment.

        Row numbers (`record_no`, `person_no`) are only meaningful within one view. Keep views
        short: while one is open SQLite's write-ahead log grows, and PostgreSQL cleans nothing up.
        """
        with self._database.reading() as moment:
            yield View(moment, self._database.prepare, self._seen)

    @contextmanager
    def reviews(self) -> Iterator[Reviews]:
        """Clerical review as it stands at one moment."""
        from mpi.store.reviews import Reviews

        with self._database.reading() as moment:
            yield Reviews(moment.connection)

    @contextmanager
    def reviewing(self) -> Iterator[Reviews]:
        """Clerical review, to change it; all of what is done becomes true at the end, or none."""
        from mpi.store.reviews import Reviews

        with self._database.changing() as connection:
            yield Reviews(connection)

    def note_anchor(self, anchored: Anchored) -> None:
        """Note where a chain of the audit stands. Raises IndexBusy."""
        from mpi.store.audit_anchors import note

        with self._database.changing() as connection:
            note(connection, anchored)

    def anchors(self) -> list[Anchored]:
        """Where chains of the audit stood at some moments."""
        from mpi.store.audit_anchors import noted

        with self._database.reading() as moment:
            return list(noted(moment.connection))

    def state(self) -> State:
        """Where the index stands: release, counts, last event."""
        with self.reading() as view:
            return view.state

    @property
    def one_at_a_time(self) -> bool:
        """Whether changes run one after the other, so that each has all that it reads to itself."""
        return self._database.one_at_a_time

    @contextmanager
    def changing(self) -> Iterator[Change]:
        """A transaction that changes the live generation, committed at the end unless that fails.

        Raises IndexBusy. See `index.engine`, which knows what may be changed when.
        """
        with changing(self._database) as change:
            yield change

    @contextmanager
    def sole_writer(self) -> Iterator[Writer]:
        """The right to write, for one holder in all processes; dies with the process.

        Raises IndexBusy when another holds it. Take it before reading what a link builds on
        (`previous_membership`, the next sequence), so that nobody changes it in between.
        """
        from mpi.store.writer import Writer

        with self._database.sole_writer() as connection:
            yield Writer(self._database, connection)

    def replace(self, snapshot: Snapshot, event: Event, *, on_table: OnTable | None = None) -> int:
        """Become sole writer and swap the snapshot in; see `Writer.replace`."""
        with self.sole_writer() as writer:
            return writer.replace(snapshot, event, on_table=on_table)

    def scrub(self) -> bool:
        """Let nothing of what was deleted be left in the files of the database.

        Returns whether that was possible: a link or a reader may still need what was there. Changes
        wait meanwhile, on SQLite for as long as writing the whole file anew takes.
        """
        try:
            with self.sole_writer() as writer:
                return writer.scrub()
        except IndexBusy:
            return False

    def remove(self) -> None:
        """Close the index and delete it; for its sole writer only, while it is empty."""
        self.close()
        self._database.remove()

    def close(self) -> None:
        """Let go of the connections; the store must not be used after."""
        self._database.close()
