"""The face of what analysts ask of an open index: tables, each from one moment of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from mpi.index.study import implausible, neighbourhood, partitions, people, wide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.store.store import Store


class Study:
    """Tables of an index, as DataFrames. Nothing here writes, and a service may answer meanwhile.

        index.study.near_misses()
        index.study.timeline(person_id)

    The tables hold record keys; `records` holds personal data as well.
    """

    def __init__(self, store: Store) -> None:
        """Args: store, open."""
        self._store = store

    def persons(self) -> pd.DataFrame:
        """One row per record: `source`, `source_id`, `person_id`, `golden`."""
        with self._store.reading() as view:
            return wide.persons(view)

    def weakest(self, limit: int = 10, *, fewest: int = 2) -> pd.DataFrame:
        """The persons that hang together least; see `wide.weakest`."""
        with self._store.reading() as view:
            return wide.weakest(view, limit, fewest)

    def near_misses(self, limit: int = 10) -> pd.DataFrame:
        """The strongest links between two persons; see `wide.near_misses`."""
        with self._store.reading() as view:
            return wide.near_misses(view, limit)

    def records(self, person_id: str) -> pd.DataFrame:
        """What the records of a person say; see `people.side_by_side`. Raises PersonNotFound."""
        with self._store.reading() as view:
            return people.side_by_side(view, person_id)

    def timeline(self, person_id: str, episodes: pd.DataFrame | None = None) -> pd.DataFrame:
        """What happened to a person when; see `people.timeline`. Raises PersonNotFound."""
        with self._store.reading() as view:
            return people.timeline(view, person_id, episodes)

    def neighbourhood(self, person_id: str) -> neighbourhood.Neighbourhood:
        """A person as a graph; see `neighbourhood.neighbourhood`. Raises PersonNotFound."""
        with self._store.reading() as view:
            return neighbourhood.neighbourhood(view, person_id)

    def implausible(self, episodes: pd.DataFrame | None = None) -> implausible.Implausible:
        """What cannot be, if the index is right; see `implausible.implausible`."""
        with self._store.reading() as view:
            return implausible.implausible(view, episodes)

    def partitions(self, steps: Sequence[int] = partitions.STEPS) -> partitions.Partitions:
        """The records grouped at other thresholds; see `partitions.partitions`."""
        with self._store.reading() as view:
            return partitions.partitions(view, steps)
