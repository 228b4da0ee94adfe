"""The m of every comparison level by Splink, without labels, and the weights that follow.

m is the share of pairs of one person at a level: expectation maximisation over several blocks. u,
the share of pairs of different people, is held fixed in it: counted in `mpi.training.different`, or
for an identifier, where nearly every agreement is a match, set by rule.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from mpi.errors import UnusableModel
from mpi.model.comparisons import COMPARISONS
from mpi.model.levels import Comparison, Learning
from mpi.model.parameters import LevelParameters
from mpi.model.splink_settings import comparison, settings
from mpi.model.thresholds import MILLI

Shares: TypeAlias = Mapping[str, Mapping[str, float]]
"""A probability for each level of each comparison, by comparison name and level code."""

WRONG_IDENTIFIERS = 0.004
"""Share of a system's values that stand on a record of somebody else: keying slips, copied values.

Two records that share a value are different people about this often, whatever the population, so
u(shared) is this share of the prior (population page of the design: .2% wrong, .1% placeholders,
plus shared and superseded ones).
"""

SHARED_BY_KIND: Mapping[str, float] = {
    "id_driving_licence": 0.02,
    "id_local_patient_id": 0.01,
    "id_ndtms_client_reference": 0.01,
}
"""Systems whose values are less of a proof: made from name and birth date, or reused locally."""

EM_BLOCKS: tuple[tuple[str, ...], ...] = (
    ("birth_date",),
    ("given_name", "family_name"),
    ("list_min(id_nhs_number)",),
)

EM_ITERATIONS = (25, 10, 4)

_LEAST_M = 1e-4
_RARELY = 1e-5


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to sample: pairs for u, pairs per block for m."""

    u_pairs: float = 2e6
    em_pairs: float = 1e6
    seed: int = 1

    def divided_by(self, share: int) -> Effort:
        """The same with so many times fewer pairs."""
        return replace(self, u_pairs=self.u_pairs / share, em_pairs=self.em_pairs / share)


def usable(con: duckdb.DuckDBPyConnection, table: str) -> list[Comparison]:
    """The comparisons with data: for which two records or more have something to compare."""
    columns = [name for c in COMPARISONS for name in c.attributes()]
    counts = ", ".join(f'count("{name}")' for name in columns)
    [row] = con.execute(f"SELECT {counts} FROM {table}").fetchall()
    filled = dict(zip(columns, row, strict=True))
    return [c for c in COMPARISONS if _needed(c) and max(filled[n] for n in _needed(c)) >= 2]


def _needed(definition: Comparison) -> list[str]:
    null = [level.condition for level in definition.levels if level.null and level.condition]
    return [name for condition in null for name in condition.attributes()] or ["birth_dates"]


def identifier_u(wanted: Sequence[Comparison], prior: float) -> Shares:
    """u of the identifier comparisons, by rule: the prior times the share of wrong values."""
    shared = {
        c.name: prior * SHARED_BY_KIND.get(c.name, WRONG_IDENTIFIERS)
        for c in wanted
        if c.learning is Learning.IDENTIFIER
    }
    return {name: {"shared": u, "other": 1.0 - u} for name, u in shared.items()}


def fixed(wanted: Sequence[Comparison]) -> dict[str, dict[str, LevelParameters]]:
    """Parameters of the comparisons whose weights are set in their definition."""
    return {
        c.name: {level.code: LevelParameters.of_bits(level.bits) for level in c.scored}
        for c in wanted
        if c.learning is Learning.FIXED
    }


def learn_m(
    con: duckdb.DuckDBPyConnection, wanted: Sequence[Comparison], u: Shares, effort: Effort
) -> Shares:
    """m of the learned and identifier comparisons by EM over the table `compared`, u held fixed.

    Each block teaches the comparisons that it does not fix; what several teach is averaged.
    """
    sessions = [
        _session(con, block, wanted, u, effort) for block in EM_BLOCKS if has_pairs(con, block)
    ]
    return {
        c.name: {level.code: _mean_m(sessions, c.name, level.code) for level in c.scored}
        for c in wanted
        if c.learning is not Learning.FIXED
    }


def _mean_m(sessions: Sequence[Shares], comparison: str, code: str) -> float:
    taught = [session[comparison] for session in sessions if comparison in session]
    return max(sum(m.get(code, 0.0) for m in taught) / max(len(taught), 1), _LEAST_M)


