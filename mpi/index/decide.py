"""What people know better than a model: decisions, supersessions and seals, as they are asked for.

`Index.decide`, `Index.supersede` and `Index.seal` carry them out, and `Index.undo` undoes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mpi.index.disturbance import DIFFERENT, SAME, UNSURE
from mpi.records import Identifier, RecordKey


class Verdict(StrEnum):
    """What a reviewer says of two records; `unsure` takes back what was said of them before."""

    SAME = SAME
    DIFFERENT = DIFFERENT
    UNSURE = UNSURE


@dataclass(frozen=True, slots=True)
class Decision:
    """That two records are of one individual, of two, or that nobody can tell.

    `survivor` is the person id to keep where that makes one person of two.
    """

    verdict: Verdict
    left: RecordKey
    right: RecordKey
    reason: str = ""
    by: str = ""
    survivor: str | None = None

    @property
    def ends(self) -> tuple[RecordKey, RecordKey]:
        """The two records in the order of their keys."""
        return min(self.left, self.right), max(self.left, self.right)


@dataclass(frozen=True, slots=True)
class Supersession:
    """That `old` was replaced by `new`, both as anybody writes them."""

    system: str
    old: str
    new: str
    reason: str = ""
    by: str = ""


Sealed = RecordKey | Identifier
"""What a seal names: a record by its key, or all that hold an identifier."""


@dataclass(frozen=True, slots=True)
class Seal:
    """That nothing of one side is of the same individual as anything of the other."""

    one: tuple[Sealed, ...]
    other: tuple[Sealed, ...]
    reason: str = ""
    by: str = ""
