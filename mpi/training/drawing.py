"""Charts as SVG files that look the same everywhere: on a Git host, in a browser, on paper.

A chart is a Vega-Lite specification, drawn by vl-convert, the `charts` extra; everything else works
without. Nothing is fetched while drawing, and the same chart gives the same bytes. The colours are
of the palette of Okabe and Ito, which colour-blind readers can tell apart, and none carries a
meaning alone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from mpi.model.thresholds import MILLI

Spec = dict[str, Any]
Row = dict[str, Any]

BLUE = "#0072B2"
ORANGE = "#D55E00"
GREY = "#767676"
PALE = "#D9D9D9"

VEGA_LITE = "6.1"
"""The version of the language the charts are written in."""

_INK = "#222222"
_FONT = "Arial, Helvetica, sans-serif"
_TITLE, _SUBTITLE = 14, 11
"""Sizes of letters, in pixels."""

THEME: Spec = {
    "background": "white",
    "font": _FONT,
    "aria": False,
    "padding": 12,
    "view": {"stroke": None},
    "title": {
        "anchor": "start",
        "frame": "bounds",
        "color": _INK,
        "fontSize": _TITLE,
        "subtitleColor": "#555555",
        "subtitleFontSize": _SUBTITLE,
        "subtitlePadding": 6,
        "offset": 14,
    },
    "axis": {
        "labelColor": _INK,
        "labelFontSize": 11,
        "titleColor": _INK,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "domainColor": GREY,
        "gridColor": "#EBEBEB",
        "tickColor": GREY,
    },
    "text": {"fontSize": 11, "color": _INK},
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart: the name of its file, its specification in Vega-Lite without the theme, and what it
    shows, for those who cannot see it.
    """

    name: str
    spec: Spec
    alt: str

    @property
    def svg(self) -> str:
        """The chart, drawn."""
        return _svg(self.spec)


def can_draw() -> bool:
    """Whether what draws is installed."""
    return find_spec("vl_convert") is not None


def picture(name: str, spec: Spec, *, finding: str, note: str) -> Picture:
    """The chart, with what it shows as its title and how to read it below that."""
    title = heading(finding, note, width=_width(spec))
    return Picture(f"{name}.svg", {**spec, "title": title}, f"{finding}. {note}")


def heading(finding: str, note: str, *, width: int) -> Spec:
    """The title of a chart so wide: what it shows, and below that how to read it."""
    return {"text": _lines(finding, width, _TITLE), "subtitle": _lines(note, width, _SUBTITLE)}


def _width(spec: Spec) -> int:
    """Of a chart, or of all its panels."""
    return int(spec.get("width", 0)) + sum(map(_width, spec.get("hconcat", ())))


def _lines(text: str, width: int, size: int) -> list[str]:
    """The text in lines no wider than the chart; a letter is about half as wide as it is high."""
    return textwrap.wrap(text, int(width / (0.53 * size)))


def _svg(spec: Spec) -> str:
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(
        spec, vl_version=VEGA_LITE, config=THEME, allowed_base_urls=[]
    )
    # said once for the whole chart, not once for every word in it
    family = f' font-family="{_FONT}"'
    return svg.replace(family, "").replace("<svg ", f"<svg{family} ", 1).rstrip("\n") + "\n"


def layer(rows: Sequence[Row], mark: str, encoding: Spec, **style: Any) -> Spec:
    """One mark for each row: `mark` is Vega-Lite's name of it, `style` how it looks."""
    if mark == "point":
        style = {"opacity": 1, **style}
    return {
        "data": {"values": list(rows)},
        "mark": {"type": mark, **style},
        "encoding": encoding,
    }


def quantity(field: str, *, title: str | None = None, **settings: Any) -> Spec:
    """A channel that shows a number; without a title it has no axis."""
    axis = {"axis": None} if title is None else {"title": title}
    return {"field": field, "type": "quantitative", **axis, **settings}


def text(field: str) -> Spec:
    """A channel that shows a text as it is."""
    return {"field": field, "type": "nominal"}


def percent(share: float, digits: int = 1) -> str:
    """A share in words.

    >>> percent(0.98765), percent(0.98765, 2)
    ('98.8%', '98.77%')
    """
    return f"{share:.{digits}%}"


def bits(weight: int) -> str:
    """A match weight in bits, with a sign that does not look like a hyphen.

    >>> bits(-3000), bits(13712)
    ('−3.0', '+13.7')
    """
    return f"{weight / MILLI:+.1f}".replace("-", "−")
