"""What blocking loses and what it costs, by rule: a pair that no rule finds is never compared.

A lost pair may still end in one person, through a third record; but nothing else can save it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from mpi.attributes import RECORD_NUMBER
from mpi.linking.batch import live_keys
from mpi.linking.engines.duckdb import Limits, connection, store_keys
from mpi.model.blocking import RULE_BITS, RULES, rule_name
from mpi.model.parameters import Release
from mpi.training.breakdown import groups_of
from mpi.training.intervals import Floats
from mpi.training.metrics import Ints, share
from mpi.training.small_groups import withheld


@dataclass(frozen=True, slots=True)
class RuleYield:
    """What one rule gives: `candidates` pairs to compare, of which `found` are true ones.

    `only` of those are found by no other rule.
    """

    rule: str
    candidates: int
    found: int
    only: int


@dataclass(frozen=True, slots=True)
class GroupLoss:
    """The true pairs of a group, and how many of them are lost; a pair is half with each record."""

    group: str
    true_pairs: float
    lost: float

    @property
    def rate(self) -> float:
        """Share of the group's true pairs that are lost; 0 when there are none."""
        return self.lost / self.true_pairs if self.true_pairs else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {**asdict(self), "rate": self.rate}


@dataclass(frozen=True, slots=True)
class BlockingLoss:
    """How many of the true pairs no rule finds.

    Groups of few people are left out, and any that would give these away (`small_groups`).
    """

    true_pairs: int
    lost: int
    rules: tuple[RuleYield, ...]
    groups: Mapping[str, tuple[GroupLoss, ...]]

    @property
    def recall(self) -> float:
        """Share of the true pairs that some rule finds; 1 when there are none."""
        return share(self.true_pairs - self.lost, self.true_pairs)

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "true_pairs": self.true_pairs,
            "lost": self.lost,
            "recall": self.recall,
            "rules": [asdict(rule) for rule in self.rules],
            "groups": {name: [g.as_dict() for g in groups] for name, groups in self.groups.items()},
        }


def blocking_loss(
    keys: pa.Table,
    person: Ints,
    *,
    rules: Mapping[int, str],
    columns: Mapping[str, Any],
    limits: Limits,
) -> BlockingLoss:
    """The loss among records whose person is known.

    Args: keys, a table `key, record_no` of all records with record numbers from 0; person, the
    code of the true person by record number, -1 where it is not known; rules, names by number;
    columns, one value per record number.
    """
    known = np.flatnonzero(person >= 0)
    size = np.bincount(person[known])
    true_pairs = np.zeros(len(person))
    true_pairs[known] = (size[person[known]] - 1) / 2
    with connection(limits) as con:
        store_keys(con, keys)
        candidates = _candidates_by_rule(con, list(rules))
        _store_found(con, known, person[known])
        found = _by_rules(con)
        lost = true_pairs - _found_by_record(con, len(person))
    return BlockingLoss(
        true_pairs=round(float(true_pairs.sum())),
        lost=round(float(lost.sum())),
        rules=tuple(
            RuleYield(name, candidates[number], *_yield(found, number))
            for number, name in rules.items()
        ),
        groups={
            name: _groups(column, person, true_pairs, lost) for name, column in columns.items()
        },
    )


def blocking_cost(
    rows: pa.Table, release: Release, limits: Limits | None = None
) -> list[dict[str, Any]]:
    """What every rule costs on some feeds, whether the release uses it or not.

    Args: rows, standardised. Returns for each rule its name, `pairs` (the candidates it gives,
    without suppressed keys) and `used`, ready for JSON.
    """
    with connection(limits or Limits()) as con:
        store_keys(con, live_keys(rows, replace(release, rules=tuple(range(len(RULES))))))
        pairs = _candidates_by_rule(con, range(len(RULES)))
    return [
        {"rule": rule_name(rule), "pairs": pairs[number], "used": number in release.rules}
        for number, rule in enumerate(RULES)
    ]


def _candidates_by_rule(con: duckdb.DuckDBPyConnection, rules: Iterable[int]) -> dict[int, int]:
    """How many pairs of records share a key of each rule."""
    found = {}
    for number in rules:
        con.execute(
            "CREATE OR REPLACE TEMP TABLE of_rule AS FROM blocking_key"
            f" WHERE key & {RULE_BITS} = {number}"
        )
        [(found[number],)] = con.execute(
            f"SELECT count(*) FROM (SELECT DISTINCT l.{RECORD_NUMBER}, r.{RECORD_NUMBER}"
            " FROM of_rule l JOIN of_rule r"
            f" ON l.key = r.key AND l.{RECORD_NUMBER} < r.{RECORD_NUMBER})"
        ).fetchall()
    return found


def _store_found(con: duckdb.DuckDBPyConnection, known: Ints, person: Ints) -> None:
    """Make the table `found` of the true pairs that share a key, with their rules as bits."""
    con.register("known", pa.table({RECORD_NUMBER: known, "person": person}))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE known_key AS FROM blocking_key"
        f" JOIN known USING ({RECORD_NUMBER})"
    )
    con.unregister("known")
    con.execute(
        "CREATE OR REPLACE TEMP TABLE found AS SELECT"
        f' l.{RECORD_NUMBER} AS "left", r.{RECORD_NUMBER} AS "right",'
        f" bit_or(1::BIGINT << (l.key & {RULE_BITS})) AS rules"
        " FROM known_key l JOIN known_key r ON l.person = r.person AND l.key = r.key"
        f" AND l.{RECORD_NUMBER} < r.{RECORD_NUMBER} GROUP BY ALL"
    )


def _by_rules(con: duckdb.DuckDBPyConnection) -> dict[int, int]:
    """How many true pairs exactly each set of rules finds, the set as bits."""
    return dict(con.execute("SELECT rules, count(*) FROM found GROUP BY rules").fetchall())


def _yield(found: Mapping[int, int], number: int) -> tuple[int, int]:
    """The true pairs that a rule finds, and that it alone does."""
    bit = 1 << number
    return sum(pairs for rules, pairs in found.items() if rules & bit), found.get(bit, 0)


def _found_by_record(con: duckdb.DuckDBPyConnection, records: int) -> Floats:
    """Half the true pairs found that each record is part of."""
    counted = con.execute(
        'SELECT record, count(*) AS pairs FROM (SELECT "left" AS record FROM found'
        ' UNION ALL SELECT "right" FROM found) GROUP BY record'
    ).fetchnumpy()
    half = np.zeros(records)
    half[counted["record"]] = counted["pairs"] / 2
    return half


def _groups(column: Any, person: Ints, true_pairs: Floats, lost: Floats) -> tuple[GroupLoss, ...]:
    names, code = groups_of(column)
    some = person >= 0
    held = np.unique(np.stack((code[some], person[some])), axis=1)[0]
    people = np.bincount(held, minlength=len(names))
    totals = (np.bincount(code, weights=each, minlength=len(names)) for each in (true_pairs, lost))
    return tuple(
        GroupLoss(name, float(true), float(gone))
        for name, few, true, gone in zip(names, withheld(people).tolist(), *totals, strict=True)
        if not few
    )
