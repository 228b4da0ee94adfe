"""The release that made an index, compiled: blocking keys, attributes and weights of one record."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from mpi.attributes import Row
from mpi.errors import ModelMismatch, NotMatchable, UnusableModel
from mpi.linking.compared import Held, Layout
from mpi.model.blocking import RULE_BITS, blocking_keys
from mpi.model.parameters import Release, release_of
from mpi.model.scoring import Comparable, Scorer
from mpi.store.near import Near

MOST_REMEMBERED = 50_000
"""Records whose attributes are kept in memory; some 5 kB each."""
RELEASES = 2
"""Releases kept compiled: the one in use, and the one before while a request still uses it."""


class Compiled:
    """A release as one record is matched with it. Threads may share it."""

    def __init__(self, release: Release) -> None:
        """Args: release, compiled once, in some milliseconds."""
        self.release = release
        self.scorer = Scorer(release)
        self.layout = Layout(release)
        self._rules = frozenset(release.rules)
        self._suppressed = frozenset(release.suppressed.tolist())
        self._recent = _Recent(MOST_REMEMBERED)

    def keys(self, row: Row) -> list[int]:
        """The blocking keys of a standardised row that the release uses."""
        every = blocking_keys(row, self._suppressed)
        return [key for key in every if key & RULE_BITS in self._rules]

    def compared(self, row: Row) -> Comparable:
        """What of a standardised row is compared, as the scorer reads it."""
        return self.layout.held(row).row

    def confidence(self, weights: Iterable[int]) -> NDArray[np.float64]:
        """Calibrated confidence of links of a record that is in no person yet.

        No path leads from it to the person's records but over this link or a weaker one, so its
        weight is both the direct one and the bottleneck.
        """
        weight = np.fromiter(weights, np.int64)
        return self.release.calibration.confidence(weight, weight)

    def held(self, near: Near, changed: Mapping[int, int]) -> dict[int, Held]:
        """Records of an index by number; those looked at lately come from memory.

        Args: changed, the event that last changed each record, so that none is remembered as it
        no longer is.
        """
        names = {number: (near.generation, number, when) for number, when in changed.items()}
        found = self._recent.get(names)
        missing = names.keys() - found.keys()
        if missing:
            read = near.compared(missing)
            made = {number: self.layout.decode(content) for number, content in read.items()}
            self._recent.put({names[number]: each for number, each in made.items()})
            found |= made
        return found


Name = tuple[int, int, int]
"""Generation, number and last change of a record."""


class _Recent:
    """The last so many records; the least lately used go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._held: OrderedDict[Name, Held] = OrderedDict()

    def get(self, names: Mapping[int, Name]) -> dict[int, Held]:
        """What is held under some names."""
        found = {}
        held = self._held
        with self._lock:
            for number, name in names.items():
                known = held.get(name)
                if known is not None:
                    held.move_to_end(name)
                    found[number] = known
        return found

    def put(self, values: Mapping[Name, Held]) -> None:
        """Hold values, and let go of what is too much."""
        with self._lock:
            self._held.update(values)
            while len(self._held) > self._most:
                self._held.popitem(last=False)


class Releases:
    """The compiled releases of one index, made when they are first wanted. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._compiled: OrderedDict[str, Compiled] = OrderedDict()

    def compiled(self, near: Near, release_id: str | None) -> Compiled:
        """A release that the index keeps; raises NotMatchable where it does not."""
        if release_id is None:
            raise NotMatchable("It was never linked: run `mpi link`.")
        with self._lock:
            found = self._compiled.get(release_id)
            if found is None:
                found = self._compiled[release_id] = _of(near.release_files(release_id))
                while len(self._compiled) > RELEASES:
                    self._compiled.popitem(last=False)
            return found


def _of(files: Mapping[str, bytes]) -> Compiled:
    if not files:
        raise NotMatchable("It was linked before indexes kept their release: link it again.")
    try:
        return Compiled(release_of(files))
    except (ModelMismatch, UnusableModel) as error:
        said = "This version cannot use the release it was linked with: link it with another."
        raise NotMatchable(said) from error
