"""How many records share each blocking key: what keys cost, and which have grown too common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.model.parameters import Release


@dataclass(frozen=True, slots=True)
class KeySizes:
    """The distinct keys of some rows, ascending, and how many of the `records` have each."""

    key: NDArray[np.int64]
    size: NDArray[np.int64]
    records: int

    @classmethod
    def of(cls, rows: pa.Table) -> Self:
        """Count the `blocking_keys` of standardised rows, whatever a release makes of them."""
        column = rows.column("blocking_keys").combine_chunks()
        key, size = np.unique(column.flatten().to_numpy(), return_counts=True)
        return cls(key, size, len(rows))

    def live(self, release: Release) -> Self:
        """The keys that a release uses."""
        live = release.live_keys(self.key)
        return replace(self, key=self.key[live], size=self.size[live])
