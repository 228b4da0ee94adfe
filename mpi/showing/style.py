"""One look for every chart: that of the model cards, as Altair charts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt

from mpi.training.drawing import THEME, Picture, heading

LETTER = 6.6
"""Width of a letter of a label in pixels, in the wider of the fonts that readers may have."""

Chart = alt.LayerChart | alt.HConcatChart | alt.Chart


def as_altair(picture: Picture) -> Chart:
    """A chart of a model card, to be shown and changed in a notebook."""
    spec = {**picture.spec, "config": THEME, "description": picture.alt}
    chart: Chart = alt.Chart.from_dict(spec)
    return chart


def titled(
    layers: Iterable[alt.Chart], finding: str, note: str, *, size: tuple[int, int], labels: int = 0
) -> alt.LayerChart:
    """Layers as one chart: what it shows as its title, how to read it below that, and the theme.

    `size` is width and height in pixels, without the labels to the left, which are `labels` wide.
    """
    width, height = size
    chart: Any = alt.layer(*layers).properties(
        title=alt.Title(**heading(finding, note, width=width + labels)),
        width=width,
        height=height,
        # for those who cannot see it
        description=f"{finding}. {note}",
    )
    finished: alt.LayerChart = chart.configure(**THEME)
    return finished


def row_axis(field: str, names: Sequence[str]) -> alt.Y:
    """One line for each name, in their order, with room for the longest in any font."""
    room = round(LETTER * max(map(len, names), default=0))
    axis = alt.Axis(labelLimit=room, minExtent=room, ticks=False, domain=False)
    return alt.Y(f"{field}:N", sort=list(names), title=None, axis=axis)
