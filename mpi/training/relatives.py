"""How much the patterns that mark relatives should weigh, learned where identifiers tell.

Brothers agree on family name and address together, twins on the birth date too. Taken as
independent, these agreements look like a match; the comparison `relatives` takes back what was
counted twice. How much depends on the population: where nobody has a twin and names are badly
typed, the same pattern is one person. Verified NHS numbers tell the two apart, so the weight of
each pattern is the offset under which its pairs come out right, all other evidence given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from mpi.attributes import RECORD_NUMBER
from mpi.linking.batch import live_keys
from mpi.linking.engines.duckdb import (
    Limits,
    connection,
    predict,
    store_candidates,
    store_compared,
    store_keys,
)
from mpi.model.comparisons import RELATIVES
from mpi.model.frequencies import annotate_table
from mpi.model.parameters import LevelParameters, Release
from mpi.model.splink_settings import release_settings
from mpi.model.thresholds import MILLI
from mpi.training.verified import COMPARISON, one_verified_value, without

FEWEST_PAIRS = 30
"""Pairs of a pattern, with a verified number on both sides, from which its weight is learned."""

LOWEST_BITS = -24.0
"""No pattern weighs less: an identifier in common must still be able to outweigh it."""

_CLIP_BITS = 25.0


@dataclass(frozen=True, slots=True)
class _Judged:
    """Pairs with a verified number on both sides: pattern, weight without it, and agreement."""

    level: NDArray[np.int64]
    bits: NDArray[np.float64]
    agree: NDArray[np.bool_]


def with_learned_relatives(rows: pa.Table, release: Release, limits: Limits) -> Release:
    """The release with the weights of `relatives` learned from its own training feeds.

    A pattern with too few pairs to learn from keeps the weight of its definition. Where no two
    records have verified numbers to compare, nothing tells relatives from people whose first name
    changed, and the comparison is left out.
    """
    value = one_verified_value(rows)
    if COMPARISON not in release.levels or not (value >= 0).any():
        return without(release, RELATIVES.name)
    judged = _judged(rows, without(release, COMPARISON), value, limits)
    levels = dict(release.levels[RELATIVES.name])
    for number, level in enumerate(RELATIVES.levels[:-1]):
        pairs = judged.level == number
        if pairs.sum() >= FEWEST_PAIRS:
            bits = _offset(judged.bits[pairs], judged.agree[pairs])
            levels[level.code] = LevelParameters.of_bits(bits)
    return replace(release, levels={**release.levels, RELATIVES.name: levels})


def _judged(rows: pa.Table, release: Release, value: NDArray[np.int64], limits: Limits) -> _Judged:
    last = len(RELATIVES.levels) - 1
    with connection(limits) as con:
        store_keys(con, live_keys(rows, release))
        store_candidates(con)
        con.register("verified", pa.table({RECORD_NUMBER: np.arange(len(value)), "value": value}))
        con.execute(
            "CREATE OR REPLACE TABLE candidate AS SELECT join_key_l, join_key_r FROM candidate"
            f" JOIN verified l ON l.{RECORD_NUMBER} = join_key_l AND l.value >= 0"
            f" JOIN verified r ON r.{RECORD_NUMBER} = join_key_r AND r.value >= 0"
        )
        store_compared(con, annotate_table(rows, release.frequencies))
        table = predict(con, release_settings(release, levels_too=True))
        # Splink numbers levels from the last, everything else being 0
        found = con.sql(
            f"SELECT {last} - gamma_{RELATIVES.name} AS level, match_weight AS bits,"
            f" l.value = r.value AS agree FROM {table}"
            f" JOIN verified l ON l.{RECORD_NUMBER} = {RECORD_NUMBER}_l"
            f" JOIN verified r ON r.{RECORD_NUMBER} = {RECORD_NUMBER}_r"
            f" WHERE gamma_{RELATIVES.name} > 0"
            f" ORDER BY {RECORD_NUMBER}_l, {RECORD_NUMBER}_r"
        ).to_arrow_table()
    level = found.column("level").to_numpy().astype(np.int64)
    codes = [v.code for v in RELATIVES.levels]
    own = np.array([release.levels[RELATIVES.name][code].weight / MILLI for code in codes])
    bits = found.column("bits").to_numpy() - own[level]
    return _Judged(level, bits, found.column("agree").to_numpy(zero_copy_only=False))


def _offset(bits: NDArray[np.float64], agree: NDArray[np.bool_]) -> float:
    """The weight, in bits, under which log-odds of `bits` + weight are likeliest; never above 0."""
    known = np.clip(bits, -_CLIP_BITS, _CLIP_BITS)
    sign = np.where(agree, 1.0, -1.0)

    def loss(offset: float) -> float:
        return float(np.logaddexp(0.0, -sign * (known + offset) * np.log(2.0)).mean())

    return float(minimize_scalar(loss, bounds=(LOWEST_BITS, 0.0), method="bounded").x)
