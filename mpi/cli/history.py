"""`mpi events` and `mpi history`: what happened to the index, a person or a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.rendering import show_json, show_line, show_table

if TYPE_CHECKING:
    from mpi.index.as_of import PersonAsOf
    from mpi.index.history import PersonHistory, RecordHistory
    from mpi.records import RecordKey

EVENTS_EXAMPLE = "mpi events --after 4711.2"
HISTORY_EXAMPLE = "mpi history hjis/H004711"


def events(
    index: IndexOption = "",
    after: Annotated[
        str,
        typer.Option(
            "--after", metavar="CURSOR", help="Where the page before ended.", show_default=False
        ),
    ] = "",
    *,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="The most to list.")
    ] = 100,
    as_json: JsonOption = False,
) -> None:
    """List what has happened, oldest first: records that moved, persons made, merged or split."""
    from mpi.index.index import Index

    with Index.open(index_url(index)) as opened:
        page = opened.events(after, limit=limit)
    if as_json:
        show_json(page.as_dict())
        return
    rows = [
        (
            each.cursor,
            each.at[:19],
            each.cause,
            each.type.value,
            _key(each.record) if each.record else each.person_id,
            each.went_to or ", ".join(each.successors or map(_key, each.records)),
        )
        for each in page.events
    ]
    show_table("", ("cursor", "at", "cause", "what", "record or person", "now"), rows)
    show_line(f"Go on with --after {page.cursor}" if page.more else "That is all.")


def history(
    what: Annotated[
        str,
        typer.Argument(
            metavar="PERSON|RECORD",
            help="A person id, or a record: its source, a slash and its key there.",
            show_default=False,
        ),
    ],
    index: IndexOption = "",
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="TIME",
            help="Show the person as the index had it then: ISO 8601, or the number of an event.",
            show_default=False,
        ),
    ] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Show what became of a person id, or which persons a record has belonged to."""
    from mpi.index.explain import key_of
    from mpi.index.index import Index
    from mpi.index.moments import moment_of

    is_record = "/" in what or "|" in what
    with Index.open(index_url(index)) as opened:
        if is_record:
            record = opened.record_history(key_of(what))
            show_json(record.as_dict()) if as_json else _show_record(record)
        elif at:
            person = opened.as_of(what, moment_of(at))
            show_json(person.as_dict()) if as_json else _show_as_of(person)
        else:
            found = opened.history(what)
            show_json(found.as_dict()) if as_json else _show_person(found)


def _show_person(found: PersonHistory) -> None:
    show_line("In use." if found.in_use else "No longer in use.")
    rows = [
        (
            each.sequence,
            each.at[:19],
            each.cause,
            each.effect.value,
            ", ".join(map(_key, each.came)),
            ", ".join(map(_key, each.went)),
            ", ".join(each.successors),
        )
        for each in found.turns
    ]
    columns = ("event", "at", "cause", "person", "came", "went", "successors")
    show_table("", columns, rows, folding=columns[4:])


def _show_record(found: RecordHistory) -> None:
    rows = [
        (person, each.since, each.since_at[:19], each.until or "", (each.until_at or "")[:19])
        for person, each in found.persons
    ]
    show_table("", ("person", "since event", "at", "until event", "at"), rows)
    identifiers = [
        (each.system, each.value, each.verified, spell.since, spell.until or "")
        for each, spell in found.identifiers
    ]
    show_table("", ("system", "value", "verified", "since event", "until event"), identifiers)


def _show_as_of(found: PersonAsOf) -> None:
    show_line(f"After event {found.sequence}, at {found.at[:19]}; release {found.release}")
    if not found.in_use:
        show_line("Not in use then.")
        show_table("", ("who held its records", "records"), list(found.current.items()))
        return
    show_line("Records: " + ", ".join(map(_key, found.records)))
    rows = [
        (each.system, each.value, each.verified, ", ".join(map(_key, keys)))
        for each, keys in found.identifiers
    ]
    show_table("", ("system", "value", "verified", "records"), rows, folding=("records",))


def _key(record: RecordKey) -> str:
    return f"{record.source}/{record.source_id}"
