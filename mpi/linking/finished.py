"""Finished steps of a link, kept as tables so that one that was killed need not do them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa

from mpi.linking.clusters import Clustering
from mpi.linking.evidence import Decisions, Integers, Pairs
from mpi.linking.possible import PossibleLinks
from mpi.linking.settling import Settled

Made = TypeVar("Made")
Tables = Mapping[str, pa.Table]

STEPS = ("blocked", "settled")
"""The names of the steps that are kept."""


@dataclass(frozen=True, slots=True)
class Form(Generic[Made]):
    """How what a step makes is written as tables, and read again."""

    tables: Callable[[Made], Tables]
    made: Callable[[Tables], Made]


class Finished(Protocol):
    """The steps of one link that are finished."""

    def take(self, step: str, make: Callable[[], Made], form: Form[Made]) -> Made:
        """What a step makes: as it was kept, or made now, and kept from then on."""
        ...


class NotKept:
    """Nothing is kept."""

    def take(self, step: str, make: Callable[[], Made], form: Form[Made]) -> Made:
        """Make it."""
        return make()


NOT_KEPT = NotKept()


def _columns(table: pa.Table) -> list[Any]:
    return [column.to_numpy() for column in table.columns]


def _pairs(pairs: Pairs) -> pa.Table:
    columns = {"left": pairs.left, "right": pairs.right, "weight": pairs.weight}
    return pa.table({**columns, "blocked": pairs.blocked})


def _ends(rows: Integers, *names: str) -> pa.Table:
    return pa.table({name: rows[:, at] for at, name in enumerate(names)})


def _rows(table: pa.Table, width: int) -> Integers:
    found = _columns(table)
    return np.stack(found, axis=1) if found else np.empty((0, width), dtype=np.int64)


def _blocked_tables(made: tuple[Pairs, int]) -> Tables:
    pairs, candidates = made
    return {"pairs": _pairs(pairs), "candidates": pa.table({"count": [candidates]})}


def _blocked_made(tables: Tables) -> tuple[Pairs, int]:
    [candidates] = tables["candidates"].column("count").to_pylist()
    return Pairs(*_columns(tables["pairs"])), candidates


BLOCKED = Form(_blocked_tables, _blocked_made)
"""The pairs that share a key and count, and how many shared one."""


def _settled_tables(made: Settled) -> Tables:
    clustering, decisions = made.clustering, made.decisions
    possible = clustering.possible
    codes = pa.array(map(list, clustering.findings.values()), pa.list_(pa.string()))
    must = _ends(decisions.must, "left", "right").append_column("version", [decisions.version])
    return {
        "pairs": _pairs(made.pairs),
        "clusters": pa.table({"label": clustering.label}),
        "findings": pa.table({"cluster": list(clustering.findings), "codes": codes}),
        "possible": pa.table(
            {
                "left": possible.left,
                "right": possible.right,
                "weight": possible.weight,
                "reason": possible.reason,
            }
        ),
        "must": must,
        "cannot": _ends(decisions.cannot, "left", "right"),
        "sealed": _ends(decisions.sealed, "seal", "side", "record"),
    }


def _settled_made(tables: Tables) -> Settled:
    named = zip(*(tables["findings"].column(at).to_pylist() for at in (0, 1)), strict=True)
    [label] = _columns(tables["clusters"])
    possible = PossibleLinks(*_columns(tables["possible"]))
    *_, version = _columns(tables["must"])
    return Settled(
        Pairs(*_columns(tables["pairs"])),
        Clustering(label, {cluster: tuple(codes) for cluster, codes in named}, possible),
        Decisions(
            must=_rows(tables["must"].select(["left", "right"]), 2),
            version=version,
            cannot=_rows(tables["cannot"], 2),
            sealed=_rows(tables["sealed"], 3),
        ),
    )


SETTLED = Form(_settled_tables, _settled_made)
"""All pairs that count, and the clusters."""
