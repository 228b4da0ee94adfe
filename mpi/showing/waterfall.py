"""Why two records are one person, or two: the match weight as the sum of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import altair as alt
import pandas as pd

from mpi.showing.style import row_axis, titled
from mpi.training.drawing import BLUE, GREY, ORANGE

WIDTH, ROW = 420, 22


class Explained(Protocol):
    """An explanation of the index itself, or of a client."""

    def as_dict(self) -> dict[str, Any]:
        """As `GET /v1/links` answers."""


def waterfall(explanation: Explained) -> alt.LayerChart:
    """Two records compared: each bar begins where the one above ends; the last is the sum."""
    said = explanation.as_dict()
    rows = pd.DataFrame(list(_rows(said)))
    low, high = rows[["begin", "end"]].min().min(), rows[["begin", "end"]].max().max()
    room = 0.14 * (high - low)
    base = alt.Chart(rows).encode(y=row_axis("name", list(rows["name"])))
    scale = alt.Scale(domain=[low - room, high + room], nice=False)
    begin = alt.X("begin:Q", scale=scale, title="Match weight, bits")
    bars = base.mark_bar(height=13).encode(
        x=begin, x2="end", color=alt.Color("color:N", scale=None)
    )
    right, left = (
        base.transform_filter(f"(datum.end >= datum.begin) == {str(up).lower()}")
        .mark_text(align="left" if up else "right", dx=4 if up else -4)
        .encode(x=alt.X("end:Q", scale=scale), text="label:N")
        for up in (True, False)
    )
    zero = alt.Chart(pd.DataFrame({"begin": [0.0]})).mark_rule(color=GREY).encode(x=begin)
    layers = (zero, bars, right, left)
    size = WIDTH, ROW * len(rows)
    return titled(layers, _finding(said), _NOTE, size=size, labels=200)


_NOTE = (
    "Bits. Bars to the right speak for one person, bars to the left against. What the two records"
    " say nothing about is left out."
)


def _rows(said: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The prior, what speaks for one person, what speaks against, and the sum."""
    telling = [each for each in said["comparisons"] if each["match_weight"]]
    telling.sort(key=lambda each: -float(each["match_weight"]))
    steps = [("Two records drawn at random", said["prior"])]
    steps += [(each["sentence"].rpartition(":")[0], each["match_weight"]) for each in telling]
    at = 0.0
    for name, weight in steps:
        color = BLUE if weight > 0 else ORANGE
        yield _row(name, at, at + weight, color)
        at += weight
    yield _row("Together", 0.0, said["match_weight"], GREY)


def _row(name: str, begin: float, end: float, color: str) -> dict[str, Any]:
    label = f"{end - begin:+.1f}".replace("-", "−")
    begin, end = round(begin, 3), round(end, 3)
    return {"name": name, "begin": begin, "end": end, "label": label, "color": color}


def _finding(said: dict[str, Any]) -> str:
    left, right = (f"{said[end]['source']} {said[end]['source_id']}" for end in ("left", "right"))
    persons = "one person" if said["one_person"] else "two persons"
    weight = f"{said['match_weight']:+.1f}".replace("-", "−")
    return f"{left} and {right}: {weight} bits; in the index {persons}"
