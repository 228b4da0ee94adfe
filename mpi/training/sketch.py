"""Whether two sets of feeds share records, told by 512 digits that name none of them.

A model looks better on what it has learned from. So a release keeps a sketch of its training feeds,
an evaluation one of the index it judged, and a gate compares the two. Records are told by their key
and by what they say, since two sets of feeds may number their records alike.

*How.* Every record has a hash. The hashes fall into 512 bins, and of each bin the last four bits of
the smallest hash are kept (one-permutation, b-bit minwise hashing: Li, Owen and Zhang 2012). Sets
that share a part of their records agree in that part of the bins, and in one other bin of sixteen.
Four bits are shared by one record in sixteen, so a sketch does not tell whether somebody is in it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import binom
from xxhash import xxh3_64_intdigest

from mpi.attributes import RECORD_NUMBER

BINS = 512
_DIGITS = "0123456789abcdef"
_EMPTY = "-"
_BY_CHANCE = 1.0 / len(_DIGITS)
_SURELY = 1e-6
"""How seldom feeds that share nothing are said to share something."""

_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def sketch(records: pa.Table, keys: pa.Table) -> str:
    """The sketch of some records: one hexadecimal digit for each bin, `-` for an empty one.

    Args: records, with `source, source_id`; keys, a table `key, record_no` of their blocking keys
    in use, records by their place. A record without a key counts by its source and key alone.

    >>> records = pa.table({"source": ["pds"], "source_id": ["1"]})
    >>> nothing = pa.table({"key": pa.array([], pa.int64()), "record_no": pa.array([], pa.int32())})
    >>> sketch(records, nothing).count("-")
    511
    """
    columns = (records.column(name).to_pylist() for name in ("source", "source_id"))
    named = (xxh3_64_intdigest("\x1f".join(key).encode()) for key in zip(*columns, strict=True))
    record = np.fromiter(named, dtype=np.uint64, count=len(records))
    said = np.full(len(records), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(said, keys.column(RECORD_NUMBER).to_numpy(), keys.column("key").to_numpy())
    hashed = _mixed(record ^ _mixed(said.view(np.uint64)))
    least = np.full(BINS, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(least, (hashed % np.uint64(BINS)).astype(np.int64), hashed // np.uint64(BINS))
    return "".join(
        _EMPTY if each == np.iinfo(np.uint64).max else _DIGITS[int(each) % len(_DIGITS)]
        for each in least
    )


def shared(one: str, other: str) -> float:
    """The share of the records of both together that both have; 0 if that may be chance."""
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if _EMPTY not in (a, b)]
    alike = sum(a == b for a, b in pairs)
    if not pairs or binom.sf(alike - 1, len(pairs), _BY_CHANCE) > _SURELY:
        return 0.0
    return (alike / len(pairs) - _BY_CHANCE) / (1.0 - _BY_CHANCE)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """As splitmix64 does, so that no digit of what comes out is one of what goes in."""
    mixed = (values ^ (values >> np.uint64(30))) * _MIX[0]
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
