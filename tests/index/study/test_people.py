"""What the records of one person say, side by side and in the order of time."""

from __future__ import annotations

import pandas as pd
import pytest

KEY = ["source", "source_id"]


@pytest.fixture(scope="module")
def person_id(study):
    whole = study.persons()
    prisoner = whole[whole["source"] == "nomis"].iloc[0]
    return prisoner.person_id


def test_records_stand_side_by_side_as_delivered(study, person_id):
    whole = study.persons()
    mine = whole[whole["person_id"] == person_id]
    records = study.records(person_id)
    assert records["record"].tolist() == sorted(mine["source"] + "|" + mine["source_id"])
    assert records["family"].str.len().gt(0).any()
    assert records["birth_date"].str.fullmatch(r"(\d{4}-\d\d-\d\d)?").all()


def test_a_timeline_is_in_order_of_time(study, person_id):
    events = study.timeline(person_id)
    assert set(events["what"]) <= {"custody", "sentence"}
    assert len(events) > 0
    assert events["begins"].is_monotonic_increasing


def test_episodes_of_the_person_join_the_timeline(study, person_id):
    source, _, source_id = study.records(person_id)["record"][0].partition("|")
    stay = {"establishment": "HMP Nowhere", "custody_from": "2020-01-01", "custody_to": None}
    rows = [
        {"source": source, "source_id": source_id, **stay, "died": "2024-01-01"},
        {"source": "nomis", "source_id": "nobody's", **stay, "died": None},
    ]
    events = study.timeline(person_id, pd.DataFrame(rows))
    added = events[events["what"].isin(["stay", "death"])]
    assert added[["what", "begins", "ends", "where"]].to_numpy().tolist() == [
        ["stay", "2020-01-01", "", "HMP Nowhere"],
        ["death", "2024-01-01", "2024-01-01", ""],
    ]
