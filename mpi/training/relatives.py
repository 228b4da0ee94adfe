"""How much the patterns that mark relatives should weigh, learned where identifiers tell.

Brothers agree on family name and address together, twins on the birth date too. Taken as
independent, these agreements look like a match; the comparison `relatives` takes back what was
counted twice. How much depends on the population: where nobody has a twin and names are badly
typed, the same pattern is one person. Verified NHS numbers tell the two apart, so the weight of
each pattern is the offset under which its pairs come out right, all other evidence given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit

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
from mpi.model.comparisons import SEX
from mpi.model.frequencies import annotate_table
from mpi.model.parameters import LevelParameters, Release
from mpi.model.relatives import RELATIVES
from mpi.model.splink_settings import release_settings
from mpi.model.thresholds import MILLI
from mpi.training.verified import COMPARISON, one_verified_value, without

FEWEST_PAIRS = 30
"""Pairs of a pattern, with a verified number on both sides, from which its weight is learned."""

LOWEST_BITS = -24.0
"""No pattern weighs less: an identifier in common must still be able to outweigh it."""

TWO_NAMES = ("twins-at-home", "twins", "alike-at-home", "alike", "household")
"""The patterns of two given names; sex tells nothing of relatives that bear one name."""

CAUTION = 8.0
"""How much worse it is to merge two relatives than to miss that they are one person.

