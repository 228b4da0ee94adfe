"""A person as a graph: records as points, links as lines, and what it all hangs by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import altair as alt
import pandas as pd

from mpi.index.study.neighbourhood import Neighbourhood
from mpi.showing.layout import laid_out
from mpi.showing.style import titled
from mpi.training.drawing import BLUE, GREY, ORANGE, PALE

WIDTH = 720
MOST_LINES = 300
"""Links drawn; of a person with more, the strongest and all bridges."""
MOST_NAMED = 30
"""Records up to which each point has its name."""


def graph(person: Neighbourhood) -> alt.LayerChart:
    """The links that join a person's records; bridges are dashed, with their weight."""
    points = person.records.join(laid_out(person))
    lines = _lines(person, points)
    layers = [_line_layer(lines), *_bridge_layers(lines), *_point_layers(points)]
    return titled(layers, _finding(person), _note(person, lines), size=(WIDTH, _height(points)))


def _lines(person: Neighbourhood, points: pd.DataFrame) -> pd.DataFrame:
    """The links to draw, with the places of their ends."""
    joining = person.links[person.links["joins"]]
    order = joining.sort_values(["bridge", "match_weight", "left", "right"], ascending=False)
    lines = order.head(MOST_LINES)
    at = points.set_index("record")[["x", "y"]]
    for end, names in (("left", ("x", "y")), ("right", ("x2", "y2"))):
        lines = lines.join(at.set_axis(names, axis=1), on=end)
    middle = {"mx": (lines["x"] + lines["x2"]) / 2, "my": (lines["y"] + lines["y2"]) / 2}
    label = [f"{weight:+.1f}" for weight in lines["match_weight"]]
    return lines.assign(**middle, label=label)


def _height(points: pd.DataFrame) -> int:
    """Of the picture: a few records need little."""
    return min(180 + 16 * len(points), 420)


def _line_layer(lines: pd.DataFrame) -> alt.Chart:
    width = alt.StrokeWidth(
        "match_weight:Q",
        scale=alt.Scale(domain=[0, 30], range=[0.6, 4.5], clamp=True),
        legend=None,
    )
    drawn: alt.Chart = alt.Chart(lines[~lines["bridge"]]).mark_rule(color=PALE, opacity=0.8)
    return drawn.encode(x=_across("x"), y=_up("y"), x2="x2", y2="y2", strokeWidth=width)


def _bridge_layers(lines: pd.DataFrame) -> list[alt.Chart]:
    bridges = alt.Chart(lines[lines["bridge"]])
    ends = {"x": _across("x"), "y": _up("y"), "x2": "x2", "y2": "y2"}
    return [
        bridges.mark_rule(color=ORANGE, strokeDash=[6, 4], strokeWidth=2.5).encode(**ends),
        bridges.mark_text(dy=13, color=ORANGE, fontWeight="bold").encode(
            x=_across("mx"), y=_up("my"), text="label:N"
        ),
    ]


def _point_layers(points: pd.DataFrame) -> list[alt.Chart]:
    at = {"x": _across("x"), "y": _up("y")}
    golden, others = (
        alt.Chart(points[points["golden"] if is_golden else ~points["golden"]])
        for is_golden in (True, False)
    )
    layers = [
        others.mark_point(filled=True, size=110, color=BLUE, opacity=1).encode(**at),
        golden.mark_point(
            filled=True, size=220, shape="diamond", color=BLUE, stroke=GREY, opacity=1
        ).encode(**at),
    ]
    return [*layers, *_names(points, at)] if len(points) <= MOST_NAMED else layers


def _names(points: pd.DataFrame, at: dict[str, Any]) -> Iterator[alt.Chart]:
    """What each point is, on the side where there is room."""
    named = points.assign(name=points["record"].str.replace("|", " "))
    right, left = (alt.Chart(named[rows]) for rows in (named["x"] >= 0, named["x"] < 0))
    style: Any = {"dy": -5, "fontSize": 10}
    yield right.mark_text(align="left", dx=10, **style).encode(**at, text="name:N")
    yield left.mark_text(align="right", dx=-10, **style).encode(**at, text="name:N")


def _across(field: str) -> alt.X:
    """A place from left to right, which has no unit."""
    scale = alt.Scale(domain=[-1.75, 1.75], nice=False)
    return alt.X(f"{field}:Q", scale=scale, axis=None)


def _up(field: str) -> alt.Y:
    """A place from below to above, which has no unit."""
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[-1.15, 1.15], nice=False), axis=None)


def _finding(person: Neighbourhood) -> str:
    weakest = person.bridges["match_weight"]
    records = f"{len(person.records)} records"
    if weakest.empty:
        return f"{records}, and no bridge: any one link could go"
    bits = f"{weakest.iloc[0]:+.1f} bits"
    if len(weakest) == 1:
        return f"{records}, of which one bridge of {bits} holds two parts together"
    return f"{records}, held together by {len(weakest)} bridges, the weakest of {bits}"


def _note(person: Neighbourhood, lines: pd.DataFrame) -> str:
    left_out = int(person.links["joins"].sum()) - len(lines)
    more = f" {left_out:,} more links are not drawn." if left_out else ""
    return (
        "Lines are links that join, thicker with weight. Dashed: a bridge, without which the person"
        f" would fall in two. The diamond is the golden record.{more}"
    )
