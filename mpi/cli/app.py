"""The `mpi` command: its subcommands, and how an error ends it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from mpi.cli import (
    audit,
    backup,
    compare,
    decide,
    demo,
    erase,
    evaluate,
    explain,
    export,
    history,
    ingest,
    link,
    lookup,
    match,
    plan,
    policy,
    release,
    review,
    rollback,
    sample,
    serve,
    synthesise,
    train,
    upgrade,
    verify,
)
from mpi.cli.documenting import example, help_of
from mpi.errors import MPIError, UsageError
from mpi.settings import version

FAILED = 1
MISUSED = 2

_ABOUT = (
    "Master person index: which records, in which systems, are one person, and how sure is that?"
    "\n\n"
    "Feeds from source systems are linked into an index of persons; look-ups then answer with a "
    "person's other identifiers, each with a confidence."
)
_TRY = "Try it"
_BUILD = "Build an index"
_USE = "Use an index"
_CHANGE = "Change an index"
_KEEP = "Keep an index"

app = typer.Typer(
    name="mpi",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="New here? Run [bold]mpi demo[/bold] in an empty folder.",
)


def _add(panel: str, command: Callable[..., None], line: str) -> None:
    app.command(rich_help_panel=panel, help=help_of(command), epilog=example(line))(command)


_add(_TRY, demo.demo, demo.EXAMPLE)
_add(_TRY, synthesise.synthesise, synthesise.EXAMPLE)
_add(_BUILD, train.train, train.EXAMPLE)
_add(_BUILD, plan.plan, plan.EXAMPLE)
_add(_BUILD, link.link, link.EXAMPLE)
_add(_BUILD, evaluate.evaluate, evaluate.EXAMPLE)
_add(_BUILD, sample.sample, sample.EXAMPLE)
_add(_BUILD, compare.compare, compare.EXAMPLE)
_add(_BUILD, release.release, release.EXAMPLE)
_add(_USE, lookup.lookup, lookup.EXAMPLE)
_add(_USE, match.match, match.EXAMPLE)
_add(_USE, explain.explain, explain.EXAMPLE)
_add(_USE, history.history, history.HISTORY_EXAMPLE)
_add(_USE, history.events, history.EVENTS_EXAMPLE)
app.add_typer(
    export.export,
    name="export",
    rich_help_panel=_USE,
    help="Write cross-references, links or labels to a Parquet or CSV file.",
    epilog=example(export.EXAMPLE),
)
_add(_USE, review.review, review.EXAMPLE)
app.add_typer(
    policy.policy,
    name="policy",
    rich_help_panel=_USE,
    help="Show what a disclosure policy lets a client ask and be told, and check it.",
    epilog=example(policy.EXAMPLE),
)
app.add_typer(
    audit.audit,
    name="audit",
    rich_help_panel=_USE,
    help="Show who was told what, when and for what purpose.",
    epilog=example(audit.EXAMPLE),
)
_add(_USE, serve.serve, serve.EXAMPLE)
_add(_CHANGE, ingest.ingest, ingest.EXAMPLE)
_add(_CHANGE, decide.decide, decide.DECIDE_EXAMPLE)
_add(_CHANGE, decide.seal, decide.SEAL_EXAMPLE)
_add(_CHANGE, decide.supersede, decide.SUPERSEDE_EXAMPLE)
_add(_CHANGE, decide.undo, decide.UNDO_EXAMPLE)
_add(_CHANGE, erase.erase, erase.EXAMPLE)
_add(_KEEP, verify.verify, verify.EXAMPLE)
_add(_KEEP, backup.backup, backup.BACKUP_EXAMPLE)
_add(_KEEP, backup.restore, backup.RESTORE_EXAMPLE)
_add(_KEEP, rollback.rollback, rollback.EXAMPLE)
_add(_KEEP, upgrade.upgrade, upgrade.EXAMPLE)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"master-person-index {version()}")
        raise typer.Exit()


@app.callback(help=_ABOUT)
def root(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """What holds for every command."""


def _run(arguments: Sequence[str] | None) -> None:
    try:
        _check_text(sys.argv[1:] if arguments is None else arguments)
        app(args=arguments, prog_name="mpi")
    finally:
        sys.stdout.flush()


def _check_text(arguments: Sequence[str]) -> None:
    """Raise UsageError for bytes that are no text: they can be neither shown nor looked up."""
    for number, each in enumerate(arguments, 1):
        if not each.isprintable() and any("\ud800" <= char <= "\udfff" for char in each):
            raise UsageError(f"Argument {number} of the command line is not UTF-8 text.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 misused, 130 interrupted.

    An error of ours is one line on stderr.
    """
    try:
        _run(arguments)
    except BrokenPipeError:
        # Nobody reads any more; Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except MPIError as error:
        sys.stderr.write(f"error: {error.message}\n")
        sys.exit(MISUSED if isinstance(error, UsageError) else FAILED)
