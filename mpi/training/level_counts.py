"""How many pairs are at each level of each comparison: the one place where pairs are counted so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import duckdb

from mpi.attributes import RECORD_NUMBER
from mpi.model.levels import Comparison

Counts: TypeAlias = Mapping[str, Mapping[str, tuple[int, int]]]
"""By comparison name and level code: the pairs of which the flag is true, and the others."""


def level_counts(
    con: duckdb.DuckDBPyConnection, wanted: Sequence[Comparison], pairs: str
) -> Counts:
    """Count pairs at the scored levels of some comparisons, in one pass.

    Args: con, with the records of the pairs in the table `compared`; pairs, a query with the
    columns `l` and `r`, record numbers, and `flag`, a boolean.
    """
    if not wanted:
        return {}
    names = sorted({name for c in wanted for name in c.attributes()})
    columns = ", ".join(f'x."{n}" AS "{n}_l", y."{n}" AS "{n}_r"' for n in names)
    cases = ", ".join(f'{c.level_sql()} AS "{c.name}"' for c in wanted)
    which = ", ".join(f'"{c.name}"' for c in wanted)
    sets = ", ".join(f'("{c.name}", flag)' for c in wanted)
    rows = con.execute(
        f"SELECT {which}, flag, count(*) FROM (SELECT flag, {cases} FROM (SELECT flag, {columns}"
        f" FROM ({pairs}) JOIN compared x ON x.{RECORD_NUMBER} = l"
        f" JOIN compared y ON y.{RECORD_NUMBER} = r)) GROUP BY GROUPING SETS ({sets})"
    ).fetchall()
    found = {c.name: {level.code: [0, 0] for level in c.scored} for c in wanted}
    for *levels, flag, count in rows:
        [(number, definition)] = [
            (n, c) for n, c in zip(levels, wanted, strict=True) if n is not None
        ]
        level = definition.levels[number]
        if not level.null:
            found[definition.name][level.code][0 if flag else 1] += int(count)
    return {
        name: {code: (yes, no) for code, (yes, no) in codes.items()}
        for name, codes in found.items()
    }
