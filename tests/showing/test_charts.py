"""Charts of persons and links say what there is, and stay whole whatever the data."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

from mpi.index.study.neighbourhood import Neighbourhood

alt = pytest.importorskip("altair", reason="the extra `notebooks` is not installed")
showing = pytest.importorskip("mpi.showing")

SENTENCES = {"name": "Same full name", "sex": "Sex differs", "birth_date": "Same birth date"}


class Explained:
    """An explanation of two records, from the weights of its comparisons."""

    def __init__(self, prior, one_person=True, **weights):
        compared = [
            {"match_weight": weight, "sentence": f"{SENTENCES[name]}: {abs(weight):.2f} bits."}
            for name, weight in weights.items()
        ]
        self.said = {
            "left": {"source": "nomis", "source_id": "A1"},
            "right": {"source": "pds", "source_id": "9990000018"},
            "one_person": one_person,
            "prior": prior,
            "match_weight": prior + sum(weights.values()),
            "comparisons": compared,
        }

    def as_dict(self):
        return self.said


def bars(chart):
    """What the bars of a chart stand for."""
    spec = chart.to_dict()
    bar = next(each for each in spec["layer"] if each["mark"]["type"] == "bar")
    return spec["datasets"][bar["data"]["name"]]


def titles(chart):
    title = chart.to_dict()["title"]
    return " ".join(title["text"]), " ".join(title["subtitle"])


def test_each_bar_of_a_waterfall_begins_where_the_last_one_ended():
    chart = showing.waterfall(Explained(-14.0, name=11.5, sex=-5.0, birth_date=13.0))
    rows = bars(chart)
    assert [row["name"] for row in rows] == [
        "Two records drawn at random",
        "Same birth date",
        "Same full name",
        "Sex differs",
        "Together",
    ]
    for above, row in pairwise(rows[:-1]):
        assert row["begin"] == above["end"]
    assert (rows[-1]["begin"], rows[-1]["end"]) == (0.0, rows[-2]["end"])
    assert [row["label"] for row in rows] == ["−14.0", "+13.0", "+11.5", "−5.0", "+5.5"]


def test_what_says_nothing_is_left_out_of_a_waterfall():
    rows = bars(showing.waterfall(Explained(-14.0, name=0.0)))
    assert [row["name"] for row in rows] == ["Two records drawn at random", "Together"]


def test_a_waterfall_says_what_came_of_it():
    finding, _ = titles(showing.waterfall(Explained(-14.0, one_person=False, name=11.5)))
    assert finding == "nomis A1 and pds 9990000018: −2.5 bits; in the index two persons"


def person(records, links):
    """A person of so many records; links are (left, right, bits, bridge)."""
    names = [f"s|{at}" for at in range(records)]
    return Neighbourhood(
        "p",
        pd.DataFrame(
            {
                "record": names,
                "source": "s",
                "source_id": [str(at) for at in range(records)],
                "golden": [at == 0 for at in range(records)],
            }
        ),
        pd.DataFrame(
            {
                "left": [names[link[0]] for link in links],
                "right": [names[link[1]] for link in links],
                "match_weight": [float(link[2]) for link in links],
                "joins": [link[2] >= 0 for link in links],
                "bridge": [bool(link[3]) for link in links],
            }
        ).astype({"joins": bool, "bridge": bool, "match_weight": float}),
    )


TRIANGLE_AND_TAIL = [(0, 1, 20, False), (0, 2, 15, False), (1, 2, 12, False), (2, 3, 4, True)]


def test_a_graph_says_what_a_person_hangs_by():
    finding, note = titles(showing.graph(person(4, TRIANGLE_AND_TAIL)))
    assert finding == "4 records, of which one bridge of +4.0 bits holds two parts together"
    assert "not drawn" not in note


@pytest.mark.parametrize("records", [1, 2, 3, 200])
def test_a_person_of_any_size_can_be_drawn(records):
    links = [(at, at + 1, 9, True) for at in range(records - 1)]
    chart = showing.graph(person(records, links))
    places = next(
        rows for rows in chart.to_dict()["datasets"].values() if rows and "golden" in rows[0]
    )
    assert all(-1 <= row[axis] <= 1 for row in places for axis in ("x", "y"))


def test_the_same_person_is_drawn_alike_every_time():
    drawn = [showing.graph(person(4, TRIANGLE_AND_TAIL)).to_json() for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_of_a_person_with_many_links_the_strongest_are_drawn_and_all_bridges():
    links = [(a, b, 10 + a, False) for b in range(40) for a in range(b)] + [(39, 40, 1, True)]
    chart = showing.graph(person(41, links))
    drawn = [
        row
        for rows in chart.to_dict()["datasets"].values()
        for row in rows
        if "match_weight" in row
    ]
    assert len(drawn) == 300
    assert sum(row["bridge"] for row in drawn) == 1
    assert "481 more links are not drawn" in titles(chart)[1]


def test_a_timeline_ends_what_has_not_ended_with_what_is_known():
    events = pd.DataFrame(
        [
            ("s|1", "stay", "2020-01-01", "", "HMP One"),
            ("s|2", "custody", "2021-05-01", "2021-05-01", ""),
        ],
        columns=["record", "what", "begins", "ends", "where"],
    )
    chart = showing.timeline(events)
    (rows,) = (rows for rows in chart.to_dict()["datasets"].values())
    assert [row["ends"] for row in rows] == ["2021-05-01", "2021-05-01"]
    assert titles(chart)[0] == "2 dates in 2 records, 2020 to 2021"


def test_somebody_of_whom_no_date_is_known_has_an_empty_timeline():
    events = pd.DataFrame([], columns=["record", "what", "begins", "ends", "where"])
    assert titles(showing.timeline(events))[0] == "0 dates in 0 records"


def test_a_chart_of_a_model_card_is_an_altair_chart_with_the_same_title(invented):
    from mpi.training.weight_chart import match_weights

    chart = showing.match_weights(invented.brief_release)
    assert isinstance(chart, alt.HConcatChart)
    picture = match_weights(invented.brief_release)
    assert chart.to_dict()["title"] == picture.spec["title"]


def test_charts_are_shown_without_fetching_anything():
    shown = alt.renderers.get()(showing.waterfall(Explained(-1.0, name=2.0)).to_dict())
    assert set(shown) == {"image/svg+xml"}
    assert "<script" not in shown["image/svg+xml"]
