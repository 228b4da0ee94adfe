"""The part of a model card that an evaluation tells: how right the release is, and for whom."""

from __future__ import annotations

from collections.abc import Iterator

from mpi.training.figures import Figures
from mpi.training.markdown import Gallery, folded, section, table

_ACCURACY = {
    "precision": "pairwise precision",
    "recall": "pairwise recall",
    "f1": "pairwise F1",
    "bcubed_precision": "B-cubed precision",
    "bcubed_recall": "B-cubed recall",
    "bcubed_f1": "B-cubed F1",
}
_RATES = {
    "missed_match": "missed",
    "false_match": "false",
    "unlinked": "unlinked",
    "calibration_gap": "confidence less truth",
}


def judged_sections(metrics: Figures, gallery: Gallery) -> Iterator[str]:
    """Accuracy, confidence and subgroups; or that nothing has been evaluated yet."""
    judged = metrics.get("evaluation")
    if not judged:
        yield from section(
            "How right it is",
            "Not evaluated. Link feeds whose people are known, other than those it was trained on,"
            " and run `mpi evaluate --truth FILE --card` with the folder of this release.",
        )
        return
    yield from _accuracy(judged, gallery)
    yield from _confidence(judged["calibration"], gallery)
    yield from _groups(judged, gallery)


def _accuracy(judged: Figures, gallery: Gallery) -> Iterator[str]:
    found = judged["accuracy"]
    yield from section(
        "How right it is",
        f"Judged on {judged['records']:,} records of {judged['truth_people']:,} people, of whom it"
        f" made {judged['persons']:,} persons; {found['exact_persons']:,} are exactly right. A pair"
        " that blocking lost counts as missed.",
    )
    yield from gallery.show("precision_recall.svg")
    intervals = judged["intervals"]
    rows = [
        (label, f"{each['estimate']:.4f}", f"{each['low']:.4f} to {each['high']:.4f}")
        for name, label in _ACCURACY.items()
        for each in (intervals[name],)
    ]
    yield from table(("figure", "estimate", "95% interval, people resampled"), rows)
    yield from table(("what went wrong", "how often"), _mistakes(judged))


def _mistakes(judged: Figures) -> Iterator[tuple[str, str]]:
    found, worst = judged["accuracy"], judged["largest_wrong_merge"]
    yield "false pairs", f"{found['pairs']['fp']:,.0f}"
    yield "missed pairs", f"{found['pairs']['fn']:,.0f}"
    yield "persons of several people", f"{found['merged_clusters']:,}"
    yield "people in several persons", f"{found['split_persons']:,}"
    yield "records with a partner that found none", f"{found['unlinked_rate']:.2%}"
    if worst["people"]:
        said = f"{worst['records']:,} records of {worst['people']:,} people"
        yield "largest wrong merge", said
    for kind, each in judged["related"].items():
        if each["pairs"]:
            yield (
                f"pairs of {kind} wrongly merged",
                f"{each['merged']:,} of {each['pairs']:,} ({each['rate']:.1%}, interval"
                f" {each['low']:.1%} to {each['high']:.1%})",
            )


def _confidence(judged: Figures, gallery: Gallery) -> Iterator[str]:
    if judged["log_loss"] is None:
        yield from section("Confidence", "Not judged: no two records were put together.")
        return
    yield from section(
        "Confidence",
        f"Judged on {judged['pairs']:,} pairs of records in one person. Expected calibration error"
        f" {judged['ece']:.4f}. Log-loss {judged['log_loss']:.4f}, of Splink's own probability"
        f" {judged['log_loss_raw']:.4f}, of the best constant {judged['log_loss_constant']:.4f};"
        " lower is better.",
    )
    yield from gallery.show("reliability.svg")
    rows = [
        (
            f"{band['low']:g} to {band['high']:g}",
            f"{band['pairs']:,}",
            f"{band['mean']:.4f}",
            f"{band['observed']:.4f}",
            f"{band['limits'][0]:.4f} to {band['limits'][1]:.4f}",
            "yes" if band["inside"] else "**no**",
        )
        for band in judged["bands"]
    ]
    head = ("confidence", "pairs", "mean stated", "observed", "limits of chance", "inside")
    yield from table(head, rows)


def _groups(judged: Figures, gallery: Gallery) -> Iterator[str]:
    if not judged["groups"]:
        return
    yield from section(
        "Who bears the errors",
        "*Missed*: share of a group's true pairs that are not together. *False*: share of its pairs"
        " together that are of two people. *Unlinked*: share of its records that have a partner and"
        " found none. *Confidence less truth*: by how much confidence overstates. A group"
        " of few people is withheld, and another one wherever the totals would give it away.",
    )
    yield from gallery.show("subgroups.svg")
    head = ("column", "group", "records", *_RATES.values(), "differs by more than chance")
    rows = [
        (column.replace("_", " "), *_group(group))
        for column, groups in judged["groups"].items()
        for group in groups
    ]
    yield from folded("All groups, with 95% intervals", table(head, rows))


def _group(group: Figures) -> tuple[str, ...]:
    if group["small"]:
        return (group["group"], "withheld", *("–",) * len(_RATES), "")
    rates = (_rate(group[figure]) for figure in _RATES)
    return (group["group"], f"{group['records']:,}", *rates, "yes" if group["significant"] else "")


def _rate(found: Figures | None) -> str:
    if not found:
        return "–"
    return f"{found['rate']:.2%} ({found['low']:.2%} to {found['high']:.2%})"