def _session(
    con: duckdb.DuckDBPyConnection,
    block: tuple[str, ...],
    wanted: Sequence[Comparison],
    u: Shares,
    effort: Effort,
) -> Shares:
    """What EM learns from the pairs that agree on a block, by comparison.

    A level that no match is at decays geometrically; Splink refuses one that underflows. Then
    fewer iterations are made, after which everything else has long settled.
    """
    for iterations in EM_ITERATIONS:
        made = settings([comparison(c, _for_em(c, u)) for c in wanted], 1e-4)
        made.max_iterations = iterations
        linker = _linker(con, "compared", made)
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*block), max_pairs=effort.em_pairs
            )
        except ValueError:
            continue
        return _learned_m(linker)
    raise UnusableModel(
        "Expectation maximisation does not settle on these feeds.", block=", ".join(block)
    )


def _learned_m(linker: Linker) -> Shares:
    """The m of the comparisons that were trained: that have one at some level."""
    found = {
        name: {
            code: float(values["m_probability"])
            for code, values in levels.items()
            if "m_probability" in values
        }
        for name, levels in _trained(linker).items()
    }
    return {name: levels for name, levels in found.items() if levels}


def _linker(con: duckdb.DuckDBPyConnection, table: str, made: SettingsCreator) -> Linker:
    # a new API each time: a second linker on one silently reuses what the first one computed
    api = DuckDBAPI(connection=con)
    return Linker(
        api.register(table, dataset_display_name=table),
        made,
        log_level=None,
        validate_settings=False,
    )


def _for_em(definition: Comparison, u: Shares) -> dict[str, dict[str, float | bool]]:
    if definition.learning is Learning.FIXED:
        return {
            code: {
                "m_probability": p.m,
                "u_probability": p.u,
                "fix_m_probability": True,
                "fix_u_probability": True,
            }
            for code, p in fixed([definition])[definition.name].items()
        }
    return {
        code: {"u_probability": share, "fix_u_probability": True}
        for code, share in u[definition.name].items()
    }


def has_pairs(con: duckdb.DuckDBPyConnection, block: tuple[str, ...]) -> bool:
    """Whether any two records of the table `compared` agree on a block."""
    columns = ", ".join(block)
    present = " AND ".join(f"{name} IS NOT NULL" for name in block)
    found = con.execute(
        f"SELECT 1 FROM compared WHERE {present} GROUP BY {columns} HAVING count(*) > 1 LIMIT 1"
    ).fetchall()
    return bool(found)


def _trained(linker: Linker) -> dict[str, dict[str, dict[str, float]]]:
    model = linker.misc.save_model_to_json()
    return {
        c["output_column_name"]: {
            level["label_for_charts"]: level
            for level in c["comparison_levels"]
            if not level.get("is_null_level")
        }
        for c in model["comparisons"]
    }


def weights(
    wanted: Sequence[Comparison], m: Shares, u: Shares
) -> dict[str, dict[str, LevelParameters]]:
    """Parameters of every comparison: m, u and log2(m/u) in milli-bits.

    No level weighs more than the strongest agreement of its comparison, the first level: a sparse
    level can learn any weight, and a variant of a name is never better evidence than the name. A
    level that was hardly ever seen, among matches or others, weighs what the next weaker one does.
    """
    found = fixed(wanted)
    for definition in wanted:
        if definition.name not in found:
            found[definition.name] = _weighed(definition, m[definition.name], u[definition.name])
    return {c.name: found[c.name] for c in wanted}


def _weighed(
    definition: Comparison, m: Mapping[str, float], u: Mapping[str, float]
) -> dict[str, LevelParameters]:
    codes = [level.code for level in definition.scored]
    raw = {code: math.log2(m[code] / u[code]) for code in codes}
    seen = [code for code in codes if m[code] > _LEAST_M or u[code] > _RARELY]
    top = raw[seen[0]] if seen else 0.0
    weight = 0.0
    found: dict[str, LevelParameters] = {}
    for code in reversed(codes):
        weight = min(raw[code], top) if code in seen else weight
        found[code] = LevelParameters(_rounded(m[code]), _rounded(u[code]), round(weight * MILLI))
    return {code: found[code] for code in codes}


def _rounded(share: float) -> float:
    """Seven significant digits: what repeats from run to run with one seed."""
    return float(f"{share:.6e}")
