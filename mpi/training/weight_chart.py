"""The chart of what agreement is worth: every level of every comparison of a release, in bits."""

from __future__ import annotations

from collections.abc import Sequence

from mpi.model.comparisons import COMPARISONS
from mpi.model.levels import Comparison
from mpi.model.parameters import Release
from mpi.model.thresholds import MILLI
from mpi.training.drawing import (
    BLUE,
    GREY,
    ORANGE,
    Picture,
    Row,
    Spec,
    bits,
    layer,
    picture,
    quantity,
    text,
)
from mpi.training.row_charts import HEIGHT, names, row_axis


def match_weights(release: Release) -> Picture:
    """The weight of every level, in two columns of about the same length."""
    blocks = [_rows(each, release) for each in COMPARISONS if each.name in release.levels]
    columns = [rows for rows in _two_columns(blocks) if rows]
    levels = [row for rows in columns for row in rows if not row["heading"]]
    most = max(abs(row["bits"]) for row in levels)
    return picture(
        "match_weights",
        {"hconcat": [_column(rows, most) for rows in columns], "spacing": 18},
        finding=_strongest(levels),
        note="Bits that each level adds to the match weight of a pair. Bars to the right (+) speak"
        " for one person, bars to the left (−) against. The first level that holds counts.",
    )


def _rows(comparison: Comparison, release: Release) -> list[Row]:
    """A heading, and the levels of the comparison."""
    levels = release.levels[comparison.name]
    rows: list[Row] = [{"name": comparison.name, "heading": True}]
    for level in comparison.scored:
        weight = levels[level.code].weight
        rows.append(
            {
                "name": level.sentence,
                "heading": False,
                "comparison": comparison.name,
                "bits": weight / MILLI,
                "label": bits(weight),
            }
        )
    return rows


def _two_columns(blocks: Sequence[list[Row]]) -> list[list[Row]]:
    """The blocks in order, parted where the longer column is shortest."""
    sizes = [len(block) for block in blocks]
    longer = [max(sum(sizes[:at]), sum(sizes[at:])) for at in range(len(sizes) + 1)]
    at = longer.index(min(longer))
    return [[row for block in part for row in block] for part in (blocks[:at], blocks[at:])]


def _column(rows: Sequence[Row], most: float) -> Spec:
    shown = [
        {
            "row": at,
            "bits": row["bits"],
            "label": row["label"],
            "color": BLUE if row["bits"] >= 0 else ORANGE,
        }
        for at, row in enumerate(rows)
        if not row["heading"]
    ]
    weight = quantity("bits", scale={"domain": [-1.35 * most, 1.35 * most], "nice": False})
    at = {"y": row_axis(rows), "x": weight}
    named = at | {"text": text("label")}
    right, left = ([row for row in shown if (row["bits"] >= 0) is up] for up in (True, False))
    layers = [
        layer(shown, "bar", at | {"color": {**text("color"), "scale": None}}, height=11),
        layer([{"bits": 0}], "rule", {"x": weight}, color=GREY),
        layer(right, "text", named, align="left", dx=3),
        layer(left, "text", named, align="right", dx=-3),
    ]
    bars = {"layer": layers, "width": 200, "height": len(rows) * HEIGHT}
    return {"hconcat": [names(rows, 285), bars], "spacing": 4}


def _strongest(levels: Sequence[Row]) -> str:
    best, worst = (pick(levels, key=lambda row: float(row["bits"])) for pick in (max, min))
    return (
        f"Strongest for one person: {best['comparison']}, {best['name']} ({best['label']} bits);"
        f" against: {worst['comparison']}, {worst['name']} ({worst['label']} bits)"
    )
