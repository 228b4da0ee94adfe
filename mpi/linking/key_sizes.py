"""How many records share each blocking key: what keys cost, and which have grown too common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.model.parameters import Release

KEYS_AT_ONCE = 20_000_000


@dataclass(frozen=True, slots=True)
class KeySizes:
    """The distinct keys of some rows, ascending, and how many of the `records` have each."""

    key: NDArray[np.int64]
    size: NDArray[np.int64]
    records: int

    @classmethod
    def of(cls, rows: pa.Table) -> Self:
        """Count the `blocking_keys` of standardised rows, whatever a release makes of them."""
        parts = list(cls.parts(rows))
        key, size = (np.concatenate([getattr(p, of) for p in parts]) for of in ("key", "size"))
        return cls(key, size, len(rows))

    @classmethod
    def parts(cls, rows: pa.Table) -> Iterator[Self]:
        """`of` in parts, each of a range of the keys, so that all of them are never sorted."""
        chunks = [chunk.flatten().to_numpy() for chunk in rows.column("blocking_keys").chunks]
        bits = (sum(chunk.size for chunk in chunks) // KEYS_AT_ONCE).bit_length()
        for number in range(-(1 << bits >> 1), max(1 << bits >> 1, 1)):
            found = [chunk[chunk >> 64 - bits == number] if bits else chunk for chunk in chunks]
            keys = np.concatenate([np.empty(0, dtype=np.int64), *found])
            yield cls(*np.unique(keys, return_counts=True), len(rows))

    def larger(self, size: int) -> Self:
        """The keys that more than so many records share."""
        large = self.size > size
        return replace(self, key=self.key[large], size=self.size[large])

    def live(self, release: Release) -> Self:
        """The keys that a release uses."""
        live = release.live_keys(self.key)
        return replace(self, key=self.key[live], size=self.size[live])
