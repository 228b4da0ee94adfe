"""What cannot be, if the index is right: scenarios that tell of wrong links without any label.

Nobody is in two establishments at once, few records follow a death, nobody has two birth dates a
generation apart; and two sentences under one PNC number are hardly of two people. What is found is
not proof: a source may be wrong. Its share, by scenario and from release to release, says more than
any one case (Hagger-Johnson et al., Health Services Research, 2014).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import duckdb
import orjson
import pandas as pd
import pyarrow as pa

from mpi.errors import UsageError
from mpi.index.shown import table
from mpi.linking.engines.duckdb import hide_progress
from mpi.store.exports import CROSS_REFERENCES, NUMBERED, RECORDS
from mpi.store.view import View

SENTENCE_DAYS = 365
"""A sentence is taken to run so long, as sources say only when it began."""

GENERATION_YEARS = 15
"""Birth years at least so far apart are those of a parent and a child."""

EPISODES = ("establishment", "custody_from", "custody_to", "died", "observed")
"""Columns that episodes may have besides `source` and `source_id`; dates as YYYY-MM-DD."""

SCENARIOS: Mapping[str, str] = MappingProxyType(
    {
        "two-places-at-once": "one person in two establishments at the same time",
        "after-death": "one person seen by one source after another has them dead",
        "two-sexes": "one person of two sexes",
        "generation-apart": f"one person with birth years {GENERATION_YEARS} or more apart",
        "one-pnc-two-sentences": "one PNC number with sentences of two persons at the same time",
    }
)
"""Each scenario in words. The last points at a missed link, all others at a wrong one."""


@dataclass(frozen=True, slots=True)
class Implausible:
    """What was found.

    `cases` has a row for each person (or, of the last scenario, pair of persons) and scenario:
    `scenario`, `person_id`, `other_person_id`, `pairs` of records that contradict each other and
    one of them, `left` and `right`, as `Index.explain` takes them. `summary` has a row for each
    scenario: `scenario`, `what`, `at_risk` (persons, or PNC numbers, with two records that could
    contradict each other), `found` of those, and `share`.
    """

    cases: pd.DataFrame
    summary: pd.DataFrame

    def _repr_html_(self) -> str:
        """For a notebook."""
        rows = self.summary[["what", "at_risk", "found", "share"]].to_dict("split")["data"]
        shares = ([*row[:3], f"{row[3]:.2%}"] for row in rows)
        return table(shares, ("scenario", "at risk", "found", "share"))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What can contradict each other.

    `membership` has `source`, `source_id` and `person_id`; `said` the `source`, `source_id`, `sex`,
    birth `years` and `sentences` of records; `held` the `source`, `source_id`, `system` and `value`
    of identifiers; `episodes` has `source`, `source_id` and all of `EPISODES`.
    """

    membership: pa.Table
    said: pa.Table
    held: pa.Table
    episodes: pa.Table

    @classmethod
    def of(cls, view: View, episodes: pd.DataFrame | None) -> Self:
        """That of an index."""
        held = view.export_cross_references()
        return cls(
            membership=pa.Table.from_batches(view.export_records(), RECORDS),
            said=_said(view),
            held=pa.Table.from_batches(held, CROSS_REFERENCES),
            episodes=_episodes(episodes),
        )


def implausible(view: View, episodes: pd.DataFrame | None = None) -> Implausible:
    """Look for every scenario in an index.

    Args: episodes, what other sources know and the index does not keep: `source`, `source_id` and
    any of `EPISODES`; without it only the scenarios that records alone can show.
    Raises UsageError for episodes without record keys.
    """
    return contradictions(Evidence.of(view, episodes))


def contradictions(evidence: Evidence) -> Implausible:
    """Look for every scenario in what is known."""
    with duckdb.connect() as con:
        hide_progress(con)
        for name in ("membership", "said", "held", "episodes"):
            con.register(name, getattr(evidence, name))
        con.execute(_PREPARE)
        found = [(name, *_SQL[name]) for name in SCENARIOS]
        cases = pd.concat([_cases(con, name, sql) for name, sql, _ in found], ignore_index=True)
        at_risk = {name: con.execute(sql).fetchall()[0][0] for name, _, sql in found}
    return Implausible(cases, _summary(cases, at_risk))


def _cases(con: duckdb.DuckDBPyConnection, scenario: str, sql: str) -> pd.DataFrame:
    """One row for each person or pair of persons; `sql` gives the pairs of records."""
    found = con.sql(
        'SELECT person_id, other_person_id, count(*) AS pairs, min(("left", "right")) AS example'
        f" FROM ({sql}) GROUP BY ALL ORDER BY ALL"
    ).to_arrow_table()
    example = found["example"].combine_chunks()
    left, right = (pa.array(example.field(at)) for at in range(2))
    columns = [pa.array([scenario] * len(found)), *found.columns[:3], left, right]
    names = ["scenario", "person_id", "other_person_id", "pairs", "left", "right"]
    return pa.table(columns, names=names).to_pandas()


def _summary(cases: pd.DataFrame, at_risk: Mapping[str, int]) -> pd.DataFrame:
    found = cases["scenario"].value_counts()
    rows = []
    for name, what in SCENARIOS.items():
        count = int(found.get(name, 0))
        share = count / at_risk[name] if at_risk[name] else 0.0
        rows.append((name, what, at_risk[name], count, share))
    return pd.DataFrame(rows, columns=["scenario", "what", "at_risk", "found", "share"])


