"""The tables under the summary of an evaluation: who bears the errors, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mpi.cli.rendering import is_narrow, show_line, show_table

if TYPE_CHECKING:
    from mpi.index.evaluation import Evaluation
    from mpi.training.blocking_loss import GroupLoss
    from mpi.training.intervals import Interval
    from mpi.training.reliability import Reliability
    from mpi.training.subgroups import Subgroup

_BITS = 1000
_MOST_SHOWN = 2
"""Groups of a column that are shown without being asked for."""
_GROUP_HEADER = ("", "records", "missed", "false", "unlinked", "confidence less truth", "lost", "")
_EXPLAINED = (
    "Missed: of the true pairs. False: of the pairs put together. Unlinked: of the records with a"
    " partner. Lost: of the true pairs, by blocking."
)
_INTERVALS = " In brackets 95% intervals, people resampled."


def show_details(found: Evaluation, *, everything: bool) -> None:
    """Print the tables for one evaluation: the worst groups and confidence, or all there is."""
    if found.groups:
        show_line(_EXPLAINED + ("" if is_narrow() else _INTERVALS) + "\n")
    if everything:
        for column, groups in found.groups.items():
            _show_groups(column, groups, found.blocking.groups[column])
    elif found.groups:
        _show_worst(found)
    if found.calibration.bands:
        show_bands(found.calibration)
    if everything:
        _show_rules(found)
        _show_curve(found)
        return
    groups_too = "all groups, " if found.groups else ""
    show_line(f"With --all also {groups_too}what each blocking rule finds, and other thresholds.")


def _show_worst(found: Evaluation) -> None:
    """Of each column the groups that fare worst, and how many it has."""
    rows = [
        (f"{column}: {name}", *figures)
        for column, groups in found.groups.items()
        for lost in (_lost(found.blocking.groups[column]),)
        for name, *figures in (_group(group, lost) for group in _worst(groups))
    ]
    counts = ", ".join(f"{len(groups)} by {column}" for column, groups in found.groups.items())
    show_table(f"The groups most missed, of {counts}", _GROUP_HEADER, rows)


def _worst(groups: Sequence[Subgroup]) -> list[Subgroup]:
    """The groups of which most is missed, those that differ by more than luck first."""

    def missed(group: Subgroup) -> tuple[bool, float]:
        rate = group.figures["missed_match"]
        return group.significant, rate.estimate if rate else 0.0

    return sorted((g for g in groups if not g.small), key=missed, reverse=True)[:_MOST_SHOWN]


def _show_groups(column: str, groups: Sequence[Subgroup], losses: Sequence[GroupLoss]) -> None:
    lost = _lost(losses)
    show_table(f"By {column}", _GROUP_HEADER, [_group(group, lost) for group in groups])


def _lost(losses: Sequence[GroupLoss]) -> Mapping[str, str]:
    return {loss.group: f"{loss.rate:.2%}" for loss in losses}


def _group(group: Subgroup, lost: Mapping[str, str]) -> tuple[object, ...]:
    if group.small:
        return (group.group, "withheld", *("" for _ in group.figures), "", "")
    rates = (_rate(found) for found in group.figures.values())
    differs = "differs" if group.significant else ""
    return (group.group, f"{group.records:,}", *rates, lost.get(group.group, ""), differs)


def _rate(found: Interval | None) -> str:
    if found is None:
        return "none"
    if is_narrow():
        return f"{found.estimate:.2%}"
    return f"{found.estimate:.2%} ({found.low:.2%} to {found.high:.2%})"


def show_bands(found: Reliability) -> None:
    """Print how the confidence of each band compares with what is observed."""
    rows = [
        (
            f"{band.low:g} to {band.high:g}",
            band.pairs,
            band.mean,
            band.observed,
            f"{band.limits[0]:.4f} to {band.limits[1]:.4f}",
            "" if band.inside else "outside",
        )
        for band in found.bands
    ]
    header = ("confidence", "pairs", "mean stated", "observed", "limits of chance", "")
    show_table("How far confidence can be trusted, by pairs in one person", header, rows)


def _show_rules(found: Evaluation) -> None:
    rows = [(r.rule, r.candidates, r.found, r.only) for r in found.blocking.rules]
    header = ("blocking rule", "candidates", "true pairs found", "by it alone")
    show_table("What blocking finds, and at what cost", header, rows)


def _show_curve(found: Evaluation) -> None:
    rows = [
        (
            f"{point.average / _BITS:+.1f} bits",
            point.precision,
            point.recall,
            "as shipped" if point.shipped else "",
        )
        for point in found.curve
    ]
    header = ("threshold `average`", "precision", "recall", "")
    show_table("The same links clustered at other thresholds", header, rows)
