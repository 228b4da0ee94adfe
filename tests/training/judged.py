"""A release and its `metrics.json` as training and evaluating leave them, to draw and to judge.

The figures are made up, but hang together: the shares are those of the counts beside them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mpi.model.blocking import RULES, rule_name
from mpi.model.comparisons import COMPARISONS
from mpi.model.frequencies import Frequencies
from mpi.model.levels import Comparison
from mpi.model.parameters import LevelParameters, Release, save
from mpi.model.thresholds import Thresholds
from mpi.training.anchors import UNFITTED

TRUE_PAIRS = 156_000
GROUPS = {
    "sex": {"Female": (8_000, 0.011), "Male": (70_100, 0.008), "not stated": (40, None)},
    "ethnicity_group": {
        "Asian": (7_300, 0.0165),
        "Black": (9_900, 0.0115),
        "Chinese": (900, 0.032),
        "White": (55_000, 0.0071),
    },
    "age_band": {"under 18": (3_100, 0.012), "18-39": (45_000, 0.008), "40+": (30_000, 0.0088)},
}
BANDS = (
    (0.0, 0.5, 210, 0.31, 0.33),
    (0.5, 0.8, 480, 0.67, 0.71),
    (0.8, 0.9, 700, 0.86, 0.87),
    (0.9, 0.95, 1_900, 0.931, 0.936),
    (0.95, 0.99, 9_400, 0.977, 0.981),
    (0.99, 0.999, 61_000, 0.9958, 0.9961),
    (0.999, 1.0, 81_000, 0.9994, 0.9993),
)
CURVE = ((-9, 0.9903, 0.9942), (-6, 0.9951, 0.9931), (-3, 0.9978, 0.9913), (0, 0.9989, 0.9836))
_Z = 3.29


def release_of(
    name: str = "tried", compared: Sequence[Comparison] = COMPARISONS[:3], **thresholds: int
) -> Release:
    """A release that nobody trained: each level is worth less than the one before it."""
    weights = {
        c.name: {v.code: LevelParameters.of_bits(12.0 - 5.5 * at) for at, v in enumerate(c.scored)}
        for c in compared
    }
    trained = {"records": 81_071, "people": 20_170, "sources": {"nomis": 81_071}, "seed": 1}
    return Release(
        name=name,
        prior=-13_700,
        levels=weights,
        frequencies=Frequencies(20_170, {}),
        rules=tuple(range(5)),
        suppressed=np.empty(0, dtype=np.int64),
        thresholds=Thresholds(**thresholds),
        calibration=UNFITTED,
        trained=trained,
    )


def saved(release: Release, folder: Path, metrics: dict[str, Any] | None = None) -> Path:
    """The release in a folder of its own; without others, with the metrics of a good one."""
    folder.mkdir(parents=True)
    save(release, folder)
    found = metrics_of(release.identity) if metrics is None else metrics
    (folder / "metrics.json").write_text(json.dumps(found))
    return folder


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def metrics_of(identity: str, **changes: Any) -> dict[str, Any]:
    """The metrics of a good release; `changes` replace parts of its evaluation."""
    return {
        "trained": {"records": 81_071, "people": 20_170, "sources": {"nomis": 81_071}, "seed": 1},
        "calibration": {"provisional": False},
        "blocking": [
            {"rule": rule, "pairs": 60_000 // (at + 1), "used": at < 5}
            for at, rule in enumerate(_rules())
        ],
        "evaluation": evaluation(identity) | changes,
        "lint": [],
    }


def evaluation(identity: str) -> dict[str, Any]:
    """How the release did on other feeds."""
    tp, fp, fn = 154_643, 341, 1_357
    precision, recall = tp / (tp + fp), tp / TRUE_PAIRS
    return {
        "release": {"name": "tried", "identity": identity},
        "thresholds": {"low": -1_000, "join": 0, "average": -3_000},
        "records": 80_412,
        "persons": 20_101,
        "truth_people": 20_000,
        "accuracy": {
            "records": 80_412,
            "persons": 20_000,
            "clusters": 20_101,
            "pairs": {
                "tp": tp,
                "fp": fp,
                "fn": fn,
                "precision": precision,
                "recall": recall,
                "F1": 0.9945,
            },
            "bcubed": {"precision": 0.9985, "recall": 0.9934, "F1": 0.9959},
            "exact_persons": 19_400,
            "merged_clusters": 90,
            "split_persons": 301,
            "largest_merge": 3,
            "unlinked_rate": 0.0031,
        },
        "intervals": {
            "level": 0.95,
            "precision": _interval(precision, 0.0006),
            "recall": _interval(recall, 0.0011),
            "f1": _interval(0.9945, 0.0008),
            "bcubed_precision": _interval(0.9985, 0.0004),
            "bcubed_recall": _interval(0.9934, 0.0009),
            "bcubed_f1": _interval(0.9959, 0.0006),
        },
        "source_pairs": [],
        "groups": {name: _groups(groups) for name, groups in GROUPS.items()},
        "related": {
            "twins": {"pairs": 300, "merged": 6, "rate": 0.02, "low": 0.009, "high": 0.043},
            "siblings": {"pairs": 0, "merged": 0, "rate": 0.0, "low": 0.0, "high": 0.0},
        },
        "largest_wrong_merge": {"records": 14, "people": 3},
        "calibration": {
            "pairs": sum(band[2] for band in BANDS),
            "log_loss": 0.0121,
            "log_loss_raw": 0.0193,
            "log_loss_constant": 0.0158,
            "ece": 0.0008,
            "bands": [_band(*band) for band in BANDS],
        },
        "blocking": _blocking(),
        "curve": [
            {"average": bits * 1000, "precision": p, "recall": r, "shipped": bits == -3}
            for bits, p, r in CURVE
        ],
    }


def changed(found: dict[str, Any], *path: str | int, to: Any) -> dict[str, Any]:
    """A copy with one figure replaced."""
    copied = copy.deepcopy(found)
    inner: Any = copied
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return copied


def _interval(estimate: float, width: float) -> dict[str, float]:
    return {"estimate": estimate, "low": estimate - width, "high": min(1.0, estimate + width)}


def _groups(groups: dict[str, tuple[int, float | None]]) -> list[dict[str, Any]]:
    return [_group(name, records, rate) for name, (records, rate) in groups.items()]


def _group(name: str, records: int, missed: float | None) -> dict[str, Any]:
    figures = {
        "missed_match": (missed, 8.0),
        "false_match": (0.0022, 5.0),
        "unlinked": (0.003, 5.0),
        "calibration_gap": (0.0004, 2.0),
    }
    return {
        "group": name,
        "records": records,
        **{
            figure: None if missed is None or rate is None else _rate(rate, spread, records)
            for figure, (rate, spread) in figures.items()
        },
        "significant": missed is not None and missed > 0.015,
        "small": missed is None,
    }


def _rate(rate: float, spread: float, records: int) -> dict[str, float]:
    width = spread * (rate * (1 - rate) / records) ** 0.5
    return {"rate": rate, "low": max(0.0, rate - width), "high": rate + width}


def _band(low: float, high: float, pairs: int, mean: float, observed: float) -> dict[str, Any]:
    width = _Z * (mean * (1 - mean) / pairs) ** 0.5
    limits = [max(0.0, mean - width), min(1.0, mean + width)]
    inside = limits[0] <= observed <= limits[1]
    found = {"low": low, "high": high, "pairs": pairs, "mean": mean, "observed": observed}
    return found | {"limits": limits, "inside": inside}


def _blocking() -> dict[str, Any]:
    rules = [
        {
            "rule": rule,
            "candidates": 260_000 // (at + 1),
            "found": 140_000 // (at + 1),
            "only": 9_000 // (at * at + 1),
        }
        for at, rule in enumerate(_rules()[:5])
    ]
    return {
        "true_pairs": TRUE_PAIRS,
        "lost": 900,
        "recall": 1 - 900 / TRUE_PAIRS,
        "rules": rules,
        "groups": {
            "sex": [
                {"group": "Female", "true_pairs": 16_000, "lost": 130, "rate": 130 / 16_000},
                {"group": "Male", "true_pairs": 140_000, "lost": 770, "rate": 770 / 140_000},
            ]
        },
    }


def _rules() -> list[str]:
    return [rule_name(rule) for rule in RULES][:7]
