"""What the records of one person say, side by side and in the order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from mpi.index.study.neighbourhood import name_of, person_in_use
from mpi.linking.intake import record_of
from mpi.records import Name, Record
from mpi.store.view import View

TIMELINE = ("record", "what", "begins", "ends", "where")


def side_by_side(view: View, person_id: str) -> pd.DataFrame:
    """One row per record of a person, with what identifies somebody; personal data.

    Columns: `record`, the usual `given` and `family` name, `birth_date`, `sex`, `postcode`,
    `others` (further names, birth dates and postcodes) and `identifiers`. Raises PersonNotFound for
    an id that is not in use.
    """
    return pd.DataFrame([_row(record) for record in records_of(view, person_id)])


def _row(record: Record) -> dict[str, str]:
    names = [f"{name.given} {name.family}".strip() for name in record.names]
    others = (*names[1:], *record.birth_dates[1:], *record.postcodes[1:])
    usual = record.names[0] if record.names else Name()
    return {
        "record": name_of(record.key),
        "given": usual.given,
        "family": usual.family,
        "birth_date": next(iter(record.birth_dates), ""),
        "sex": record.sex,
        "postcode": next(iter(record.postcodes), ""),
        "others": _listed(others),
        "identifiers": _listed(f"{each.system} {each.value}" for each in record.identifiers),
    }


def timeline(view: View, person_id: str, episodes: pd.DataFrame | None = None) -> pd.DataFrame:
    """What happened to a person when, as far as the records say, in order of time.

    Columns: `record`, `what` (`custody`, `sentence`, and with episodes `stay`, `seen` and `death`),
    `begins`, `ends` (the same day for a moment; empty for what lasts) and `where`. `episodes` are
    those of `implausible`. Raises PersonNotFound for an id that is not in use.
    """
    records = list(records_of(view, person_id))
    rows = [row for record in records for row in _dated(record)]
    if episodes is not None:
        keys = pd.DataFrame([record.key._asdict() for record in records])
        for each in keys.merge(episodes, on=["source", "source_id"]).to_dict("records"):
            rows += _of_episode(each)
    frame = pd.DataFrame(rows, columns=list(TIMELINE))
    return frame.drop_duplicates().sort_values(["begins", "record", "what"], ignore_index=True)


def records_of(view: View, person_id: str) -> Iterator[Record]:
    """The records of a person, in order of their keys."""
    person = person_in_use(view, person_id)
    stored = view.records(member.record_no for member in person.members)
    return iter(sorted((record_of(each.payload) for each in stored), key=lambda each: each.key))


def _dated(record: Record) -> Iterator[tuple[str, ...]]:
    for what, days in (("custody", record.custody_dates), ("sentence", record.sentence_dates)):
        for day in days:
            yield name_of(record.key), what, day, day, ""


def _of_episode(episode: dict[str, object]) -> Iterator[tuple[str, ...]]:
    """What an episode adds; a cell without a value is no text."""
    text = {name: value if isinstance(value, str) else "" for name, value in episode.items()}
    record = f"{text['source']}|{text['source_id']}"
    if text.get("custody_from"):
        ends = text.get("custody_to", "")
        yield record, "stay", text["custody_from"], ends, text.get("establishment", "")
    for what, column in (("seen", "observed"), ("death", "died")):
        if text.get(column):
            yield record, what, text[column], text[column], ""


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(each for each in texts if each))
