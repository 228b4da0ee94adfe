"""The part of a model card that a release tells of itself: what it learned, and from what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mpi.model.blocking import RULES, rule_name
from mpi.model.comparisons import COMPARISONS
from mpi.model.levels import Comparison, Learning
from mpi.model.parameters import LevelParameters, Release
from mpi.model.splink_settings import probability_of
from mpi.training.drawing import bits
from mpi.training.figures import Figures
from mpi.training.markdown import Gallery, folded, section, table

_LEARNING = {
    Learning.LEARNED: "u sampled among different people, m by expectation maximisation",
    Learning.IDENTIFIER: "u by rule from the prior, m by expectation maximisation",
    Learning.FIXED: "set by rule, then fitted where verified identifiers tell",
}


def learned_sections(release: Release, metrics: Figures, gallery: Gallery) -> Iterator[str]:
    """Match weights, blocking rules, thresholds, warnings, and the training feeds."""
    yield from _weights(release, gallery)
    yield from _lint(metrics.get("lint") or ())
    yield from _blocking(release, metrics, gallery)
    yield from _thresholds(release)
    yield from _training(release)


def _training(release: Release) -> Iterator[str]:
    trained = release.trained
    yield from section(
        "Trained on",
        f"{trained['records']:,} records, taken for {trained['people']:,} people, with seed"
        f" {trained['seed']}. Two records drawn at random are one person with probability"
        f" {probability_of(release.prior):.2e} ({bits(release.prior)} bits).",
    )
    yield from table(("source", "records"), ((s, f"{n:,}") for s, n in trained["sources"].items()))
    yield from _labels(trained.get("labels"))
    if "weights_from" in trained:
        yield f"The m and u above are those of release `{trained['weights_from']}`."
        yield ""
    yield (
        "The prior, the bands of frequency and the suppressed keys hold for feeds of about this"
        " size; train again for others."
    )


def _labels(labels: Figures | None) -> Iterator[str]:
    """How many labels taught it what; other figures about them are for programs."""
    counts = {name: n for name, n in (labels or {}).items() if isinstance(n, int)}
    if counts:
        told = ", ".join(f"{name.replace('_', ' ')} {n:,}" for name, n in counts.items())
        yield from (f"Labels of reviewers: {told}.", "")


def _blocking(release: Release, metrics: Figures, gallery: Gallery) -> Iterator[str]:
    yield from section(
        "Blocking",
        "Two records are compared when they agree on one of the rules in use;"
        f" {len(release.suppressed):,} keys that too many records share do not count.",
    )
    yield from gallery.show("blocking.svg")
    judged = (metrics.get("evaluation") or {}).get("blocking") or {}
    yield from table(
        ("rule", "in use", "candidate pairs in training", "true pairs found", "found by it alone"),
        _rules(release, metrics.get("blocking") or (), judged),
    )
    groups = [
        (column.replace("_", " "), g["group"], f"{g['true_pairs']:,.0f}", f"{g['rate']:.2%}")
        for column, of_column in (judged.get("groups") or {}).items()
        for g in of_column
    ]
    if groups:
        yield "True pairs that no rule finds, by group:"
        yield ""
        yield from table(("column", "group", "true pairs", "lost"), groups)


def _rules(
    release: Release, cost: Sequence[Figures], judged: Figures
) -> Iterator[tuple[str, str, str, str, str]]:
    """Every rule of the code, with what is known of it."""
    pairs = {each["rule"]: f"{each['pairs']:,}" for each in cost}
    total = max(judged.get("true_pairs", 0), 1)
    found = {each["rule"]: each for each in judged.get("rules", ())}
    for number, rule in enumerate(RULES):
        name = rule_name(rule)
        figures = found.get(name)
        shares = (f"{figures[key] / total:.2%}" for key in ("found", "only")) if figures else "––"
        yield (name, "yes" if number in release.rules else "", pairs.get(name, "–"), *shares)


def _thresholds(release: Release) -> Iterator[str]:
    limits = release.thresholds.as_dict()
    calibration = release.calibration
    standing = "provisional" if calibration.provisional else "calibrated on labels"
    yield from section("Thresholds and calibration")
    yield from table(
        ("threshold", "value"),
        ((k, f"{v:,} records" if k == "n_cap" else f"{bits(v)} bits") for k, v in limits.items()),
    )
    yield (
        f"Confidence is {standing}: log-odds = {calibration.intercept:.3f}"
        f" + {calibration.direct:.3f} · direct weight + {calibration.bottleneck:.3f} · bottleneck"
        f" weight (in bits), at most {calibration.cap:.4f}, from {calibration.examples:,} pairs;"
        f" {calibration.basis}."
    )
    yield ""


def _weights(release: Release, gallery: Gallery) -> Iterator[str]:
    yield from section(
        "Match weights",
        "What agreement and disagreement are worth. The first level of a comparison that holds"
        " counts; the weights of all comparisons and the prior add up.",
    )
    yield from gallery.show("match_weights.svg")
    yield from folded(
        "All levels, with m (share of pairs of one person at the level) and u (of pairs of"
        " different people)",
        _all_levels(release),
    )
    missing = [c.name for c in COMPARISONS if c.name not in release.levels]
    if missing:
        yield "Not compared, for want of data: " + ", ".join(missing) + "."
        yield ""


def _all_levels(release: Release) -> Iterator[str]:
    seen = release.trained.get("observed", {}).get("levels", {})
    for comparison in COMPARISONS:
        levels = release.levels.get(comparison.name)
        if levels is not None:
            yield from (f"**{comparison.name}** ({_LEARNING[comparison.learning]})", "")
            rows = _levels(comparison, levels, seen.get(comparison.name, {}))
            yield from table(("level", "bits", "m", "u", "seen among matches, others"), rows)


def _levels(
    comparison: Comparison,
    levels: Mapping[str, LevelParameters],
    seen: Mapping[str, Sequence[int]],
) -> Iterator[tuple[str, ...]]:
    """What each level is worth, and at how many pairs it was seen when that was counted."""
    for level in comparison.scored:
        found = levels[level.code]
        counts = ", ".join(f"{n:,}" for n in seen.get(level.code, ()))
        yield level.sentence, bits(found.weight), f"{found.m:.2g}", f"{found.u:.2g}", counts


def _lint(complaints: Sequence[Figures]) -> Iterator[str]:
    """What is odd about the weights, so that nobody has to find it in the tables."""
    if complaints:
        yield from ("What training found odd about these weights:", "")
        yield from (f"- {each['message']}" for each in complaints)
        yield ""
