"""Train a release from unlabelled feeds, in two rounds.

The first round takes every record for a person of its own. What it learns is good enough to link
the training feeds; the second round then counts over people: term frequencies, suppressed keys and
u among records of different people, and a prior that is the share of pairs linked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.errors import TooLittleData
from mpi.linking.batch import Linkage, link_rows
from mpi.linking.engines.duckdb import Limits, connection, store_compared
from mpi.linking.steps import Step, unwatched
from mpi.model.blocking import RULES
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import Frequencies, annotate_table
from mpi.model.levels import Comparison, Learning
from mpi.model.parameters import Release
from mpi.model.splink_settings import probability_of
from mpi.model.thresholds import MILLI, Thresholds
from mpi.training.anchors import UNFITTED
from mpi.training.calibrate import calibrated
from mpi.training.estimate import (
    Effort,
    identifier_u,
    learn_m,
    sample_u,
    usable,
    weights,
)
from mpi.training.people import count_frequencies, suppressed_keys
from mpi.training.relatives import with_learned_relatives
from mpi.training.rules import worthwhile_rules
from mpi.training.verified import sample_by_birth_date

LEAST_RECORDS = 100
FIRST_ROUND_SHARE = 5
"""The first round samples this many times fewer pairs: it only has to find most people."""

FIRST_GUESS_PER_RECORD = 1.5
"""True pairs per record taken for granted until the first link has counted them."""


@dataclass(frozen=True, slots=True)
class Training:
    """What to call the release, and how to learn it."""

    name: str
    effort: Effort = field(default_factory=Effort)
    thresholds: Thresholds = field(default_factory=Thresholds)
    limits: Limits = field(default_factory=Limits)


def train(rows: pa.Table, training: Training, *, step: Step = unwatched) -> Release:
    """Learn a release from standardised rows, as `mpi.linking.intake` makes them.

    `step` hears of each step. Raises TooLittleData.
    """
    _require_enough(rows)
    alone = np.arange(len(rows), dtype=np.int64)
    prior = FIRST_GUESS_PER_RECORD * len(rows) / _all_pairs(len(rows))
    with step("learn, first round"):
        rough = replace(training, effort=training.effort.divided_by(FIRST_ROUND_SHARE))
        first = _learn(rows, alone, prior, rough)
    with step("choose blocking rules"):
        rules = worthwhile_rules(rows, first, training.limits, seed=training.effort.seed)
        first = replace(first, rules=rules)
    with step("link the training feeds"):
        linkage = link_rows(rows, first, training.limits)
    prior = _share_of_pairs_linked(linkage, len(rows))
    with step("learn, second round"):
        second = _learn(rows, linkage.labels, prior, training)
        second = replace(second, rules=first.rules)
    judged = sample_by_birth_date(rows)
    with step("learn relatives"):
        second = with_learned_relatives(judged, second, training.limits)
    with step("calibrate"):
        return calibrated(judged, second, training.limits)


def refresh(
    rows: pa.Table, release: Release, training: Training, *, step: Step = unwatched
) -> Release:
    """A release for other feeds with the m and u of an older one.

    What depends on how many people the feeds hold is learned anew: the prior, with it the u of
    identifiers, term frequencies, suppressed keys and the calibration. Much cheaper than training.
    `step` hears of each step. Raises TooLittleData.
    """
    _require_enough(rows)
    alone = np.arange(len(rows), dtype=np.int64)
    # people have as many records as before, so a pair drawn at random is rarer in larger feeds
    guess = probability_of(release.prior) * release.trained["records"] / len(rows)
    first = _rescaled(rows, release, alone, guess, training)
    with step("link the training feeds"):
        linkage = link_rows(rows, first, training.limits)
    prior = _share_of_pairs_linked(linkage, len(rows))
    second = _rescaled(rows, release, linkage.labels, prior, training)
    with step("calibrate"):
        return calibrated(sample_by_birth_date(rows), second, training.limits)


def _rescaled(
    rows: pa.Table,
    release: Release,
    cluster: NDArray[np.int64],
    prior: float,
    training: Training,
) -> Release:
    kept = [c for c in COMPARISONS if c.name in release.levels]
    identifiers = [c for c in kept if c.learning is Learning.IDENTIFIER]
    m = {
        c.name: {code: level.m for code, level in release.levels[c.name].items()}
        for c in identifiers
    }
    frequencies = count_frequencies(rows, cluster, training.limits)
    return replace(
        release,
        name=training.name,
        prior=_bits(prior),
        levels={**release.levels, **weights(identifiers, m, identifier_u(identifiers, prior))},
        frequencies=frequencies,
        suppressed=suppressed_keys(rows),
        trained=_trained_on(rows, frequencies, kept, training) | {"weights_from": release.identity},
    )


def _require_enough(rows: pa.Table) -> None:
    if len(rows) < LEAST_RECORDS:
        raise TooLittleData(f"There are {len(rows)} records; {LEAST_RECORDS} are needed.")


def _learn(rows: pa.Table, cluster: NDArray[np.int64], prior: float, training: Training) -> Release:
    frequencies = count_frequencies(rows, cluster, training.limits)
    with connection(training.limits) as con:
        store_compared(con, annotate_table(rows, frequencies))
        _store_people(con, cluster, training.effort.seed)
        wanted = usable(con, "compared")
        u = {**sample_u(con, "people", wanted, training.effort), **identifier_u(wanted, prior)}
        m = learn_m(con, wanted, u, training.effort)
    return Release(
        name=training.name,
        prior=_bits(prior),
        levels=weights(wanted, m, u),
        frequencies=frequencies,
        rules=tuple(range(len(RULES))),
        suppressed=suppressed_keys(rows),
        thresholds=training.thresholds,
        calibration=UNFITTED,
        trained=_trained_on(rows, frequencies, wanted, training),
    )


def _store_people(con: duckdb.DuckDBPyConnection, cluster: NDArray[np.int64], seed: int) -> None:
    """Make the table `people`: of each cluster one record, drawn at random."""
    shuffled = np.random.default_rng(seed).permutation(len(cluster))
    _, first = np.unique(cluster[shuffled], return_index=True)
    con.register("drawn", pa.table({"record_no": np.sort(shuffled[first])}))
    con.execute("CREATE OR REPLACE TABLE people AS FROM compared SEMI JOIN drawn USING (record_no)")
    con.unregister("drawn")


def _share_of_pairs_linked(linkage: Linkage, records: int) -> float:
    sizes = np.bincount(linkage.labels).astype(np.float64)
    linked = float((sizes * (sizes - 1) / 2).sum())
    return max(linked, 1.0) / _all_pairs(records)


def _all_pairs(records: int) -> float:
    return records * (records - 1) / 2.0


def _bits(probability: float) -> int:
    return round(math.log2(probability / (1.0 - probability)) * MILLI)


def _trained_on(
    rows: pa.Table, frequencies: Frequencies, wanted: Sequence[Comparison], training: Training
) -> dict[str, object]:
    sources, counts = np.unique(rows.column("source").to_numpy(), return_counts=True)
    return {
        "records": len(rows),
        "people": frequencies.people,
        "sources": {str(s): int(c) for s, c in zip(sources, counts, strict=True)},
        "comparisons": [c.name for c in wanted],
        "seed": training.effort.seed,
        "u_pairs": training.effort.u_pairs,
        "em_pairs": training.effort.em_pairs,
    }
