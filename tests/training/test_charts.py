"""Charts say in their titles what there is to see, and leave out what nobody could read."""

from __future__ import annotations

import re

import pytest

from mpi.model.comparisons import COMPARISONS
from mpi.training.charts import pictures, precision_recall, reliability
from mpi.training.row_charts import MOST_GROUPS, blocking, subgroups
from mpi.training.weight_chart import match_weights
from tests.training.judged import changed, evaluation, metrics_of, release_of

JUDGED = evaluation("tried")
CALIBRATION = JUDGED["calibration"]
ORANGE = 'fill="#D55E00"'


def with_bands(*outside):
    """The calibration with some bands outside their limits: number to share observed."""
    found = CALIBRATION
    for at, observed in outside:
        found = changed(found, "bands", at, "observed", to=observed)
        found = changed(found, "bands", at, "inside", to=False)
    return found


@pytest.mark.parametrize(
    ("bands", "finding"),
    [
        ((), "Confidence holds in all 7 bands"),
        (((0, 0.6),), "Confidence is too low in 1 of 7 bands, with 0.1% of the pairs"),
        (((6, 0.99),), "Confidence is too high in 1 of 7 bands, with 52.4% of the pairs"),
        (((0, 0.6), (6, 0.99)), "Confidence is off in 2 of 7 bands"),
    ],
)
def test_the_title_says_whether_confidence_holds(bands, finding):
    drawn = reliability(with_bands(*bands))
    assert drawn.alt.startswith(finding)
    assert len(re.findall(ORANGE, drawn.svg)) == len(bands)


def test_bands_without_pairs_and_certain_bands_can_be_drawn():
    found = changed(CALIBRATION, "bands", 0, "pairs", to=0)
    found = changed(found, "bands", 6, "observed", to=1.0)
    found = changed(found, "bands", 6, "limits", to=[0.9, 1.0])
    drawn = reliability(found)
    assert drawn.alt.startswith("Confidence holds in all 6 bands")
    assert "NaN" not in drawn.svg
    assert "Infinity" not in drawn.svg


def test_the_shipped_threshold_is_marked_and_named():
    drawn = precision_recall(JUDGED["curve"])
    assert drawn.alt.startswith("At the shipped threshold (−3.0 bits) 99.78% of the pairs found")
    assert len(re.findall(ORANGE, drawn.svg)) == 1
    assert re.search(r'font-weight="bold"[^>]*>−3.0<', drawn.svg)


def test_points_that_lie_on_each_other_are_not_all_labelled():
    near = [{**JUDGED["curve"][0], "average": -9_000 - at} for at in range(5)]
    drawn = precision_recall([*near, *JUDGED["curve"][1:]])
    assert drawn.svg.count(">−9.0<") == 1


def test_the_worst_of_the_groups_that_surely_differ_is_named():
    assert subgroups(JUDGED).alt.startswith(
        "Missed most: ethnicity group Chinese, 3.2% against 0.87% overall"
    )
    calm = JUDGED
    for column, groups in JUDGED["groups"].items():
        for at in range(len(groups)):
            calm = changed(calm, "groups", column, at, "significant", to=False)
    assert subgroups(calm).alt.startswith("No group surely misses more than the 0.87%")
    assert ORANGE not in subgroups(calm).svg


def test_an_interval_far_wider_than_the_others_ends_in_an_arrow():
    wide = changed(JUDGED, "groups", "sex", 0, "missed_match", "high", to=0.9)
    assert "→ 90.0%" in subgroups(wide).svg
    assert "→" not in subgroups(changed(wide, "groups", to={"sex": wide["groups"]["sex"][1:]})).svg


def test_of_too_many_groups_the_worst_are_drawn():
    one = JUDGED["groups"]["sex"][0]
    many = [
        {**one, "group": f"group {at}", "missed_match": {**one["missed_match"], "rate": at / 1000}}
        for at in range(MOST_GROUPS + 20)
    ]
    drawn = subgroups(changed(JUDGED, "groups", to={"nationality": many})).svg
    assert f">group {MOST_GROUPS + 19}<" in drawn
    assert ">group 19<" not in drawn
    assert drawn.count(">group ") == MOST_GROUPS


def test_blocking_shows_loss_where_it_is_known_and_cost_otherwise():
    metrics = metrics_of("tried")
    assert blocking(metrics).alt.startswith("Blocking loses 0.58% of the true pairs")
    del metrics["evaluation"]
    assert blocking(metrics).alt.startswith("5 of 7 blocking rules found matches worth their cost")


def test_the_strongest_level_either_way_is_named():
    release = release_of(compared=COMPARISONS)
    drawn = match_weights(release)
    assert "(+12.0 bits)" in drawn.alt
    weights = [level.weight for levels in release.levels.values() for level in levels.values()]
    assert f"(−{-min(weights) / 1000:.1f} bits)" in drawn.alt
    assert len(re.findall(ORANGE, drawn.svg)) == sum(weight < 0 for weight in weights)


@pytest.mark.parametrize("missing", ["curve", "calibration", "groups", "blocking"])
def test_what_was_not_judged_is_not_drawn(missing):
    metrics = changed(metrics_of("tried"), "evaluation", missing, to=None)
    metrics["evaluation"]["groups"] = metrics["evaluation"]["groups"] or {}
    chart = {"curve": "precision_recall", "calibration": "reliability", "groups": "subgroups"}
    names = [drawn.name for drawn in pictures(release_of(), metrics)]
    assert f"{chart.get(missing)}.svg" not in names
    assert "match_weights.svg" in names
