"""`mpi audit`: who was told what, when and for what purpose; and whether that is still so."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mpi.cli.documenting import example, help_of
from mpi.cli.options import IndexOption, JsonOption, PolicyOption, index_url, policy_file
from mpi.cli.rendering import counted, show_json, show_line, show_table, show_warnings
from mpi.errors import (
    AuditBroken,
    IndexNotFound,
    IndexOutdated,
    IndexTooNew,
    IndexUnreachable,
    UnwritableOutput,
)
from mpi.settings import variable

if TYPE_CHECKING:
    from mpi.access.policy import Policy
    from mpi.access.reading import Entry, Kept, Test
    from mpi.access.verification import Verified
    from mpi.index.index import Index

EXAMPLE = "mpi audit search --identifier nhs-number 9990000018"
SinceOption = Annotated[
    str, typer.Option("--since", metavar="TIME", help="From then on (UTC).", show_default=False)
]
UntilOption = Annotated[
    str, typer.Option("--until", metavar="TIME", help="Before then (UTC).", show_default=False)
]
COLUMNS = ("at", "client", "user", "purpose", "operation", "outcome", "told", "release")


def _policy(given: Path | None) -> Policy:
    from mpi.access.loader import load_policy

    return load_policy(policy_file(given))


def _kept(given: Path | None) -> Kept:
    from mpi.access.reading import Kept

    return Kept.of(_policy(given))


def search(
    identifier: Annotated[
        tuple[str, str],
        typer.Option(
            "--identifier",
            metavar="SYSTEM VALUE",
            help="Asked with or told this identifier.",
            show_default=False,
        ),
    ] = ("", ""),
    person: Annotated[
        str, typer.Option("--person", metavar="ID", help="Told of this person.", show_default=False)
    ] = "",
    *,
    client: Annotated[
        str, typer.Option("--client", metavar="NAME", help="Asked by it.", show_default=False)
    ] = "",
    request: Annotated[
        str,
        typer.Option("--request", metavar="ID", help="X-Request-ID of it.", show_default=False),
    ] = "",
    since: SinceOption = "",
    until: UntilOption = "",
    policy: PolicyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show who was told what, when, for what purpose, on which release.

    Identifiers are keyed hashes in the audit: an entry is found by one, and shows none.
    """
    from mpi.access.reading import found, with_value

    during = _between(since, until)
    kept = _kept(policy)
    tests = [during, *_about(kept, identifier, person)]
    named = {"client": client, "request": request}
    tests += [with_value(key, said) for key, said in named.items() if said]
    entries = found(kept, tests)
    if as_json:
        show_json(entries)
        return
    show_table("", COLUMNS, [_row(each) for each in entries if "client" in each])
    show_line(f"Found: {len(entries):,}.")


def _between(since: str, until: str) -> Test:
    """Entries of the time that options name. Raises UsageError."""
    from mpi.access.reading import between
    from mpi.index.moments import time_of

    first, end = (time_of(each, in_utc=True) if each else None for each in (since, until))
    return between(first, end)


def _about(kept: Kept, identifier: tuple[str, str], person: str) -> list[Test]:
    from mpi.access.reading import about_identifier, about_person
    from mpi.identifiers import parse

    tests = []
    system, text = identifier
    if system:
        tests.append(about_identifier(kept.keyed, system, parse(system, text)))
    if person:
        tests.append(about_person(person.lower()))
    return tests


def _row(entry: Entry) -> tuple[str, ...]:
    told = {system for each in entry.get("persons", ()) for system in each.get("told", ())}
    return (
        entry["at"][:19],
        entry["client"] or "(nobody)",
        entry["user"],
        entry["purpose"],
        entry["operation"],
        entry.get("code") or entry["outcome"],
        ", ".join(sorted(told)),
        entry.get("release", ""),
    )


def verify(
    *, policy: PolicyOption = None, index: IndexOption = "", as_json: JsonOption = False
) -> None:
    """Say whether the audit is as it was written: every line, and every anchor.

    Anchors are in their file, and in the index: what it says is left out, with a warning, where
    there is none and none is named, or it cannot be opened.
    """
    kept = _kept(policy)
    noted = _noted(index)
    chains = _verified(kept, noted)
    broken = [each for each in chains if each.problems]
    if as_json:
        show_json([each.as_dict() for each in chains])
    else:
        rows = [(each.chain, each.entries, each.expired, each.state) for each in chains]
        show_table("", ("chain", "entries", "expired", "state"), rows)
        where = "their file" if noted is None else "their file and the index"
        show_line(f"Anchors that counted: those in {where}.")
        for each in broken:
            for problem in each.problems:
                show_line(f"{each.chain}: {problem}.")
    if broken:
        raise AuditBroken(f"{counted(len(broken), 'chain')}.")


