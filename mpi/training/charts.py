"""The charts of a model card; here all of them, and the two that are curves.

Each function takes the release or a part of its `metrics.json` and draws one chart, whose title
says what there is to see. Those with a row for each thing they show are in `row_charts` and
`weight_chart`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mpi.model.parameters import Release
from mpi.training.drawing import (
    BLUE,
    GREY,
    ORANGE,
    PALE,
    Picture,
    Row,
    Spec,
    bits,
    layer,
    percent,
    picture,
    quantity,
    text,
)
from mpi.training.figures import Figures
from mpi.training.row_charts import blocking, subgroups, told
from mpi.training.weight_chart import match_weights

_APART = 0.06
"""Points closer than this share of both axes cannot both be labelled."""


def pictures(release: Release, metrics: Figures) -> Iterator[Picture]:
    """All the charts there are figures for, in the order of the card."""
    judged = metrics.get("evaluation") or {}
    if judged.get("curve"):
        yield precision_recall(judged["curve"])
    if (judged.get("calibration") or {}).get("bands"):
        yield reliability(judged["calibration"])
    if any(told(groups) for groups in judged.get("groups", {}).values()):
        yield subgroups(judged)
    if metrics.get("blocking") or judged.get("blocking"):
        yield blocking(metrics)
    if release.levels:
        yield match_weights(release)


def precision_recall(curve: Sequence[Figures]) -> Picture:
    """Precision and recall at values of the threshold `average` around the shipped one."""
    points = sorted(curve, key=lambda point: int(point["average"]))
    rows = [{**point, "label": bits(point["average"])} for point in points]
    shipped = [row for row in rows if row["shipped"]]
    at = {
        "x": _share("recall", rows, "Recall: share of the true pairs that were found"),
        "y": _share("precision", rows, "Precision: share of the pairs found that are true"),
    }
    named = at | {"text": text("label")}
    order = {"field": "average", "type": "quantitative"}
    layers = [
        layer(rows, "line", at | {"order": order}, color=BLUE),
        layer(rows, "point", at, filled=True, size=40, color=BLUE),
        layer(_apart(rows), "text", named, align="right", dx=-7, dy=7),
        layer(shipped, "point", at, filled=True, shape="diamond", size=240, color=ORANGE),
        layer(shipped, "text", named, align="right", dx=-11, dy=9, fontWeight="bold"),
    ]
    return picture(
        "precision_recall",
        {"layer": layers, "width": 640, "height": 320},
        finding=_at_shipped(shipped),
        note="Each point clusters the same links with another value of the threshold ‘average’, in"
        " bits; the diamond is the value that ships. Right and up is better.",
    )


def _at_shipped(shipped: Sequence[Figures]) -> str:
    if len(shipped) != 1:
        return "Precision and recall around the shipped threshold"
    [point] = shipped
    return (
        f"At the shipped threshold ({point['label']} bits) {percent(point['precision'], 2)} of the"
        f" pairs found are true, and {percent(point['recall'], 2)} of the true pairs are found"
    )


def _share(field: str, rows: Sequence[Row], title: str) -> Spec:
    """An axis of shares that spans what there is, with a margin."""
    values = [row[field] for row in rows]
    low, high = min(values), max(values)
    margin = max(high - low, 0.001) * 0.12
    return quantity(
        field,
        title=title,
        scale={"domain": [low - margin, min(high + margin, 1.0)], "nice": False},
        axis={"format": ".1%" if high - low > 0.01 else ".2%", "tickCount": 6},
    )


def _apart(rows: Sequence[Row]) -> list[Row]:
    """The points, but the shipped one, that are far enough from each other to be labelled."""
    spans = {
        name: (max(row[name] for row in rows) - min(row[name] for row in rows)) or 1.0
        for name in ("precision", "recall")
    }
    kept = [row for row in rows if row["shipped"]]
    for row in rows:
        gaps = [
            max(abs(row[name] - other[name]) / span for name, span in spans.items())
            for other in kept
        ]
        if min(gaps, default=1.0) > _APART:
            kept.append(row)
    return [row for row in kept if not row["shipped"]]


def reliability(calibration: Figures) -> Picture:
    """Stated confidence against the share observed, on axes that stretch towards certainty."""
    rows = _band_rows([band for band in calibration["bands"] if band["pairs"]])
    every = [row[name] for row in rows for name in ("x", "y", "low", "high")]
    ends = [min(every) - 0.5, max(every) + 0.3]
    stated = _stretched("x", ends, "Confidence stated, mean of the band")
    seen = _stretched("y", ends, "Share of these pairs that are one person")
    limits = {"x": stated, "y": seen | {"field": "low"}, "y2": {"field": "high"}}
    at = {"x": stated, "y": seen}
    below = {"x": stated, "y": seen | {"field": "lowest"}, "text": text("label")}
    inside, outside = ([row for row in rows if row["inside"] is is_in] for is_in in (True, False))
    layers = [
        layer(rows, "rule", limits, strokeWidth=12, color=PALE),
        layer([{"x": e, "y": e} for e in ends], "line", at, color=GREY, strokeDash=[5, 4]),
        layer(inside, "point", at, filled=True, size=70, color=BLUE),
        layer(outside, "point", at, filled=True, size=150, shape="cross", color=ORANGE),
        layer(rows, "text", below, dy=14, fontSize=10),
    ]
    return picture(
        "reliability",
        {"layer": layers, "width": 560, "height": 380},
        finding=_reliable(calibration, rows),
        note="A dot on the dashed line is a confidence that held. Grey bars are what chance allows,"
        " a cross lies outside them. Numbers: pairs of records in the band.",
    )


def _stretched(field: str, ends: Sequence[float], title: str) -> Spec:
    """An axis on the log-odds of a probability, labelled with the probability."""
    marks = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
    axis = {
        "values": [_log_odds(p) for p in marks],
        "labelExpr": "format(round(1e6 / (1 + pow(10, -datum.value))) / 1e6, '.4~%')",
    }
    return quantity(field, title=title, scale={"domain": ends, "nice": False}, axis=axis)


def _band_rows(bands: Sequence[Figures]) -> list[Row]:
    """Each band on the stretched axes; what is certain is drawn at their ends."""
    told = [p for band in bands for p in (band["mean"], *band["limits"]) if 0 < p < 1]
    least, most = min(told, default=0.5), max(told, default=0.5)
    rows = []
    for band in bands:
        places = (band["mean"], band["observed"], *band["limits"])
        x, y, low, high = (_log_odds(min(max(p, least), most)) for p in places)
        rows.append(
            {
                "x": x,
                "y": y,
                "low": low,
                "high": high,
                "lowest": min(y, low),
                "inside": bool(band["inside"]),
                "label": f"{band['pairs']:,}",
                "pairs": band["pairs"],
            }
        )
    return rows


def _log_odds(p: float) -> float:
    """Log10 of the odds."""
    return round(math.log10(p / (1.0 - p)), 6)


def _reliable(calibration: Figures, rows: Sequence[Row]) -> str:
    outside = [row for row in rows if not row["inside"]]
    off = f"mean gap {calibration['ece'] * 100:.2f} points"
    if not outside:
        return f"Confidence holds in all {len(rows)} bands ({off})"
    over = sum(row["y"] < row["x"] for row in outside)
    way = {0: "too low", len(outside): "too high"}.get(over, "off")
    share = sum(row["pairs"] for row in outside) / sum(row["pairs"] for row in rows)
    return (
        f"Confidence is {way} in {len(outside)} of {len(rows)} bands, with {percent(share)} of the"
        f" pairs ({off})"
    )
