"""Public data sets, where they are present: guards against a model that got worse.

The floors lie a little below what was measured when they were set. They are not targets, and say
nothing of accuracy on other data: the sets are synthetic.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from mpi.cleaning import mark_postcode
from mpi.linking.batch import link_rows
from mpi.linking.engines.duckdb import Limits
from mpi.records import Name, Record
from mpi.training.estimate import Effort
from mpi.training.train import Training, train
from tests.invented import rows_of

DATA = Path(__file__).parents[3] / "shared" / "data"
TRAINING = Training("public", Effort(u_pairs=1e6, em_pairs=5e5))


def read(name):
    """A data set as dictionaries without nulls, and the entity of each record."""
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"the public data set {name} is not here")
    table = pd.read_parquet(folder / "records.parquet").fillna("").astype(str)
    truth = pd.read_parquet(folder / "truth.parquet").set_index("record_id")["entity_id"]
    return table.to_dict("records"), truth


def some(*values):
    return tuple(value for value in values if value)


def fake_1000(row):
    return Record(
        row["source"],
        row["record_id"],
        names=(Name(row["first_name"], row["surname"]),),
        birth_dates=some(row["dob"]),
        town=row["city"],
        emails=some(row["email"]),
    )


def febrl4(row):
    """Australian: the postcodes are not those of the United Kingdom. The number is left out."""
    born = row["date_of_birth"]
    return Record(
        row["source"],
        row["record_id"],
        names=(Name(row["given_name"], row["surname"]),),
        birth_dates=some("-".join((born[:4], born[4:6], born[6:])) if born else ""),
        postcodes=some(mark_postcode(row["postcode"], "other")),
        addresses=some(f"{row['street_number']} {row['address_1']}".strip()),
        town=row["suburb"],
    )


def linked(name, to_record):
    """Pairwise precision, recall and F1 of the clusters of a release trained on the set itself."""
    given, truth = read(name)
    rows = rows_of([to_record(row) for row in given])
    labels = link_rows(rows, train(rows, TRAINING), Limits()).labels.tolist()
    people = [truth[key] for key in rows.column("source_id").to_pylist()]
    both = pairs(zip(labels, people, strict=True))
    precision, recall = both / pairs(labels), both / pairs(people)
    return precision, recall, 2 * precision * recall / (precision + recall)


def pairs(names):
    return sum(n * (n - 1) // 2 for n in Counter(names).values())


def test_fake_1000_is_linked_as_well_as_it_was():
    """A regression guard: F1 was .837 (precision .993, recall .724) when the floor was set."""
    precision, recall, f1 = linked("fake_1000", fake_1000)
    assert f1 > 0.81, (precision, recall)


@pytest.mark.slow
def test_febrl4_is_linked_as_well_as_it_was():
    """A regression guard: F1 was .942 (precision .997, recall .892) when the floor was set."""
    precision, recall, f1 = linked("febrl4", febrl4)
    assert f1 > 0.92, (precision, recall)
