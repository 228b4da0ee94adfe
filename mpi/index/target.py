"""The index a link goes to: what it held before, and the right to write what it will hold."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from mpi.errors import IndexBusy, IndexNotFound
from mpi.index.membership import Known
from mpi.linking.delivery import Kept
from mpi.linking.intake import record_of
from mpi.store.database import shown
from mpi.store.store import Store, open_store
from mpi.store.view import View
from mpi.store.writer import Writer

_Entered = TypeVar("_Entered")


def _no_records(source: str) -> Iterator[Kept]:
    return iter(())


def _nothing_heard(source: str, at: str) -> frozenset[str]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class Before:
    """What an index held at one moment.

    `versions` has, by source system, the keys of its records with those of their versions, and
    `records` yields the records themselves. `heard` tells the keys of the records of a source that
    messages after a time (as the log has it) were about.
    """

    known: Known = field(default_factory=Known)
    versions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    records: Callable[[str], Iterator[Kept]] = _no_records
    heard: Callable[[str, str], frozenset[str]] = _nothing_heard


class Target:
    """An index, held against other links from the moment it is opened.

    `stack` holds it open; whoever made the stack closes it. `folder` is for files of the link.
    """

    def __init__(self, url: str, stack: ExitStack, *, temp: Path | None = None) -> None:
        """Args: url, of an index that may not exist yet; stack, to close it again; temp, where
        the folder is made.
        """
        self._url, self._stack = url, stack
        folder = tempfile.TemporaryDirectory(prefix="mpi-", dir=temp)
        self.folder = Path(stack.enter_context(folder))
        self.store: Store | None
        self.writer: Writer | None
        self.store, self.writer = self._open(create=False)

    def _open(self, *, create: bool, seed: int = 0) -> tuple[Store, Writer] | tuple[None, None]:
        try:
            store = open_store(self._url, create=create, seed=seed)
        except IndexNotFound:
            return None, None
        self._stack.callback(store.close)
        return store, self._stack.enter_context(store.sole_writer())

    @property
    def shown(self) -> str:
        """Its URL, without what is secret in it."""
        return shown(self._url)

    def enter(self, context: AbstractContextManager[_Entered]) -> _Entered:
        """Enter a context that lasts until the index is let go of."""
        return self._stack.enter_context(context)

    @contextmanager
    def before(self) -> Iterator[Before]:
        """What it holds now, all of it as of one moment, whatever changes while one looks."""
        if self.store is None:
            yield Before()
            return
        with self.store.reading() as view:
            known = Known.of(view)
            versions = known.versions_by_source()
            records = partial(records_of, view, versions)
            yield Before(known, versions, records, view.past.heard_since)

    def made(self, seed: int | None) -> tuple[Store, Writer]:
        """The index, made if there was none; one that is made and never written to is removed."""
        if self.store is None or self.writer is None:
            drawn = secrets.randbits(62) if seed is None else seed
            self.store, self.writer = self._open(create=True, seed=drawn)
            if self.store is not None and self.store.state().sequence:
                raise IndexBusy("Another link has made it in the meantime; link again.")
            # entered last, so that it is left first: while nobody else may write
            self._stack.push(self._remove_if_failed)
        assert self.store is not None
        assert self.writer is not None
        return self.store, self.writer

    def _remove_if_failed(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None and self.store is not None and not self.store.state().sequence:
            self.store.remove()


def records_of(
    view: View, versions: Mapping[str, Mapping[str, str]], source: str
) -> Iterator[Kept]:
    """The records of a source system in a view."""
    for stored in view.records_of(source):
        yield Kept(record_of(stored.payload), versions[source][stored.key.source_id])
