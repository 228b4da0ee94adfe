"""Noting where the audit stands in the index at intervals, beside the answers and never before one.

Who writes to an index may have to wait for whoever else does, a bulk load say, and no answer waits
for that: so a thread of its own notes the heads of the chains, and tries again if it cannot.
"""

from __future__ import annotations

import logging
from threading import Event, Thread

from mpi.access.anchors import Anchors
from mpi.access.audit import ANCHOR_SECONDS, Audit
from mpi.errors import MPIError

log = logging.getLogger("mpi.audit")


class Anchoring:
    """Notes the chain of one process in another place, until it is stopped."""

    def __init__(self, audit: Audit, place: Anchors, *, seconds: float = ANCHOR_SECONDS) -> None:
        """Args: audit, whose entries are durable by themselves; seconds, between two notes."""
        self._audit = audit
        self._place = place
        self._seconds = seconds
        self._stopped = Event()
        self._last = ("", 0)
        self._thread = Thread(target=self._run, name="audit anchors", daemon=True)

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        self._thread.start()

    def stop(self) -> None:
        """Note a last time, as far as that goes, and end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self.note()

    def note(self) -> None:
        """Note where the chain stands, if it has moved; what cannot be noted now is later."""
        for chain, head, at in self._audit.heads():
            if (chain, head.number) == self._last:
                continue
            try:
                self._place.note(chain, head, at)
            except MPIError as error:
                log.warning("the audit could not be anchored in the index: %s", error.code)
                return
            self._last = chain, head.number

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            self.note()
