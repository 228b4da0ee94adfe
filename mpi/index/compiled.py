"""The release that made an index, compiled: blocking keys, attributes and weights of one record."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mpi.attributes import Row, standardise
from mpi.errors import ModelMismatch, NotMatchable, UnusableModel
from mpi.linking.intake import record_of
from mpi.model.blocking import RULE_BITS, blocking_keys
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import annotate
from mpi.model.parameters import Release, release_of
from mpi.model.scoring import Comparable, Scorer, comparable
from mpi.records import RecordKey
from mpi.store.rows import StoredRecord
from mpi.store.view import View

MOST_REMEMBERED = 20_000
"""Records whose attributes are kept in memory; some 5 kB each."""


class Known(NamedTuple):
    """A record of the index, ready to be compared."""

    key: RecordKey
    person_id: str
    row: Comparable


class Compiled:
    """A release as one record is matched with it. Threads may share it."""

    def __init__(self, release: Release) -> None:
        """Args: release, compiled once, in some milliseconds."""
        self.release = release
        self.scorer = Scorer(release)
        self._rules = frozenset(release.rules)
        self._suppressed = frozenset(release.suppressed.tolist())
        used = (c.attributes() for c in COMPARISONS if c.name in release.levels)
        self._compared = sorted(
            {"verified_identifiers", *(name for names in used for name in names)}
        )
        self._recent = _Recent(MOST_REMEMBERED)

    @classmethod
    def of(cls, view: View) -> Compiled:
        """The release that made what a view sees; raises NotMatchable where it is not kept."""
        if view.state.release is None:
            raise NotMatchable("It was never linked: run `mpi link`.")
        files = view.release_files()
        if not files:
            raise NotMatchable("It was linked before indexes kept their release: link it again.")
        try:
            return cls(release_of(files))
        except (ModelMismatch, UnusableModel) as error:
            said = "This version cannot use the release it was linked with: link it with another."
            raise NotMatchable(said) from error

    def keys(self, row: Row) -> list[int]:
        """The blocking keys of a standardised row that the release uses."""
        every = blocking_keys(row, self._suppressed)
        return [key for key in every if key & RULE_BITS in self._rules]

    def compared(self, row: Row) -> Comparable:
        """What of a standardised row is compared, as the scorer reads it."""
        annotated = annotate(dict(row), self.release.frequencies)
        return comparable({name: annotated[name] for name in self._compared})

    def confidence(self, weights: Iterable[int]) -> NDArray[np.float64]:
        """Calibrated confidence of links of a record that is in no person yet.

        No path leads from it to the person's records but over this link or a weaker one, so its
        weight is both the direct one and the bottleneck.
        """
        weight = np.fromiter(weights, np.int64)
        return self.release.calibration.confidence(weight, weight)

    def known(self, view: View, record_nos: Iterable[int]) -> Iterator[Known]:
        """Records of an index by number; those looked at lately come from memory."""
        missing = []
        for number in record_nos:
            found = self._recent.get((view.generation, number))
            if found is None:
                missing.append(number)
            else:
                yield found
        for stored in view.records(missing):
            made = self._known(stored)
            self._recent.put((view.generation, stored.record_no), made)
            yield made

    def _known(self, stored: StoredRecord) -> Known:
        row = self.compared(standardise(record_of(stored.payload)))
        return Known(stored.key, stored.person_id, row)


class _Recent:
    """The last so many records, by generation and number; the least lately used go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._held: OrderedDict[tuple[int, int], Known] = OrderedDict()

    def get(self, key: tuple[int, int]) -> Known | None:
        """What is held under a key."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: tuple[int, int], value: Known) -> None:
        """Hold a value, and let go of what is too much."""
        with self._lock:
            self._held[key] = value
            if len(self._held) > self._most:
                self._held.popitem(last=False)
