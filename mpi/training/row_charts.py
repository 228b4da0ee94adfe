"""The charts of a model card that have a row for each group or blocking rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mpi.training.drawing import (
    BLUE,
    GREY,
    ORANGE,
    PALE,
    Picture,
    Row,
    Spec,
    layer,
    percent,
    picture,
    quantity,
    text,
)
from mpi.training.figures import Figures

HEIGHT = 17
"""Of a row, in pixels."""

MOST_GROUPS = 45
"""Groups in one chart; the table of the card has all of them."""


def told(groups: Sequence[Figures]) -> list[Figures]:
    """The groups that are large enough for their figures to be given."""
    return [group for group in groups if not group["small"] and group["missed_match"]]


def subgroups(judged: Figures) -> Picture:
    """Missed and false matches of every group that is large enough, with intervals."""
    rows = list(_group_rows(judged["groups"]))
    pairs = judged["accuracy"]["pairs"]
    missed, false = 1 - pairs["recall"], 1 - pairs["precision"]
    panels = [
        names(rows, 190),
        _rates(rows, "missed", missed, "Missed matches, share of true pairs"),
        _rates(rows, "false", false, "False matches, share of pairs found"),
    ]
    return picture(
        "subgroups",
        {"hconcat": panels, "spacing": 14},
        finding=_most_missed(rows, missed),
        note="With 95% intervals. The dashed lines are everybody together. A filled diamond marks a"
        " group that fares differently by more than chance.",
    )


def _group_rows(by_column: Mapping[str, Sequence[Figures]]) -> Iterator[Row]:
    """A heading for each column and a row for each of its groups; the worst where too many."""
    rates = [g["missed_match"]["rate"] for groups in by_column.values() for g in told(groups)]
    least = sorted(rates, reverse=True)[:MOST_GROUPS][-1]
    for column, groups in by_column.items():
        shown = [group for group in told(groups) if group["missed_match"]["rate"] >= least]
        if shown:
            yield {"name": column.replace("_", " "), "heading": True}
        for group in shown:
            yield {
                "name": group["group"],
                "column": column.replace("_", " "),
                "heading": False,
                "differs": bool(group["significant"]),
                "missed": group["missed_match"],
                "false": group["false_match"],
            }


def _most_missed(rows: Sequence[Row], whole: float) -> str:
    differing = [
        row
        for row in rows
        if not row["heading"] and row["differs"] and row["missed"]["rate"] > whole
    ]
    if not differing:
        return f"No group surely misses more than the {_small(whole)} missed overall"
    worst = max(differing, key=lambda row: float(row["missed"]["rate"]))
    rates = f"{_small(worst['missed']['rate'])} against {_small(whole)} overall"
    return f"Missed most: {worst['column']} {worst['name']}, {rates}"


def _small(share: float) -> str:
    """A share that may be a small part of a per cent."""
    return percent(share, 1 if share >= 0.01 else 2)


def _rates(rows: Sequence[Row], figure: str, whole: float, title: str) -> Spec:
    """One panel: a rate with its interval in each row, and that of everybody.

    The interval of a small group may be many times as wide as all others; such a one ends in an
    arrow at the edge, with its bound as a number.
    """
    found = {at: row[figure] for at, row in enumerate(rows) if not row["heading"] and row[figure]}
    edge = _edge([whole, *(each["rate"] for each in found.values())], found.values())
    shown = [
        {
            "row": at,
            "differs": rows[at]["differs"],
            "rate": each["rate"],
            "low": each["low"],
            "high": min(each["high"], edge),
            "label": f"→ {_small(each['high'])}" if each["high"] > edge else "",
        }
        for at, each in found.items()
    ]
    axis = {"format": ".1%" if edge > 0.02 else ".2%", "tickCount": 5}
    rate = quantity("rate", title=title, axis=axis, scale={"domain": [0, edge], "nice": False})
    y = row_axis(rows)
    at = {"y": y, "x": rate}
    span = {"y": y, "x": rate | {"field": "low"}, "x2": {"field": "high"}}
    cut = {"y": y, "x": rate | {"field": "high"}, "text": text("label")}
    alike = [row for row in shown if not row["differs"]]
    different = [row for row in shown if row["differs"]]
    wide = [row for row in shown if row["label"]]
    layers = [
        layer([{"rate": whole}], "rule", {"x": rate}, color=GREY, strokeDash=[4, 3]),
        layer(shown, "rule", span, color=BLUE, strokeWidth=2),
        layer(alike, "point", at, size=45, color=BLUE, fill="white"),
        layer(different, "point", at, size=80, shape="diamond", filled=True, color=ORANGE),
        layer(wide, "text", cut, align="right", dy=-7, fontSize=9),
    ]
    return {"layer": layers, "width": 265, "height": len(rows) * HEIGHT}


def _edge(rates: Sequence[float], found: Iterable[Figures]) -> float:
    """Where the axis ends: beyond every rate and most intervals."""
    highs = sorted(each["high"] for each in found)
    most = highs[int(0.75 * (len(highs) - 1))] if highs else 0.0
    return max(1.3 * max(rates), 1.5 * most, 0.001)


def blocking(metrics: Figures) -> Picture:
    """What each blocking rule finds, what would be lost without it, and what it costs."""
    judged = (metrics.get("evaluation") or {}).get("blocking")
    return _loss_and_cost(judged) if judged else _cost(metrics["blocking"])


def _loss_and_cost(judged: Figures) -> Picture:
    total = max(judged["true_pairs"], 1)
    rows = [
        {
            "name": rule["rule"],
            "heading": False,
            "found": rule["found"] / total,
            "only": rule["only"] / total,
            "candidates": rule["candidates"],
        }
        for rule in sorted(judged["rules"], key=lambda rule: (-rule["found"], rule["rule"]))
    ]
    panels = [
        names(rows, 240),
        _bars(rows, "found", "True pairs it finds", color=BLUE),
        _bars(rows, "only", "True pairs lost without it", color=ORANGE),
        _bars(rows, "candidates", "Pairs it makes us compare", color=GREY),
    ]
    lost = percent(judged["lost"] / total, 2)
    most = percent(max((row["found"] for row in rows), default=0.0))
    return picture(
        "blocking",
        {"hconcat": panels, "spacing": 14},
        finding=f"Blocking loses {lost} of the true pairs; no rule alone finds more than {most}",
        note="Most pairs are found by several rules. One without which nothing is lost only costs.",
    )


def _cost(rules: Sequence[Figures]) -> Picture:
    rows = [
        {"name": rule["rule"], "heading": False, "pairs": rule["pairs"], "used": rule["used"]}
        for rule in sorted(rules, key=lambda rule: (not rule["used"], -rule["pairs"], rule["rule"]))
    ]
    used = sum(row["used"] for row in rows)
    panels = [names(rows, 240), _bars(rows, "pairs", "Pairs to compare", color=BLUE, width=420)]
    return picture(
        "blocking",
        {"hconcat": panels, "spacing": 14},
        finding=f"{used} of {len(rows)} blocking rules found matches worth their cost",
        note="Candidate pairs of each rule on the training feeds. Pale bars, below the others:"
        " rules that were not taken.",
    )


def _bars(rows: Sequence[Row], figure: str, title: str, *, color: str, width: int = 165) -> Spec:
    """One panel: a bar with its number in each row; pale where the row is not `used`."""
    shown = [
        {
            "row": at,
            "value": row[figure],
            "label": f"{row[figure]:,}" if isinstance(row[figure], int) else percent(row[figure]),
            "color": color if row.get("used", True) else PALE,
        }
        for at, row in enumerate(rows)
    ]
    most = max((row["value"] for row in shown), default=0) or 1
    value = quantity("value", scale={"domain": [0, most * 1.4], "nice": False})
    at = {"y": row_axis(rows), "x": value}
    layers = [
        layer(shown, "bar", at | {"color": {**text("color"), "scale": None}}, height=11),
        layer(shown, "text", at | {"text": text("label")}, align="left", dx=4),
    ]
    head = {"text": title, "fontSize": 11, "fontWeight": "normal", "offset": 6}
    return {"layer": layers, "width": width, "height": len(rows) * HEIGHT, "title": head}


def names(rows: Sequence[Row], width: int) -> Spec:
    """The panel that names the rows; headings are bold, what is under one is indented."""
    headed = any(row["heading"] for row in rows)
    layers = []
    for heading, indent, weight in ((True, 0, "bold"), (False, 12 if headed else 0, "normal")):
        shown = [
            {"row": at, "name": row["name"]}
            for at, row in enumerate(rows)
            if row["heading"] is heading
        ]
        at = {"y": row_axis(rows), "x": {"value": indent}, "text": text("name")}
        style = {"align": "left", "limit": width - indent, "fontWeight": weight}
        layers.append(layer(shown, "text", at, **style))
    return {"layer": layers, "width": width, "height": len(rows) * HEIGHT}


def row_axis(rows: Sequence[Row]) -> Spec:
    """The vertical place of a row, the first at the top, without an axis of its own."""
    return {
        "field": "row",
        "type": "ordinal",
        "axis": None,
        "scale": {"domain": list(range(len(rows)))},
    }
