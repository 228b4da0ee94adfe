"""`mpi match`: which person of the index is this record of?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, SourcesOption, index_url, sources_folder
from mpi.cli.rendering import counted, show_json, show_line, show_table
from mpi.errors import UsageError
from mpi.records import MOST_PERSONS_LISTED, PERSONS_LISTED

if TYPE_CHECKING:
    from mpi.index.match import Matches
    from mpi.records import Record

EXAMPLE = "mpi match --source nomis row.json"
STDIN = "-"


def match(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="The record as a JSON object; without it, or with -, from stdin.",
            show_default=False,
        ),
    ] = STDIN,
    index: IndexOption = "",
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="NAME",
            help="The record is a row of this source system: a JSON object of its columns.",
            show_default=False,
        ),
    ] = "",
    sources: SourcesOption = None,
    *,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", metavar="N", min=1, max=MOST_PERSONS_LISTED, help="The most persons to list."
        ),
    ] = PERSONS_LISTED,
    everyone: Annotated[
        bool,
        typer.Option("--all", help="List also those of whom the record is certainly not."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the persons whom a record may be of, and how sure the index is; writes nothing.

    Reads one JSON object. Without --source its fields are ours, and all may be left
    out: names (a list of given and family), birth_dates (YYYY-MM-DD), sex, postcodes, addresses,
    town, phones, emails, birth_place, occupation, identifiers (a list of system, value and
    verified), custody_dates, sentence_dates, source, source_id.
    """
    from mpi.index.index import Index

    record = _given(_read(file), source, sources)
    with Index.open(index_url(index)) as opened:
        found = opened.match(record, limit=limit, everyone=everyone)
    if as_json:
        show_json(found.as_dict())
    else:
        _show(found)


def _read(file: str) -> bytes:
    if file == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError("The record cannot be read.", file=file) from error


def _given(content: bytes, source: str, sources: SourcesOption) -> Record:
    from mpi.index.given import record_from_json, record_from_row

    if source:
        return record_from_row(content, source, sources_folder(sources))
    return record_from_json(content)


def _show(found: Matches) -> None:
    if found.p_null is None:
        show_line("The record has nothing to match on: no blocking key of the release.")
        return
    if found.held:
        show_line(f"The index holds this record already, as of person {found.held}.")
    rows = [
        (
            each.person_id,
            each.grade.value,
            f"{each.weight / 1000:.1f}",
            each.confidence,
            each.probability,
            len(each.records),
            f"{each.best.source} {each.best.source_id}",
            ", ".join(each.conflicts),
        )
        for each in found.persons
    ]
    show_table("", _COLUMNS, rows, folding=("best record", "conflicts"))
    provisional = ", provisional" if found.provisional else ""
    show_line(f"None of them: {found.p_null:.4f}")
    show_line(f"{counted(found.candidates, 'candidate')}; release {found.release}{provisional}")


_COLUMNS = (
    *("person", "grade", "weight", "confidence", "probability", "records"),
    *("best record", "conflicts"),
)
