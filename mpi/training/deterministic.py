"""Who is certainly one person, before anything was learned.

Two records with an identifier in common, or with the same full name and birth date, are taken for
one person. It finds too few and is wrong now and then; but training can start from it: how many
pairs match at all (the prior), and a set of people among whom hardly any two are the same.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mpi.attributes import RECORD_NUMBER
from mpi.linking.components import label_groups
from mpi.linking.engines.duckdb import Limits, connection

MOST_HOLDERS = 20
"""Values that more records share than this, on average placeholders, join nobody."""


def certain_people(rows: pa.Table, limits: Limits) -> NDArray[np.int64]:
    """Per record, the smallest record certainly of the same person; shape (records,)."""
    with connection(limits) as con:
        columns = [RECORD_NUMBER, "identifiers", "full_names", "birth_dates"]
        con.register("rows", rows.select(columns))
        pairs = con.execute(
            f"WITH held AS (SELECT unnest(identifiers) AS value, {RECORD_NUMBER} FROM rows"
            f" UNION ALL SELECT name || ' ' || unnest(birth_dates), {RECORD_NUMBER} FROM"
            f" (SELECT unnest(full_names) AS name, birth_dates, {RECORD_NUMBER} FROM rows)),"
            f" holders AS (SELECT min({RECORD_NUMBER}) AS first, list({RECORD_NUMBER}) AS every"
            f" FROM held GROUP BY value HAVING count(*) BETWEEN 2 AND {MOST_HOLDERS})"
            ' SELECT first AS "left", unnest(every) AS "right" FROM holders'
        ).fetchnumpy()
    return label_groups(len(rows), pairs["left"], pairs["right"])
