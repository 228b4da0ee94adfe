"""`mpi explain`: why are two records of the index one person, or two?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mpi.cli.options import IndexOption, JsonOption, index_url
from mpi.cli.rendering import show_json, show_line, show_table

if TYPE_CHECKING:
    from mpi.index.explain import Explanation

EXAMPLE = "mpi explain hjis/H004711 nomis/A1234BC"


def explain(
    left: Annotated[
        str,
        typer.Argument(
            metavar="LEFT",
            help="A record: its source, a slash (or a bar, in quotes) and its key there.",
            show_default=False,
        ),
    ],
    right: Annotated[
        str, typer.Argument(metavar="RIGHT", help="Another, likewise.", show_default=False)
    ],
    *,
    index: IndexOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show why two records are one person, or two: every comparison and its weight.

    Weights are in bits; they and the prior add up to the match weight. What is above 0 speaks for
    one person.
    """
    from mpi.index.index import Index

    with Index.open(index_url(index)) as opened:
        found = opened.explain(left, right)
    if as_json:
        show_json(found.as_dict())
    else:
        _show(found)


def _show(found: Explanation) -> None:
    one, other = found.persons
    if one == other:
        show_line(f"One person: {one}")
    else:
        show_line(f"Two persons: {one} and {other}")
    rows = [
        ("prior", "", found.prior / 1000, "two records drawn at random"),
        *((c.comparison, c.level.code, c.weight / 1000, c.sentence) for c in found.comparisons),
        ("match weight", "", found.weight / 1000, ""),
    ]
    show_table("", ("comparison", "level", "bits", ""), rows, folding=("",))
    rules = ", ".join(found.rules) or "none"
    show_line(f"Shared blocking keys: {rules}. Release {found.release}")
