"""`mpi decide`, `mpi seal`, `mpi supersede`, `mpi undo`: what people know better than a model."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.rendering import show_json, show_line, show_table
from mpi.errors import UsageError

if TYPE_CHECKING:
    from mpi.index.changes import ChangeResult
    from mpi.records import Identifier, RecordKey

DECIDE_EXAMPLE = "mpi decide different hjis/H004711 nomis/A1234BC --reason twins"
SEAL_EXAMPLE = "mpi seal pds/9990000018 --from pds/9990000026 --reason protection"
SUPERSEDE_EXAMPLE = "mpi supersede nhs-number 9990000026 9990000018 --reason traced"
UNDO_EXAMPLE = "mpi undo 4711 --reason mistaken"


class VerdictChoice(StrEnum):
    """What a reviewer can decide."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; kept with it.", show_default=False)
]
ByOption = Annotated[
    str,
    typer.Option(
        "--by",
        metavar="NAME",
        help="Who says so. Without it: the user of this machine.",
        show_default=False,
    ),
]


def decide(
    verdict: Annotated[VerdictChoice, typer.Argument(help="What they are.", show_default=False)],
    left: Annotated[
        str,
        typer.Argument(
            metavar="A", help="A record: its source, a slash and its key there.", show_default=False
        ),
    ],
    right: Annotated[
        str, typer.Argument(metavar="B", help="Another, likewise.", show_default=False)
    ],
    *,
    index: IndexOption = "",
    reason: ReasonOption,
    by: ByOption = "",
    survivor: Annotated[
        str,
        typer.Option(
            "--survivor",
            metavar="PERSON",
            help="With same: the person id to keep.",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Decide that two records are of the same person, or of different ones, whatever they say.

    A decision outranks every link and holds until it is undone; unsure takes back what was decided
    on the two. A decision that contradicts others is refused, with the records that lead from one
    to the other.
    """
    from mpi.index.decide import Decision, Verdict
    from mpi.index.explain import key_of
    from mpi.index.index import Index

    made = Decision(
        Verdict(verdict.value),
        key_of(left),
        key_of(right),
        reason=reason,
        by=_who(by),
        survivor=survivor or None,
    )
    with Index.open(index_url(index)) as opened:
        _show(opened.decide(made), as_json=as_json)


def seal(
    one: Annotated[
        list[str],
        typer.Argument(
            metavar="ONE...",
            help="Records of one side (source/key), or identifiers (system=value).",
            show_default=False,
        ),
    ],
    *,
    other: Annotated[
        list[str],
        typer.Option(
            "--from", metavar="OTHER", help="The other side, likewise.", show_default=False
        ),
    ],
    index: IndexOption = "",
    reason: ReasonOption,
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Keep two sides apart for good: adoption, gender recognition, protection.

    No score, decision or release joins them again until the seal is undone.
    """
    from mpi.index.decide import Seal
    from mpi.index.index import Index

    made = Seal(_side(one), _side(other), reason=reason, by=_who(by))
    with Index.open(index_url(index)) as opened:
        _show(opened.seal(made), as_json=as_json)


def supersede(
    system: Annotated[str, typer.Argument(help="The identifier system.", show_default=False)],
    old: Annotated[str, typer.Argument(help="The value that is replaced.", show_default=False)],
    new: Annotated[str, typer.Argument(help="The value to use instead.", show_default=False)],
    *,
    index: IndexOption = "",
    reason: ReasonOption = "",
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take one identifier for another, as its issuer does after a merge of two numbers."""
    from mpi.index.decide import Supersession
    from mpi.index.index import Index

    made = Supersession(system, old, new, reason=reason, by=_who(by))
    with Index.open(index_url(index)) as opened:
        _show(opened.supersede(made), as_json=as_json)


def undo(
    sequence: Annotated[
        int,
        typer.Argument(
            min=1,
            max=2**63 - 1,
            help="Its number, as it was said when it was made.",
            show_default=False,
        ),
    ],
    *,
    index: IndexOption = "",
    reason: ReasonOption = "",
    by: ByOption = "",
    as_json: JsonOption = False,
) -> None:
    """Undo a decision, a supersession or a seal: the persons are as if it had never been made."""
    from mpi.index.index import Index

    with Index.open(index_url(index)) as opened:
        found = opened.undo(sequence, by=_who(by), reason=reason)
    _show(found, as_json=as_json, said=f"Undone, by event {found.sequence}.")


def _side(texts: list[str]) -> tuple[RecordKey | Identifier, ...]:
    """Records and identifiers as somebody names them. Raises UsageError."""
    from mpi.index.explain import key_of
    from mpi.records import Identifier

    found: list[RecordKey | Identifier] = []
    for text in texts:
        system, equals, value = text.partition("=")
        if equals and not (system and value):
            raise UsageError("An identifier is its system, an equals sign and its value.")
        found.append(Identifier(system, value) if equals else key_of(text))
    return tuple(found)


def _who(by: str) -> str:
    return by or getpass.getuser()


def _show(found: ChangeResult, *, as_json: bool, said: str = "") -> None:
    if as_json:
        show_json(found.as_dict())
        return
    known = "" if found.changed else "It was in force already. "
    show_line(said or f"{known}Event {found.sequence}; `mpi undo {found.sequence}` takes it back.")
    rows = [(p.person_id, p.effect.value, ", ".join(p.successors)) for p in found.persons]
    if rows:
        show_table("", ("person", "", "now"), rows, folding=("now",))
    else:
        show_line("No person changed.")