def _said(view: View) -> pa.Table:
    """What the records say that can contradict: sex, birth years, dates of sentence."""
    records = pa.Table.from_batches(view.numbered("record"), NUMBERED["record"])
    payloads = (b["payload"].to_pylist() for b in view.numbered("payload"))
    rows = [_fact(payload) for some in payloads for payload in some]
    sexes, years, sentences = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.table(
        {
            "source": records["source"],
            "source_id": records["source_id"],
            "sex": pa.array(sexes, pa.string()),
            "years": pa.array(years, pa.list_(pa.int32())),
            "sentences": pa.array(sentences, pa.list_(pa.string())),
        }
    )


def _fact(payload: bytes) -> tuple[str, list[int], list[str]]:
    record: dict[str, Any] = orjson.loads(payload)
    years = [int(day[:4]) for day in record.get("birth_dates", ())]
    return record.get("sex", ""), years, list(record.get("sentence_dates", ()))


def _episodes(episodes: pd.DataFrame | None) -> pa.Table:
    """The episodes with all their columns; what is missing is null."""
    names = ("source", "source_id", *EPISODES)
    if episodes is None:
        return pa.table({name: pa.array([], pa.string()) for name in names})
    for column in names[:2]:
        if column not in episodes.columns:
            raise UsageError("Episodes lack a column.", column=column)
    return pa.table(dict(_columns(episodes, names)))


def _columns(episodes: pd.DataFrame, names: tuple[str, ...]) -> Iterator[tuple[str, pa.Array]]:
    for name in names:
        if name in episodes.columns:
            yield name, pa.array(episodes[name], pa.string(), from_pandas=True)
        else:
            yield name, pa.nulls(len(episodes), pa.string())


_PREPARE = """
CREATE TABLE person_said AS
    SELECT m.person_id, m.source || '|' || m.source_id AS record, upper(left(f.sex, 1)) AS sex,
           f.years, f.sentences
    FROM said f JOIN membership m USING (source, source_id);
CREATE TABLE stay AS
    SELECT m.person_id, m.source || '|' || m.source_id AS record, e.establishment,
           e.custody_from AS begins, coalesce(e.custody_to, '9999-12-31') AS ends, e.died,
           greatest(e.observed, e.custody_from) AS seen
    FROM episodes e JOIN membership m USING (source, source_id);
CREATE TABLE sentence AS
    SELECT DISTINCT h.value AS pnc, s.person_id, s.record, try_cast(day AS DATE) AS begins
    FROM (SELECT person_id, record, unnest(sentences) AS day FROM person_said) s
    JOIN held h ON h.system = 'pnc' AND s.record = h.source || '|' || h.source_id;
"""

_WITHIN = 'l.person_id, NULL::VARCHAR AS other_person_id, l.record AS "left", r.record AS "right"'
_SAID = f"SELECT {_WITHIN} FROM person_said l JOIN person_said r ON l.person_id = r.person_id"
_STAY = f"SELECT {_WITHIN} FROM stay l JOIN stay r ON l.person_id = r.person_id"
_SEVERAL = "SELECT count(*) FROM (SELECT person_id FROM {} GROUP BY person_id HAVING count(*) > 1)"
_KNOWN_SEX = "person_said WHERE sex IN ('M', 'F')"
_HELD = "(SELECT pnc FROM sentence GROUP BY pnc HAVING count(DISTINCT record) > 1)"

_SQL: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "two-places-at-once": (
            f"{_STAY} AND l.record < r.record AND l.establishment <> r.establishment"
            " AND l.begins < r.ends AND r.begins < l.ends",
            _SEVERAL.format("stay WHERE establishment IS NOT NULL"),
        ),
        "after-death": (
            # a record that knows of the death itself contradicts nobody but itself
            f"{_STAY} AND l.record <> r.record AND r.seen > l.died"
            " AND (r.died IS NULL OR r.seen <= r.died)",
            _SEVERAL.format("stay") + " WHERE person_id IN (SELECT person_id FROM stay"
            " WHERE died IS NOT NULL)",
        ),
        "two-sexes": (
            f"{_SAID} AND l.record < r.record AND l.sex <> r.sex"
            " AND l.sex IN ('M', 'F') AND r.sex IN ('M', 'F')",
            _SEVERAL.format(_KNOWN_SEX),
        ),
        "generation-apart": (
            f"{_SAID} AND l.record < r.record AND list_min(list_transform(l.years, lambda a :"
            " list_min(list_transform(r.years, lambda b : abs(a - b))))) >="
            f" {GENERATION_YEARS}",
            _SEVERAL.format("person_said WHERE len(years) > 0"),
        ),
        "one-pnc-two-sentences": (
            'SELECT l.person_id, r.person_id AS other_person_id, l.record AS "left",'
            ' r.record AS "right" FROM sentence l JOIN sentence r ON l.pnc = r.pnc'
            " AND l.person_id < r.person_id"
            f" AND abs(date_diff('day', l.begins, r.begins)) < {SENTENCE_DAYS}",
            f"SELECT count(*) FROM {_HELD}",
        ),
    }
)
"""For each scenario the pairs of records, and how many persons (or numbers) are at risk."""
