"""Feeds told in counts, and never in values."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from mpi.index.study.profile import profile

SOURCE = """
title = "Small"
delivery = "snapshot"
max_missing_share = 1.0
key = "id"
version = { column = "at", formats = ["%Y-%m-%d"] }
date_formats = ["%Y-%m-%d"]
birth_dates = ["dob"]
town = "town"
occupation = "work"

[[names]]
given = ["given"]
family = "family"
"""


@pytest.fixture
def profiled(tmp_path):
    sources, feeds = tmp_path / "sources", tmp_path / "feeds"
    for folder in (sources, feeds):
        folder.mkdir()
    (sources / "small.toml").write_text(SOURCE)
    rows = [
        {
            "id": f"K{at:03}",
            "at": "2026-01-01",
            "dob": "1990-01-01" if at < 15 else "",
            "town": "Unusualton" if at < 9 else "",
            "work": "",
            "given": "Ann" if at < 12 else "Bartholomew",
            "family": f"Example{at % 4}",
        }
        for at in range(20)
    ]
    with (feeds / "small.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return lambda **given: profile(feeds, sources=sources, **given).set_index("column")


def test_columns_are_counted(profiled):
    found = profiled()
    assert set(found["rows"]) == {20}
    assert found.loc["dob", ["filled", "filled_share", "distinct"]].tolist() == [15, 0.75, 1]
    assert found.loc["family", ["filled", "distinct"]].tolist() == [20, 4]
    assert found.loc["work", ["filled", "distinct", "lengths"]].tolist() == [0, 0, ""]


def test_what_fewer_than_ten_rows_have_is_not_counted_out(profiled):
    found = profiled()
    assert found.loc["town", ["filled", "filled_share", "distinct"]].isna().all()
    assert found.loc["given", "lengths"] == "3 (60%)"
    assert profiled(fewest=1).loc["given", "lengths"] == "3 (60%), 11 (40%)"
    assert profiled(fewest=1).loc["town", "filled"] == 9


def test_no_value_is_told(profiled):
    told = profiled(fewest=1).to_csv()
    for value in ("Ann", "Bartholomew", "Example0", "Unusualton", "1990", "K001"):
        assert value not in told


def test_every_column_of_every_feed_is_there(invented):
    found = profile(invented.feeds)
    assert found["source"].nunique() == 12
    assert not pd.isna(found["rows"]).any()
