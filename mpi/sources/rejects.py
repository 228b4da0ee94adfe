"""What a feed held that could not be used, told without anybody's value."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path

from mpi.errors import UnwritableOutput


@dataclass(frozen=True, slots=True)
class Reject:
    """One row, or one value of a row, that was left out; `column` is empty for a whole row.

    Rows count from 1, the header of a CSV apart.
    """

    file: str
    row: int
    key: str
    column: str
    reason: str


@dataclass(slots=True)
class Rejects:
    """Collects rejects while feeds are read, and counts the rows that were dropped as repeats."""

    items: list[Reject] = field(default_factory=list)
    identical_rows: int = 0
    superseded_rows: int = 0

    def add(self, reject: Reject) -> None:
        """Note one reject."""
        self.items.append(reject)

    def by_reason(self) -> dict[str, int]:
        """How many rejects there are of each reason, in order of reason."""
        return dict(sorted(Counter(item.reason for item in self.items).items()))

    def write(self, path: Path) -> None:
        """Write the rejects as CSV: file, row, key, column, reason.

        Raises:
            UnwritableOutput: the file cannot be written.
        """
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(column.name for column in fields(Reject))
                writer.writerows(map(astuple, self.items))
        except OSError as error:
            raise UnwritableOutput(file=str(path)) from error

    def __len__(self) -> int:
        return len(self.items)

    def __bool__(self) -> bool:
        """True even when nothing was rejected, so that `rejects or Rejects()` loses none."""
        return True
