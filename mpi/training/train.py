"""Train a release from feeds, in two rounds, and from labels of their records if there are any.

The first round takes for one person what certainly is (`deterministic`). What it learns is good
enough to link the training feeds; the second round then counts over the people found: term
frequencies, u among different people (`different`), and a prior that is the share of pairs linked.

Labels correct m in both rounds (`label_weights`), and where there are enough of them confidence is
calibrated on those that m has not seen (`label_calibration`). Without, it is provisional.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.linking.batch import link_rows
from mpi.linking.engines.duckdb import Limits, connection, store_compared
from mpi.linking.key_sizes import KeySizes
from mpi.linking.steps import Step, unwatched
from mpi.model.blocking import RULES
from mpi.model.calibration import Calibration
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import Frequencies, annotate_table
from mpi.model.levels import Comparison, Learning
from mpi.model.parameters import Release
from mpi.model.splink_settings import probability_of
from mpi.model.thresholds import MILLI, Thresholds
from mpi.training.anchors import UNFITTED
from mpi.training.calibrate import calibrated
from mpi.training.deterministic import certain_people
from mpi.training.different import People, shares_among_different
from mpi.training.enough import require_matches, require_records, require_teachers
from mpi.training.estimate import (
    Effort,
    identifier_u,
    learn_m,
    usable,
    weights,
)
from mpi.training.label_calibration import with_labelled_confidence
from mpi.training.label_weights import with_labelled_m
from mpi.training.labelled import SAW_LABELS, SplitLabels
from mpi.training.observed import Sample, observed, without_claims
from mpi.training.people import count_frequencies, suppressed_keys
from mpi.training.relatives import with_learned_relatives
from mpi.training.rules import worthwhile_rules
from mpi.training.supplied import Supplied
from mpi.training.verified import sample_by_birth_date

FIRST_ROUND_SHARE = 5
"""The first round samples this many times fewer pairs: it only has to find most people."""

MOST_MATCHES = 0.5
"""Share of all pairs that a first guess may take for matches."""

TAKEN_OVER = "; taken over with the weights"
"""How the basis of a calibration ends that was fitted on the feeds of an older release."""

FOUND_BY_RULE = 0.5
"""Share of the true pairs taken to be certain by rule, until the first link has counted them."""


@dataclass(frozen=True, slots=True)
class Training:
    """What to call the release, and how to learn it.

    `labels` are by the numbers of the rows; `supplied` are term frequencies to use in place of
    those of the rows.
    """

    name: str
    effort: Effort = field(default_factory=Effort)
    thresholds: Thresholds = field(default_factory=Thresholds)
    limits: Limits = field(default_factory=Limits)
    labels: SplitLabels | None = None
    supplied: Supplied | None = None


def train(rows: pa.Table, training: Training, *, step: Step = unwatched) -> Release:
    """Learn a release from standardised rows, as `mpi.linking.intake` makes them.

    `step` hears of each step. Raises TooLittleData.
    """
    feeds = _Feeds.of(rows)
    with step("learn, first round"):
        certain = certain_people(rows, training.limits)
        rough = replace(training, effort=training.effort.divided_by(FIRST_ROUND_SHARE))
        prior = min(_share_of_pairs(certain) / FOUND_BY_RULE, MOST_MATCHES)
        first = _learn(feeds, certain, prior, rough)
    with step("choose blocking rules"):
        rules = worthwhile_rules(rows, first, training.limits, seed=training.effort.seed)
        first = replace(first, rules=rules)
    with step("link the training feeds"):
        linkage = link_rows(rows, first, training.limits)
    require_matches(linkage.labels)
    prior = _share_of_pairs(linkage.labels)
    with step("learn, second round"):
        second = _learn(feeds, linkage.labels, prior, training)
        second = replace(second, rules=first.rules)
    with step("count pairs by level"):
        second = _with_counts(second, feeds, linkage.labels, training)
    judged = sample_by_birth_date(rows)
    with step("learn relatives"):
        second = with_learned_relatives(judged, second, training.limits)
    with step("calibrate"):
        return _calibrated(rows, judged, second, training)


def refresh(
    rows: pa.Table, release: Release, training: Training, *, step: Step = unwatched
) -> Release:
    """A release for other feeds with the m and u of an older one.

    What depends on how many people the feeds hold is learned anew: the prior, with it the u of
    identifiers, term frequencies, suppressed keys and the calibration. Much cheaper than training.
    `step` hears of each step. Raises TooLittleData.
    """
    feeds = _Feeds.of(rows)
    alone = np.arange(len(rows), dtype=np.int64)
    # people have as many records as before, so a pair drawn at random is rarer in larger feeds
    guess = probability_of(release.prior) * release.trained["records"] / len(rows)
    first = _rescaled(feeds, release, alone, guess, training)
    with step("link the training feeds"):
        linkage = link_rows(rows, first, training.limits)
    require_matches(linkage.labels)
    prior = _share_of_pairs(linkage.labels)
    second = _rescaled(feeds, release, linkage.labels, prior, training)
    with step("calibrate"):
        return _calibrated(rows, sample_by_birth_date(rows), second, training)


def _calibrated(rows: pa.Table, judged: pa.Table, release: Release, training: Training) -> Release:
    """Calibrate on labels of the rows where there are enough, else provisionally on `judged`."""
    if training.labels is not None:
        release = with_labelled_confidence(rows, release, training.labels, training.limits)
        if not release.calibration.provisional:
            return release
    return calibrated(judged, release, training.limits)


@dataclass(frozen=True, slots=True)
class _Feeds:
    """The rows to learn from, and what depends on them alone."""

    rows: pa.Table
    suppressed: NDArray[np.int64]

    @classmethod
    def of(cls, rows: pa.Table) -> _Feeds:
        """Raises TooLittleData."""
        require_records(len(rows))
        return cls(rows, suppressed_keys(KeySizes.of(rows)))


def _rescaled(
    feeds: _Feeds,
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
    frequencies = _frequencies(feeds.rows, cluster, training)
    trained = _trained_on(feeds.rows, frequencies, kept, training)
    return replace(
        release,
        name=training.name,
        prior=_bits(prior),
        levels={**release.levels, **weights(identifiers, m, identifier_u(identifiers, prior))},
        frequencies=frequencies,
        suppressed=feeds.suppressed,
        # whatever checked it did so for another prior
        calibration=_taken_over(release.calibration),
        trained=trained | _origin(release),
    )


def _taken_over(calibration: Calibration) -> Calibration:
    """The calibration of the release that weights are from, while these feeds give none."""
    if not calibration.basis.endswith(TAKEN_OVER):
        calibration = replace(calibration, basis=f"{calibration.basis}{TAKEN_OVER}")
    return replace(calibration, provisional=True)


def _frequencies(rows: pa.Table, cluster: NDArray[np.int64], training: Training) -> Frequencies:
    counted = count_frequencies(rows, cluster, training.limits)
    return training.supplied.instead_of(counted) if training.supplied else counted


def _origin(release: Release) -> dict[str, object]:
    """What stays known of where m and u come from when only they are kept."""
    kept = ("observed", SAW_LABELS)
    trained = release.trained
    seen = {name: trained[name] for name in kept if name in trained}
    own = [trained["sketch"]] if "sketch" in trained else []
    sketches = [*own, *trained.get("sketches_of_weights", ())]
    return {"weights_from": release.identity, "sketches_of_weights": sketches, **seen}


def _learn(feeds: _Feeds, cluster: NDArray[np.int64], prior: float, training: Training) -> Release:
    frequencies = _frequencies(feeds.rows, cluster, training)
    with connection(training.limits) as con:
        store_compared(con, annotate_table(feeds.rows, frequencies))
        wanted = usable(con, "compared")
        require_teachers(con, wanted)
        people = People.drawn(
            feeds.rows, cluster, without=feeds.suppressed, seed=training.effort.seed
        )
        learned = [c for c in wanted if c.learning is Learning.LEARNED]
        u = {
            **shares_among_different(con, people, learned, training.effort),
            **identifier_u(wanted, prior),
        }
        wanted = [c for c in wanted if c.name in u or c.learning is Learning.FIXED]
        m = learn_m(con, wanted, u, training.effort)
        wanted = [c for c in wanted if c.learning is Learning.FIXED or _was_taught(m[c.name])]
        release = Release(
            name=training.name,
            prior=_bits(prior),
            levels=weights(wanted, m, u),
            frequencies=frequencies,
            rules=tuple(range(len(RULES))),
            suppressed=feeds.suppressed,
            thresholds=training.thresholds,
            calibration=UNFITTED,
            trained=_trained_on(feeds.rows, frequencies, wanted, training),
        )
        if training.labels is None or training.labels.teaching is None:
            return release
        release = replace(release, trained={**release.trained, SAW_LABELS: True})
        return with_labelled_m(con, release, training.labels.teaching, training.effort.seed)


def _was_taught(m: Mapping[str, float]) -> bool:
    """Whether any pairs taught the m of a comparison; of what none did only the floor is left."""
    return sum(m.values()) > 0.5


def _with_counts(
    release: Release, feeds: _Feeds, cluster: NDArray[np.int64], training: Training
) -> Release:
    """The release with the pairs seen at each level, and no claims that none of them supports."""
    sample = Sample(training.effort.seed)
    if training.labels is not None and training.labels.teaching is not None:
        same = np.column_stack(training.labels.teaching.same()[:2])
        sample = replace(sample, same=same.astype(np.int64))
    levels = observed(feeds.rows, cluster, release, training.limits, sample)
    seen = {"records": len(feeds.rows), "levels": levels}
    release = without_claims(release, levels)
    return replace(release, trained={**release.trained, "observed": seen})


def _share_of_pairs(cluster: NDArray[np.int64]) -> float:
    sizes = np.bincount(cluster).astype(np.float64)
    together = float((sizes * (sizes - 1) / 2).sum())
    return max(together, 1.0) / _all_pairs(len(cluster))


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
        **({"term_frequencies": training.supplied.counts()} if training.supplied else {}),
    }
