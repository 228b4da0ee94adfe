"""How answers and summaries look in a notebook: plain HTML tables in which every text is inert."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

# A look-up has no need to wait for it.
if TYPE_CHECKING:
    import pandas as pd

UNREPEATABLE = ("Seconds", "Written to")
"""Rows of summaries that say something of the machine; a kept notebook would change with them."""

LONG = 40
"""Letters from which a cell may be broken into lines: a person id is shorter."""


class ShownAsTable(ABC):
    """What a summary inherits to be shown as its `rows()`; it has no state of its own."""

    __slots__ = ()

    @abstractmethod
    def rows(self) -> Sequence[tuple[str, object]]:
        """What and how much, for a table."""

    def _repr_html_(self) -> str:
        """For a notebook: the rows, and what may be wrong."""
        rows = ((name, said(value)) for name, value in self.rows() if name not in UNREPEATABLE)
        return table(rows) + "".join(map(paragraph, getattr(self, "warnings", ())))


def table(
    rows: Iterable[Sequence[object]], headings: Sequence[str] = (), *, caption: str = ""
) -> str:
    """An HTML table; numbers stand right, and nothing in a text is taken for markup.

    >>> table([("<b>",)], caption="x")
    '<table><caption>x</caption><tbody><tr><td style="text-align:left;white-space:nowrap">\
&lt;b&gt;</td></tr></tbody></table>'
    """
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = "".join(_cell("th", each) for each in headings)
    body = "".join(f"<tr>{''.join(_cell('td', each) for each in row)}</tr>" for row in rows)
    return f"<table>{named}{f'<thead><tr>{head}</tr></thead>' if head else ''}" + (
        f"<tbody>{body}</tbody></table>"
    )


def paragraph(text: str) -> str:
    """A sentence below or above a table."""
    return f"<p>{escape(text)}</p>"


def _cell(tag: str, value: Any) -> str:
    side = "right" if isinstance(value, int | float) and not isinstance(value, bool) else "left"
    text = said(value)
    wrap = "" if len(text) > LONG else ";white-space:nowrap"
    return f'<{tag} style="text-align:{side}{wrap}">{escape(text)}</{tag}>'


def said(value: object) -> str:
    """A value as people write it.

    >>> said(1234), said(0.98765), said(None), said(True)
    ('1,234', '0.9877', '', 'yes')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def answered(answer: Mapping[str, Any]) -> str:
    """Everyone who holds an identifier, as `GET /v1/cross-references` answers."""
    several = "Several persons hold it: do not pick one." if answer["ambiguous"] else ""
    return "".join(map(person, answer["persons"])) + (paragraph(several) if several else "")


def person(answer: Mapping[str, Any]) -> str:
    """One person with every identifier."""
    rows = (list(row.values())[1:] for row in identifier_rows([answer]))
    names = ("system", "value", "confidence", "basis", "records")
    caption = f"Person {answer['person_id']}, {len(answer['records']):,} records"
    look = ", ".join(answer["findings"])
    said = [f"For review: {look}."] if look else []
    if any(each["provisional"] for each in answer["identifiers"]):
        said.append("Confidence is provisional: no reviewed labels have checked it yet.")
    return table(rows, names, caption=caption) + (paragraph(" ".join(said)) if said else "")


def identifiers(persons: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per identifier of each person: `person_id`, `system`, `value`, `confidence`, `basis`
    and `records`, each of which is `source|source_id`.
    """
    import pandas as pd

    return pd.DataFrame(list(identifier_rows(persons)))


def identifier_rows(persons: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows of `identifiers`."""
    for each in persons:
        for one in each["identifiers"]:
            yield {
                "person_id": each["person_id"],
                "system": one["system"],
                "value": one["value"],
                "confidence": one["confidence"],
                "basis": str(one["basis"]),
                "records": _keys(one["records"]),
            }


def superseded(answer: Mapping[str, Any]) -> str:
    """A person id no longer in use, and who has its records."""
    rows = ([each["person_id"], each["records"]] for each in answer["superseded_by"])
    caption = f"{answer['person_id']} is no longer in use"
    return table(rows, ("records are now of", "records"), caption=caption)


def explained(answer: Mapping[str, Any]) -> str:
    """Two records compared, as `GET /v1/links` answers; what says nothing is left out."""
    left, right = (f"{answer[e]['source']}|{answer[e]['source_id']}" for e in ("left", "right"))
    telling = [each for each in answer["comparisons"] if each["match_weight"]]
    telling.sort(key=lambda each: -abs(float(each["match_weight"])))
    rows = [
        ("Two records drawn at random", f"{answer['prior']:+.2f}"),
        *((e["sentence"].rpartition(":")[0], f"{e['match_weight']:+.2f}") for e in telling),
        ("Together", f"{answer['match_weight']:+.2f}"),
    ]
    persons = "one person" if answer["one_person"] else "two persons"
    return table(rows, ("", "bits"), caption=f"{left} and {right}: {persons}")


def matched(answer: Mapping[str, Any]) -> str:
    """The persons whom a record may be of, as `POST /v1/match` answers."""
    names = ("person_id", "grade", "match_weight", "confidence", "probability")
    rows = ([each[name] for name in names] for each in answer["persons"])
    none = answer["p_null"]
    said = "It says too little to be searched for." if none is None else f"Nobody: {none:.4f}."
    return table(rows, names) + paragraph(said)


def history(answer: Mapping[str, Any]) -> str:
    """What happened to a person id, as `Index.history` answers."""
    rows = (
        [each["at"][:10], each["cause"], each["effect"], _keys(each["came"]), _keys(each["went"])]
        for each in answer["history"]
    )
    used = "" if answer["in_use"] else ", no longer in use"
    names = ("at", "because of", "the person is", "records that came", "records that went")
    return table(rows, names, caption=f"Person {answer['person_id']}{used}")


def as_of(answer: Mapping[str, Any]) -> str:
    """A person id as the index had it at a time, as `Index.as_of` answers."""
    rows = ([e["system"], e["value"], _keys(e["records"])] for e in answer["identifiers"])
    caption = f"Person {answer['person_id']} after event {answer['sequence']}"
    caption += f" of {answer['at'][:10]}, {len(answer['records']):,} records"
    if not answer["in_use"]:
        now = ((person_id, count) for person_id, count in answer["current"].items())
        caption += ", not in use"
        return table(now, ("its records were then of", "records"), caption=caption)
    return table(rows, ("system", "value", "records"), caption=caption)


def events(answer: Mapping[str, Any]) -> pd.DataFrame:
    """One row per event, as `Index.events` answers: `at`, `cause`, `type`, the `person_id` and its
    `successors`, or the `record` (all of one restated), whom it `came_from` and whom it `went_to`.
    """
    import pandas as pd

    names = ("at", "cause", "type", "person_id", "successors", "record", "came_from", "went_to")
    rows = (
        each
        | {"record": _keys(_named(each)) or None}
        | {"successors": ", ".join(each.get("successors") or ())}
        for each in answer["events"]
    )
    return pd.DataFrame([{name: row.get(name) for name in names} for row in rows], columns=names)


def _named(event: Mapping[str, Any]) -> Iterable[Mapping[str, str]]:
    """The record of an event, or the records."""
    return [event["record"]] if event.get("record") else event.get("records") or ()


def _keys(records: Iterable[Mapping[str, str]]) -> str:
    return ", ".join(f"{each['source']}|{each['source_id']}" for each in records)