In every other comparison both errors weigh alike. But here the evidence is known to be of the kind
that deceives, and what is merged is the medication of two people of one household.
"""

UNLIKE_TWINS = 2 / 3
"""Share of twins that are not identical, and so can be of two sexes."""

_CLIP_BITS = 25.0


def with_learned_relatives(rows: pa.Table, release: Release, limits: Limits) -> Release:
    """The release with the weights of `relatives` learned from its own training feeds.

    Verified NHS numbers tell relatives from people whose first name changed; where there are none
    to compare, sex does: two relatives are often of two sexes. A pattern with too few pairs to
    learn from keeps the weight of its definition if numbers tell, and weighs nothing else.
    """
    value = one_verified_value(rows)
    if COMPARISON in release.levels and (value >= 0).any():
        pairs = _pairs_with_numbers(rows, without(release, COMPARISON), value, limits)
        return _weighed(release, release.levels[RELATIVES.name], _by_number(pairs, release))
    if SEX.name in release.levels:
        pairs = _pairs_with_sex(rows, release, limits)
        return _weighed(release, _nothing(), _by_sex(pairs, release))
    return without(release, RELATIVES.name)


def _weighed(
    release: Release, before: Mapping[str, LevelParameters], learned: Mapping[str, float]
) -> Release:
    levels = dict(before) | {code: LevelParameters.of_bits(bits) for code, bits in learned.items()}
    return replace(release, levels={**release.levels, RELATIVES.name: levels})


def _nothing() -> dict[str, LevelParameters]:
    return {level.code: LevelParameters.of_bits(0.0) for level in RELATIVES.levels}


def _by_number(pairs: pa.Table, release: Release) -> dict[str, float]:
    """The weight of each pattern under which its pairs with numbers come out right."""
    agree = pairs.column("agree").to_numpy(zero_copy_only=False)
    return {code: _likeliest(bits, agree[at]) for code, at, bits in _patterns(pairs, release)}


def _by_sex(pairs: pa.Table, release: Release) -> dict[str, float]:
    """The weight of each pattern of two given names under which its sexes are likeliest."""
    differs = ~pairs.column("agree").to_numpy(zero_copy_only=False)
    levels = release.levels[SEX.name]
    of_sex = np.where(differs, levels["other"].weight, levels["same"].weight) / MILLI
    if levels["other"].u < 2.0 * levels["other"].m:
        return {}
    return {
        code: _likeliest_by_sex(bits - of_sex[at], differs[at], levels["other"])
        for code, at, bits in _patterns(pairs, release)
        if code in TWO_NAMES
    }


def _patterns(
    pairs: pa.Table, release: Release
) -> Iterator[tuple[str, NDArray[np.bool_], NDArray[np.float64]]]:
    """Of each pattern with enough pairs: code, which pairs, and their other evidence in bits."""
    level, weight = (pairs.column(name).to_numpy() for name in ("level", "bits"))
    own = release.levels[RELATIVES.name]
    for number, pattern in enumerate(RELATIVES.levels[:-1]):
        at = level == number
        if at.sum() >= FEWEST_PAIRS:
            bits = weight[at] - own[pattern.code].weight / MILLI
            yield pattern.code, at, np.clip(bits, -_CLIP_BITS, _CLIP_BITS)


def _pairs_with_numbers(
    rows: pa.Table, release: Release, value: NDArray[np.int64], limits: Limits
) -> pa.Table:
    known = pa.table({RECORD_NUMBER: np.arange(len(value)), "value": value})
    return _pairs(rows, release, known.filter(pc.greater_equal(known["value"], 0)), limits)


def _pairs_with_sex(rows: pa.Table, release: Release, limits: Limits) -> pa.Table:
    known = pa.table({RECORD_NUMBER: rows.column(RECORD_NUMBER), "value": rows.column("sex")})
    return _pairs(rows, release, known.filter(pc.is_valid(known["value"])), limits)


def _pairs(rows: pa.Table, release: Release, known: pa.Table, limits: Limits) -> pa.Table:
    """Candidates in a pattern of relatives: `level` of it, weight in `bits`, whether they `agree`.

    Only pairs of records whose `value` is known: that by which they agree or not.
    """
    last = len(RELATIVES.levels) - 1
    with connection(limits) as con:
        store_keys(con, live_keys(rows, release))
        store_candidates(con)
        con.register("known", known)
        con.execute(
            "CREATE OR REPLACE TABLE candidate AS SELECT join_key_l, join_key_r FROM candidate"
            f" SEMI JOIN known l ON l.{RECORD_NUMBER} = join_key_l"
            f" SEMI JOIN known r ON r.{RECORD_NUMBER} = join_key_r"
        )
        store_compared(con, annotate_table(rows, release.frequencies))
        table = predict(con, release_settings(release, levels_too=True))
        # Splink numbers levels from the last, everything else being 0
        return con.sql(
            f"SELECT {last} - gamma_{RELATIVES.name} AS level, match_weight AS bits,"
            f" l.value = r.value AS agree FROM {table}"
            f" JOIN known l ON l.{RECORD_NUMBER} = {RECORD_NUMBER}_l"
            f" JOIN known r ON r.{RECORD_NUMBER} = {RECORD_NUMBER}_r"
            f" WHERE gamma_{RELATIVES.name} > 0"
            f" ORDER BY {RECORD_NUMBER}_l, {RECORD_NUMBER}_r"
        ).to_arrow_table()


def _likeliest_by_sex(
    bits: NDArray[np.float64], differs: NDArray[np.bool_], other: LevelParameters
) -> float:
    """The weight, never above 0, and with it the share of relatives of two sexes, likeliest.

    A pair is of one person with log-odds of `bits` plus the weight, and then of two sexes with
    probability m; else of two relatives, and then with a probability between that of twins, a
    third of whom are identical, and u.
    """

    def loss(at: NDArray[np.float64]) -> float:
        one = expit((bits + at[0]) * np.log(2.0))
        two_sexes = one * other.m + (1.0 - one) * at[1]
        return -float(np.log(np.where(differs, two_sexes, 1.0 - two_sexes)).mean())

    bounds = [(LOWEST_BITS, 0.0), (other.u * UNLIKE_TWINS, other.u)]
    starts = ((offset, other.u) for offset in np.linspace(LOWEST_BITS, 0.0, 7))
    fits = [minimize(loss, start, bounds=bounds, method="L-BFGS-B") for start in starts]
    return float(min(fits, key=lambda fit: fit.fun).x[0])


def _likeliest(bits: NDArray[np.float64], agree: NDArray[np.bool_]) -> float:
    """The weight, in bits, under which log-odds of `bits` + weight are likeliest; never above 0.

    Pairs of two people count `CAUTION` times.
    """
    sign = np.where(agree, 1.0, -1.0)
    counts = np.where(agree, 1.0, CAUTION)

    def loss(offset: float) -> float:
        each = np.logaddexp(0.0, -sign * (bits + offset) * np.log(2.0))
        return float((counts * each).mean())

    return float(minimize_scalar(loss, bounds=(LOWEST_BITS, 0.0), method="bounded").x)
