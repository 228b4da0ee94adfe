"""`mpi policy`: what a disclosure policy says, and whether it can be used."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mpi.cli.documenting import example, help_of
from mpi.cli.options import JsonOption, PolicyOption, SourcesOption, policy_file, sources_folder
from mpi.cli.rendering import counted, show_json, show_line, show_table
from mpi.errors import InvalidPolicy

if TYPE_CHECKING:
    from mpi.access.explaining import Explained

EXAMPLE = "mpi policy explain --policy policy.toml --client hjis --purpose TREAT"
CHECK_EXAMPLE = "mpi policy check policy.toml"
SHOW_EXAMPLE = "mpi policy example"


def explain(
    client: Annotated[
        str,
        typer.Option("--client", metavar="NAME", help="Who asks.", show_default=False),
    ],
    purpose: Annotated[
        str,
        typer.Option(
            "--purpose",
            metavar="CODE",
            help="What for, such as TREAT or PROBATION. Without it: the client's only one.",
            show_default=False,
        ),
    ] = "",
    *,
    policy: PolicyOption = None,
    sources: SourcesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a client may ask and be told for a purpose, and why."""
    from mpi.access.explaining import explained
    from mpi.access.loader import load_policy

    found = explained(load_policy(policy_file(policy), sources_folder(sources)), client, purpose)
    if as_json:
        show_json(found.as_dict())
    else:
        _show(found)


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy.", show_default=False)],
    *,
    sources: SourcesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say everything that is wrong with a policy, line by line."""
    from mpi.access.loader import faults_of

    faults = faults_of(file, sources_folder(sources))
    if as_json:
        show_json({"file": str(file), "faults": [_plain(each) for each in faults]})
    else:
        for each in faults:
            place = f" ({each.key})" if each.key else ""
            show_line(f"{file}:{each.line}: {each.problem}{place}")
    if faults:
        raise InvalidPolicy(f"It has {counted(len(faults), 'fault')}.", file=str(file))
    if not as_json:
        show_line(f"{file}: no faults.")


def show_example(*, as_json: JsonOption = False) -> None:
    """Print a worked policy with eleven kinds of client, to begin one's own with."""
    import tomllib

    text = resources.files("mpi.access").joinpath("policies", "example.toml").read_text("utf-8")
    if as_json:
        show_json(tomllib.loads(text))
    else:
        show_line(text.rstrip())


def _plain(fault: Any) -> dict[str, Any]:
    return {"line": fault.line, "key": fault.key, "problem": fault.problem}


def _show(found: Explained) -> None:
    show_line(f"{found.client} ({found.title}), of {found.organisation}")
    show_line(f"asks for {found.purpose}: {found.purpose_title}.")
    show_line(f"Lawful by: {found.legal_basis}.")
    show_line(f"Regime: {found.regime}. Policy {found.policy}.\n")
    rows = [(each.system, each.ask_with, each.see, each.because) for each in found.systems]
    show_table("", ("identifier system", "may ask with", "may be told", "because"), rows)
    show_line(f"Knows of records in: {', '.join(found.sources) or 'no source system'}.")
    show_line(f"Is told nothing below a confidence of {found.minimum_confidence:g}.")
    for sentence in found.sentences:
        show_line(sentence)


policy = typer.Typer(no_args_is_help=True)
for _name, _command, _example in (
    ("explain", explain, EXAMPLE),
    ("check", check, CHECK_EXAMPLE),
    ("example", show_example, SHOW_EXAMPLE),
):
    policy.command(_name, help=help_of(_command), epilog=example(_example))(_command)
