"""What cannot be: each scenario on a few records that show it, and on some that nearly do."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from mpi.errors import UsageError
from mpi.index.study.implausible import EPISODES, SCENARIOS, Evidence, contradictions

STAY = {"establishment": "HMP One", "custody_from": "2020-01-01", "custody_to": "2020-06-01"}
ELSEWHERE = STAY | {"establishment": "HMP Two"}


def evidence(persons, *, said=(), held=(), episodes=()):
    """Evidence of records `a`, `b`, … of source `s`; whatever is not given is unknown."""
    keys = [{"source": "s", "source_id": one} for members in persons.values() for one in members]
    known = {one: dict.fromkeys(EPISODES) | given for one, given in dict(episodes).items()}
    facts = {"sex": "", "years": [], "sentences": []}
    said_rows = [key | facts | dict(said).get(key["source_id"], {}) for key in keys]
    text = pa.string()
    names = [(name, text) for name in ("source", "source_id")]
    return Evidence(
        membership=pa.Table.from_pylist(
            [
                {"source": "s", "source_id": one, "person_id": person}
                for person, members in persons.items()
                for one in members
            ]
        ),
        said=pa.Table.from_pylist(
            said_rows,
            pa.schema(
                [
                    *names,
                    ("sex", text),
                    ("years", pa.list_(pa.int32())),
                    ("sentences", pa.list_(text)),
                ]
            ),
        ),
        held=pa.Table.from_pylist(
            [{"source": "s", "source_id": r, "system": s, "value": v} for r, s, v in held],
            pa.schema([*names, ("system", text), ("value", text)]),
        ),
        episodes=pa.Table.from_pylist(
            [{"source": "s", "source_id": one, **row} for one, row in known.items()],
            pa.schema([*names, *((name, text) for name in EPISODES)]),
        ),
    )


def found(given):
    """Which scenarios are found, with the records."""
    cases = contradictions(given).cases
    return [(row.scenario, row.left, row.right) for row in cases.itertuples()]


@pytest.mark.parametrize(
    ("first", "second", "impossible"),
    [
        (STAY, ELSEWHERE, True),
        (STAY, ELSEWHERE | {"custody_from": "2020-05-31", "custody_to": None}, True),
        (STAY | {"custody_to": None}, ELSEWHERE | {"custody_from": "2024-01-01"}, True),
        (STAY, ELSEWHERE | {"custody_from": "2020-06-01", "custody_to": None}, False),
        (STAY, STAY, False),
        (STAY, {}, False),
    ],
    ids=["overlap", "last day", "never left", "transferred", "one place", "no stay"],
)
def test_nobody_is_in_two_places_at_once(first, second, impossible):
    given = evidence({"p": "ab"}, episodes={"a": first, "b": second})
    assert found(given) == [("two-places-at-once", "s|a", "s|b")] * impossible


def test_two_people_may_be_in_two_places():
    given = evidence({"p": "a", "q": "b"}, episodes={"a": STAY, "b": ELSEWHERE})
    assert found(given) == []


@pytest.mark.parametrize(
    ("other", "impossible"),
    [
        ({"observed": "2021-02-01"}, True),
        ({"custody_from": "2021-02-01"}, True),
        ({"observed": "2021-01-01"}, False),
        ({"observed": "2021-02-01", "died": "2021-01-01"}, False),
    ],
    ids=["seen later", "held later", "that day", "knows it itself"],
)
def test_nobody_is_seen_by_one_source_after_another_has_them_dead(other, impossible):
    given = evidence({"p": "ab"}, episodes={"a": {"died": "2021-01-01"}, "b": other})
    assert found(given) == [("after-death", "s|a", "s|b")] * impossible


@pytest.mark.parametrize(
    ("first", "second", "scenario"),
    [
        ({"sex": "M"}, {"sex": "F"}, "two-sexes"),
        ({"sex": "Male"}, {"sex": "m"}, None),
        ({"sex": "M"}, {"sex": "U"}, None),
        ({"years": [1990]}, {"years": [1975, 1960]}, "generation-apart"),
        ({"years": [1990]}, {"years": [1976, 1960]}, None),
        ({"years": [1990]}, {"years": []}, None),
    ],
)
def test_records_of_one_person_may_differ_only_so_far(first, second, scenario):
    given = evidence({"p": "ab"}, said={"a": first, "b": second})
    assert found(given) == ([(scenario, "s|a", "s|b")] if scenario else [])


@pytest.mark.parametrize(
    ("second", "persons", "impossible"),
    [
        ("2020-12-30", {"p": "a", "q": "b"}, True),
        ("2020-12-31", {"p": "a", "q": "b"}, False),
        ("2020-02-01", {"p": "ab"}, False),
    ],
    ids=["within a year", "a year on", "one person"],
)
def test_sentences_under_one_pnc_are_of_one_person(second, persons, impossible):
    pnc = "2012/0000123Q"
    given = evidence(
        persons,
        said={"a": {"sentences": ["2020-01-01"]}, "b": {"sentences": [second]}},
        held=[("a", "pnc", pnc), ("b", "pnc", pnc)],
    )
    cases = contradictions(given).cases
    assert found(given) == [("one-pnc-two-sentences", "s|a", "s|b")] * impossible
    assert cases["other_person_id"].tolist() == ["q"] * impossible


def test_a_case_is_a_person_however_many_pairs_contradict():
    given = evidence({"p": "abc"}, said={"a": {"sex": "M"}, "b": {"sex": "F"}, "c": {"sex": "F"}})
    judged = contradictions(given)
    assert judged.cases["pairs"].tolist() == [2]
    row = judged.summary.set_index("scenario").loc["two-sexes"]
    assert (row["at_risk"], row["found"], row["share"]) == (1, 1, 1.0)


def test_a_whole_index_is_looked_through(study):
    judged = study.implausible()
    assert judged.summary["scenario"].tolist() == list(SCENARIOS)
    assert judged.summary["at_risk"].tolist()[:2] == [0, 0]
    assert judged.summary["at_risk"].tolist()[2] > 100
    assert "<table>" in judged._repr_html_()


def test_episodes_without_keys_are_refused(study):
    with pytest.raises(UsageError, match="source_id"):
        study.implausible(pd.DataFrame({"source": ["nomis"]}))
