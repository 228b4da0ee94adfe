"""The model card: what a release was trained on and what each level is worth, for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mpi.model.blocking import RULES, rule_name
from mpi.model.comparisons import COMPARISONS
from mpi.model.levels import Comparison, Learning
from mpi.model.parameters import LevelParameters, Release
from mpi.model.splink_settings import probability_of
from mpi.model.thresholds import MILLI

_LEARNING = {
    Learning.LEARNED: "u sampled among different people, m by expectation maximisation",
    Learning.IDENTIFIER: "u by rule from the prior, m by expectation maximisation",
    Learning.FIXED: "set by rule, then fitted where verified identifiers tell",
}


def write_card(release: Release, folder: Path, *, judged: str = "") -> None:
    """Write the release's `README.md` and `metrics.json` into its folder.

    `judged` is Markdown about how well the release does, from an evaluation with truth.
    """
    (folder / "README.md").write_text("\n".join(_card(release, judged)) + "\n", encoding="utf-8")
    metrics = {"trained": dict(release.trained), "calibration": release.calibration.as_dict()}
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")


def _card(release: Release, judged: str) -> Iterator[str]:
    yield f"# Release `{release.name}`"
    yield ""
    yield f"A match model of the master person index, identity `{release.identity}`."
    yield ""
    yield from _training(release)
    yield from ((judged, "") if judged else ())
    yield from _blocking(release)
    yield from _thresholds(release)
    yield from _weights(release)


def _training(release: Release) -> Iterator[str]:
    trained = release.trained
    yield "## Trained on"
    yield ""
    yield (
        f"{trained['records']:,} unlabelled records, taken for {trained['people']:,} people, with"
        f" seed {trained['seed']}. Two records drawn at random are one person with probability"
        f" {probability_of(release.prior):.2e} ({_bits(release.prior)} bits)."
    )
    yield ""
    yield from _table(("source", "records"), ((s, f"{n:,}") for s, n in trained["sources"].items()))
    if "weights_from" in trained:
        yield f"The m and u below are those of release `{trained['weights_from']}`."
        yield ""
    yield (
        "The prior, the bands of frequency and the suppressed keys hold for feeds of about this"
        " size; train again for others."
    )
    yield ""


def _blocking(release: Release) -> Iterator[str]:
    yield "## Blocking rules"
    yield ""
    yield (
        "Two records are compared when they agree on one of these;"
        f" {len(release.suppressed):,} keys that too many records share do not count."
    )
    yield ""
    yield from (f"- {rule_name(RULES[number])}" for number in release.rules)
    yield ""


def _thresholds(release: Release) -> Iterator[str]:
    yield "## Thresholds and calibration"
    yield ""
    limits = release.thresholds.as_dict()
    shown = ((k, str(v) if k == "n_cap" else f"{v / MILLI:+.1f} bits") for k, v in limits.items())
    yield from _table(("threshold", "value"), shown)
    calibration = release.calibration
    standing = "provisional" if calibration.provisional else "checked against labels"
    yield (
        f"Confidence is {standing}: log-odds = {calibration.intercept:.3f}"
        f" + {calibration.direct:.3f} · direct weight + {calibration.bottleneck:.3f} · bottleneck"
        f" weight (in bits), at most {calibration.cap:.4f}, from {calibration.examples:,} pairs;"
        f" {calibration.basis}."
    )
    yield ""


def _weights(release: Release) -> Iterator[str]:
    yield "## Match weights"
    yield ""
    yield (
        "The first level that holds counts."
        " m: share of pairs of one person at it; u: of pairs of different people."
    )
    yield ""
    for comparison in COMPARISONS:
        if comparison.name in release.levels:
            yield from _comparison(comparison, release.levels[comparison.name])
    missing = [c.name for c in COMPARISONS if c.name not in release.levels]
    if missing:
        yield "Not compared, for want of data: " + ", ".join(missing) + "."


def _comparison(comparison: Comparison, levels: Mapping[str, LevelParameters]) -> Iterator[str]:
    yield f"### {comparison.name} ({_LEARNING[comparison.learning]})"
    yield ""
    rows = (
        (level.sentence, _bits(p.weight), f"{p.m:.2g}", f"{p.u:.2g}")
        for level in comparison.scored
        for p in (levels[level.code],)
    )
    yield from _table(("level", "bits", "m", "u"), rows)


def _bits(weight: int) -> str:
    return f"{weight / MILLI:+.1f}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""
