"""A person's life as the records tell it, one line for each record."""

from __future__ import annotations

import altair as alt
import pandas as pd

from mpi.showing.style import row_axis, titled
from mpi.training.drawing import BLUE, GREY, ORANGE, PALE

WIDTH, ROW = 560, 24

MARKS = {
    "custody": (BLUE, "triangle-right"),
    "sentence": (ORANGE, "square"),
    "seen": (GREY, "circle"),
    "death": ("#000000", "cross"),
}
"""Colour and shape of a moment; none is told by colour alone."""


def timeline(events: pd.DataFrame) -> alt.LayerChart:
    """What happened when, of `Study.timeline`; what lasts is a bar, to the last day if unended."""
    last = max(events["ends"].max(), events["begins"].max()) if len(events) else ""
    ends = events["ends"].where(events["ends"] != "", last)
    shown = events.assign(ends=ends, smaller=(events["what"] == "seen").astype(int))
    order = list(dict.fromkeys(sorted(shown["record"])))
    base = alt.Chart(shown).encode(
        x=alt.X("begins:T", title=None, scale=alt.Scale(padding=14)),
        y=row_axis("record", order),
    )
    stays = base.transform_filter("datum.what == 'stay'")
    bars = stays.mark_bar(height=11, color=PALE).encode(x2="ends:T")
    kinds = [kind for kind in MARKS if kind in set(shown["what"])]
    legend = alt.Legend(title=None, orient="top")
    moments = base.transform_filter("datum.what != 'stay'").mark_point(filled=True, opacity=1)
    moments = moments.encode(
        size=alt.condition("datum.what == 'seen'", alt.value(28), alt.value(80)),
        # small ones on top, so that two of one day both show
        order=alt.Order("smaller:Q"),
        color=alt.Color(
            "what:N",
            scale=alt.Scale(domain=kinds, range=[MARKS[kind][0] for kind in kinds]),
            legend=legend,
        ),
        shape=alt.Shape(
            "what:N",
            scale=alt.Scale(domain=kinds, range=[MARKS[kind][1] for kind in kinds]),
            legend=legend,
        ),
    )
    stayed = int((shown["what"] == "stay").sum())
    finding = f"{len(shown)} dates in {len(order)} records{_years(events)}"
    note = "One line for each record." + (" Grey bars are stays." if stayed else "")
    return titled((bars, moments), finding, note, size=(WIDTH, ROW * len(order)), labels=180)


def _years(events: pd.DataFrame) -> str:
    if events.empty:
        return ""
    first, last = (getattr(events["begins"], end)()[:4] for end in ("min", "max"))
    return f", {first} to {last}"
