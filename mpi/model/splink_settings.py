"""Our comparisons as Splink reads them, untrained or with the weights of a release.

The creators are used, and our `parameters.json`, rather than Splink's saved model, which holds the
SQL of one engine.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import splink.comparison_library as cl
from splink import SettingsCreator

from mpi.attributes import RECORD_NUMBER
from mpi.model.comparisons import COMPARISONS
from mpi.model.levels import Comparison, Level
from mpi.model.parameters import LevelParameters, Release
from mpi.model.thresholds import MILLI

# Splink tells beginners on its logger what this package knows and does on purpose (a level that was
# not observed, a comparison without a null level); without a handler that would go to stderr.
logging.getLogger("splink").addHandler(logging.NullHandler())


def level_settings(level: Level) -> dict[str, Any]:
    """A level without parameters, as the dictionary Splink takes."""
    condition = "ELSE" if level.condition is None else level.condition.sql()
    settings: dict[str, Any] = {"sql_condition": condition, "label_for_charts": level.code}
    if level.null:
        settings["is_null_level"] = True
    return settings


def comparison(
    definition: Comparison, parameters: Mapping[str, Mapping[str, Any]] | None = None
) -> cl.CustomComparison:
    """One comparison for Splink; `parameters[code]` are further settings of each scored level."""
    levels: list[Any] = [
        level_settings(level) | dict((parameters or {}).get(level.code, {}))
        for level in definition.levels
    ]
    return cl.CustomComparison(
        output_column_name=definition.name,
        comparison_description=definition.name,
        comparison_levels=levels,
    )


def settings(comparisons: Sequence[cl.CustomComparison], probability: float) -> SettingsCreator:
    """Settings for records in one table, numbered by `RECORD_NUMBER`, pairs supplied by us."""
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=RECORD_NUMBER,
        comparisons=list(comparisons),
        blocking_rules_to_generate_predictions=[],
        probability_two_random_records_match=probability,
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def release_settings(release: Release, *, levels_too: bool = False) -> SettingsCreator:
    """The settings that score with a release, to the milli-bit.

    Splink adds up log2(m/u); each level is given an m and u whose ratio is the release's weight,
    so that the sum, rounded to milli-bits, is the exact sum of whole numbers. With `levels_too`
    the level of each comparison is returned as well (`gamma_…`), for explanations and parity.
    """
    comparisons = [
        comparison(c, {code: _exact(p) for code, p in release.levels[c.name].items()})
        for c in COMPARISONS
        if c.name in release.levels
    ]
    made = settings(comparisons, probability_of(release.prior))
    # Splink returns levels only together with the columns compared
    made.retain_matching_columns = levels_too
    return made


def probability_of(weight: int) -> float:
    """The probability that a posterior weight in milli-bits stands for.

    >>> probability_of(0)
    0.5
    """
    return float(1.0 / (1.0 + 2.0 ** (-weight / MILLI)))


def _exact(level: LevelParameters) -> dict[str, float]:
    ratio = 2.0 ** (level.weight / MILLI)
    m = min(1.0, ratio)
    return {"m_probability": m, "u_probability": m / ratio}