def _noted(given: str) -> Index | None:
    """The index whose anchors count; None, with a warning, if it cannot be opened.

    Raises IndexNotFound for one that somebody named.
    """
    from mpi.index.index import Index

    try:
        return Index.open(index_url(given))
    except (IndexNotFound, IndexOutdated, IndexTooNew, IndexUnreachable) as error:
        if isinstance(error, IndexNotFound) and (given or variable("index") in os.environ):
            raise
        show_warnings([f"The anchors in the index were not checked. {error.message}"])
        return None


def _verified(kept: Kept, noted: Index | None) -> list[Verified]:
    from dataclasses import replace

    from mpi.access.anchors import Several
    from mpi.access.verification import verify as verified

    if noted is None:
        return verified(kept)
    with noted:
        anchors = Several((kept.anchors, noted.audit_anchors(kept.keyed.audit)))
        return verified(replace(kept, anchors=anchors))


def impact(
    split: Annotated[
        str,
        typer.Option(
            "--split",
            metavar="PERSON",
            help="The person whose records have parted since.",
            show_default=False,
        ),
    ],
    *,
    policy: PolicyOption = None,
    index: IndexOption = "",
    as_json: JsonOption = False,
) -> None:
    """List who was told of a link that has since been undone."""
    from mpi.index.index import Index

    with Index.open(index_url(index)) as opened:
        undone = opened.impact(_kept(policy), split)
    if as_json:
        show_json([{**each.entry, "undone": each.systems} for each in undone])
        return
    columns = ("at", "client", "user", "purpose", "request", "no longer so")
    keys = ("client", "user", "purpose", "request")
    rows = [
        (each.entry["at"][:19], *(each.entry[key] for key in keys), ", ".join(each.systems))
        for each in undone
    ]
    show_table("", columns, rows)
    show_line(counted(len(undone), "answer") + " to take back.")


def export(
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FILE", help="Where to write; else to stdout.", show_default=False
        ),
    ] = None,
    *,
    since: SinceOption = "",
    until: UntilOption = "",
    policy: PolicyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the audit as FHIR AuditEvents (IHE BALP), one JSON object a line."""
    from mpi.access.audit_event import audit_events
    from mpi.access.reading import found

    during = _between(since, until)
    entries = found(_kept(policy), [during])
    events = [event for entry in entries for event in audit_events(entry)]
    _write(events, to)
    if to is not None and as_json:
        show_json({"events": len(events), "file": str(to)})
    elif to is not None:
        show_line(f"{counted(len(events), 'AuditEvent')} in {to}")


def _write(events: list[dict[str, Any]], to: Path | None) -> None:
    import orjson

    lines = b"".join(orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE) for each in events)
    if to is None:
        sys.stdout.write(lines.decode())
        return
    try:
        to.write_bytes(lines)
    except OSError as error:
        raise UnwritableOutput(file=str(to)) from error


def expire(*, policy: PolicyOption = None, as_json: JsonOption = False) -> None:
    """Take out the entries that are past their retention; the chains still hold."""
    from mpi.access.reading import Kept
    from mpi.access.retention import expire as expired

    loaded = _policy(policy)
    taken = expired(Kept.of(loaded), loaded.document.audit, datetime.now(UTC))
    if as_json:
        show_json({"expired": taken})
    else:
        show_line(f"Taken out: {taken:,}.")


audit = typer.Typer(no_args_is_help=True)
for _name, _command, _example in (
    ("search", search, EXAMPLE),
    ("verify", verify, "mpi audit verify --policy policy.toml"),
    ("impact", impact, "mpi audit impact --split 019a0b5e-7c1d-7e4a-9f3b-2d6c8a1e5f70"),
    ("export", export, "mpi audit export --to audit.ndjson"),
    ("expire", expire, "mpi audit expire --policy policy.toml"),
):
    audit.command(_name, help=help_of(_command), epilog=example(_example))(_command)
