"""How much a statistic moves with the threshold where links become persons."""

from __future__ import annotations

import altair as alt

from mpi.index.study.partitions import Sensitivity
from mpi.showing.style import titled
from mpi.training.drawing import BLUE, ORANGE


def sensitivity(found: Sensitivity, name: str = "Statistic") -> alt.LayerChart:
    """The statistic on each partition; the diamond is the one in use. `name` is said of it."""
    base = alt.Chart(found.values).encode(
        x=alt.X("average:Q", title="Threshold ‘average’, bits", axis=alt.Axis(tickCount=5)),
        y=alt.Y("value:Q", title=name, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5)),
    )
    line = base.mark_line(color=BLUE)
    points = base.mark_point(filled=True, size=50, color=BLUE, opacity=1)
    used = base.transform_filter("datum.in_use").mark_point(
        filled=True, size=200, shape="diamond", color=ORANGE, opacity=1
    )
    note = (
        "Each point is the same statistic with persons formed at another threshold. To the right"
        " are fewer wrong links and more missed ones."
    )
    return titled((line, points, used), f"{name}: {found}", note, size=(480, 220))
