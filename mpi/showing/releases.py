"""The charts of a model card in a notebook; `mpi.training.charts` draws them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mpi.showing.style import Chart, as_altair
from mpi.training import charts, row_charts, weight_chart

if TYPE_CHECKING:
    import pandas as pd

    from mpi.index.evaluation import Evaluation
    from mpi.index.judge import SampleEvaluation
    from mpi.model.parameters import Release
    from mpi.training.intervals import Interval


def match_weights(release: Release) -> Chart:
    """What each level of each comparison of a release is worth, in bits."""
    return as_altair(weight_chart.match_weights(release))


def blocking(judged: Evaluation) -> Chart:
    """What each blocking rule finds of the true pairs, what only it finds, and what it costs."""
    return as_altair(row_charts.blocking({"evaluation": judged.as_dict()}))


def precision_recall(judged: Evaluation) -> Chart:
    """Precision and recall with other values of the threshold `average`."""
    return as_altair(charts.precision_recall(judged.as_dict()["curve"]))


def reliability(judged: Evaluation | SampleEvaluation) -> Chart:
    """Stated confidence against the share that is right, by a truth or by labels."""
    return as_altair(charts.reliability(judged.calibration.as_dict()))


def subgroups(judged: Evaluation) -> Chart:
    """Missed and false matches of each group of people, with intervals."""
    figures: dict[str, Any] = judged.as_dict()
    return as_altair(row_charts.subgroups(figures))


def subgroup_table(judged: Evaluation) -> pd.DataFrame:
    """One row per group: `by`, `group`, `records`, each figure of `subgroups.Subgroup` with the
    `_low` and `_high` end of its 95% interval, and whether it `differs` from everybody.

    Groups too small to tell of are left out.
    """
    import pandas as pd

    told = [(by, each) for by, groups in judged.groups.items() for each in groups if not each.small]
    rows = [
        {"by": by, "group": each.group, "records": each.records}
        | {name: value for figure in each.figures.items() for name, value in _with_ends(*figure)}
        | {"differs": each.significant}
        for by, each in told
    ]
    return pd.DataFrame(rows)


def _with_ends(name: str, found: Interval | None) -> Iterator[tuple[str, float | None]]:
    for end, of in (("", "estimate"), ("_low", "low"), ("_high", "high")):
        yield name + end, getattr(found, of, None)
