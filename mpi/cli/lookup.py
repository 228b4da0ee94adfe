"""`mpi lookup`: what else is this person known as, and how sure is the index?"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.rendering import counted, is_narrow, show_json, show_line, show_table
from mpi.settings import Settings

if TYPE_CHECKING:
    from mpi.index.look_up import Answer, Superseded
    from mpi.records import Person, RecordKey

EXAMPLE = "mpi lookup nhs-number 9990000018"
PERSON = "person"
"""In place of an identifier system: the value is a person id."""


def _systems() -> list[str]:
    from mpi.identifiers import SYSTEMS

    return [*SYSTEMS, PERSON]


def _complete(incomplete: str) -> list[str]:
    return [name for name in _systems() if name.startswith(incomplete)]


def lookup(
    system: Annotated[
        str,
        typer.Argument(
            metavar="SYSTEM",
            help="Identifier system, such as nhs-number, noms-number, crn, pnc or cro (a wrong "
            "one lists them all); or `person`, when the value is a person id.",
            autocompletion=_complete,
            show_default=False,
        ),
    ],
    value: Annotated[
        str,
        typer.Argument(
            metavar="VALUE",
            help="The identifier, as anybody writes it; in quotes if it has spaces.",
            show_default=False,
        ),
    ],
    *,
    index: IndexOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show a person's other identifiers, and how sure the index is of each.

    The confidence of an identifier is the probability that it belongs to the individual asked
    about; it is provisional until reviewed labels have checked it.
    """
    from mpi.index.index import Index
    from mpi.index.look_up import PersonAnswer, Superseded

    with Index.open(index_url(index), Settings.read().namespace) as opened:
        by_id = system == PERSON
        found = opened.person(value) if by_id else opened.cross_references(system, value)
    if as_json:
        show_json(found.as_dict())
    elif isinstance(found, Superseded):
        _show_superseded(found)
    elif isinstance(found, PersonAnswer):
        _show_person(found.person)
    else:
        show_answer(found)


def show_answer(found: Answer) -> None:
    """Print everyone who holds the identifier asked for."""
    if found.ambiguous:
        count = len(found.persons)
        show_line(f"Ambiguous: {count} persons hold this {found.asked.system}. Do not pick one.\n")
    for person in found.persons:
        _show_person(person)


def _show_person(person: Person) -> None:
    sources = {record.source for record in person.records}
    show_line(f"Person {person.person_id}")
    where = counted(len(sources), "source system")
    show_line(f"{counted(len(person.records), 'record')} in {where}:")
    _show_records(person.records)
    for finding in person.findings:
        show_line(f"For review: {finding}")
    if is_narrow():
        _show_identifiers_narrowly(person)
    else:
        _show_identifiers(person)
    show_line(f"Release {person.release}\n")


def _show_records(records: Iterable[RecordKey]) -> None:
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        by_source[record.source].append(record.source_id)
    width = max(map(len, by_source), default=0)
    for source, ids in by_source.items():
        lines = textwrap.wrap(", ".join(ids), 76 - width, break_on_hyphens=False)
        show_line(f"  {source:<{width}} " + f"\n{' ' * (width + 3)}".join(lines))


def _show_identifiers(person: Person) -> None:
    rows = [
        (
            each.identifier.system,
            each.identifier.value,
            f"{each.confidence:.4f}" + (" provisional" if each.provisional else ""),
            each.basis.value,
            _listed(each.records),
        )
        for each in person.cross_references
    ]
    show_table("", ("system", "value", "confidence", "basis", "records"), rows)


def _show_identifiers_narrowly(person: Person) -> None:
    """With the records of each identifier below the table, in which a terminal has no room."""
    rows = [
        (each.identifier.system, each.identifier.value, each.confidence, each.basis.value)
        for each in person.cross_references
    ]
    columns = ("system", "value", "confidence", "basis")
    show_table("", columns, rows, folding=("value",))
    if any(each.provisional for each in person.cross_references):
        show_line("Confidence is provisional: no reviewed labels have checked it yet.")
    show_line("Held by:")
    for each in person.cross_references:
        line = f"{each.identifier.system} {each.identifier.value}: {_listed(each.records)}"
        lines = textwrap.wrap(line, 74, break_on_hyphens=False, break_long_words=False)
        show_line("  " + "\n    ".join(lines))


def _show_superseded(found: Superseded) -> None:
    show_line(f"Person {found.person_id} is no longer in use. Its records now belong to:")
    for each in found.as_dict()["superseded_by"]:
        show_line(f"  person {each['person_id']} ({counted(each['records'], 'record')})")


def _listed(records: Iterable[RecordKey]) -> str:
    return ", ".join(f"{record.source} {record.source_id}" for record in records)
