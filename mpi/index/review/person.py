"""A whole person as a reviewer sees it: a row for every record, and the links as a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mpi.access.sight import Sight
from mpi.errors import PersonNotFound
from mpi.index.review.case import Dated, may_review, reviewed, timeline, titles
from mpi.index.review.diff import legible
from mpi.index.review.fields import Known, check
from mpi.index.review.graph import FEW, Drawing, Edge, draw, placed, spanning
from mpi.index.study.neighbourhood import bridges
from mpi.linking.intake import record_of
from mpi.model.thresholds import MILLI, Thresholds
from mpi.records import Record, RecordKey
from mpi.store.rows import PersonRows, StoredRecord
from mpi.store.view import View


@dataclass(frozen=True, slots=True)
class Cell:
    """What a record says of one attribute; `odd` where it shares nothing with most others."""

    values: tuple[str, ...]
    odd: bool


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record of a person, numbered from 1."""

    number: int
    key: RecordKey
    title: str
    version: str
    golden: bool
    cells: tuple[Cell, ...]

    @property
    def odd(self) -> bool:
        """Whether something that it says is unlike what most others say."""
        return any(cell.odd for cell in self.cells)


@dataclass(frozen=True, slots=True)
class PersonCase:
    """A person for a reviewer. `columns` are the titles of the cells."""

    person_id: str
    findings: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[RecordRow, ...]
    timeline: list[Dated]
    drawing: Drawing | None


_COLUMNS = (
    ("Name", "full_names"),
    ("Birth date", "birth_dates"),
    ("Sex", "sex"),
    ("Postcode", "postcodes"),
)

COLUMNS = (*(title for title, _ in _COLUMNS), "Identifiers")
"""The titles of the cells of a record."""


def person_case(view: View, person_id: str, sight: Sight) -> PersonCase:
    """The case of a person in use.

    Raises PersonNotFound, also where the reviewer may know of none of the person's records, or the
    person is restricted and something is kept from the reviewer.
    """
    person = view.person_of(person_id.lower())
    members = [] if person is None else [m for m in person.members if sight.knows(m.key.source)]
    if person is None or not members or not may_review(person, sight):
        raise PersonNotFound()
    stored = list(view.records(member.record_no for member in members))
    known = [Known.of(reviewed(record_of(each.payload), person)) for each in stored]
    rows = record_rows(stored, known, sight, golden=person.golden_record_no)
    return PersonCase(
        person_id=person.person_id,
        findings=sight.told_findings(person.findings),
        columns=COLUMNS,
        rows=rows,
        timeline=timeline([each.record for each in known]),
        drawing=_drawing(view, person, rows),
    )


def record_rows(
    stored: Sequence[StoredRecord],
    known: Sequence[Known],
    sight: Sight,
    *,
    golden: int | None = None,
) -> tuple[RecordRow, ...]:
    """Records as rows, numbered from 1; `known` are the same ones as they may be shown."""
    cells = _cells(known, sight)
    named = titles()
    return tuple(
        RecordRow(
            number=at + 1,
            key=each.key,
            title=named.get(each.key.source, each.key.source),
            version=each.version,
            golden=each.record_no == golden,
            cells=tuple(column[at] for column in cells),
        )
        for at, each in enumerate(stored)
    )


def _cells(known: Sequence[Known], sight: Sight) -> list[list[Cell]]:
    """The cells of every column, in the order of the records."""
    columns = [_column(known, attribute) for _, attribute in _COLUMNS]
    columns.append([Cell(_identifiers(each.record, sight), odd=False) for each in known])
    return columns


def _column(known: Sequence[Known], attribute: str) -> list[Cell]:
    clean = [each.clean(attribute) for each in known]
    counts = Counter(value for values in clean for value in values)
    said = sum(1 for values in clean if values)
    return [
        Cell(_raw(each.record, attribute), odd=bool(values) and _is_odd(values, counts, said))
        for each, values in zip(known, clean, strict=True)
    ]


def _is_odd(values: frozenset[str], counts: Counter[str], said: int) -> bool:
    """Whether a record stands alone with its values among at least three that have some."""
    return said > 2 and max(counts[value] for value in values) * 4 <= said


def _raw(record: Record, attribute: str) -> tuple[str, ...]:
    values = {
        "full_names": tuple(f"{name.given} {name.family}".strip() for name in record.names),
        "birth_dates": record.birth_dates,
        "sex": (record.sex,),
        "postcodes": record.postcodes,
    }[attribute]
    return tuple(legible(value) for value in dict.fromkeys(values) if value)


def _identifiers(record: Record, sight: Sight) -> tuple[str, ...]:
    seen = [each for each in record.identifiers if sight.sees(each.system)]
    return tuple(
        f"{each.system} {legible(each.value)}{_remark(each.system, each.value)}" for each in seen
    )


def _remark(system: str, value: str) -> str:
    said = check(system, value)
    return "" if said in ("check digit fits", "well formed") else f" ({said})"


def _drawing(view: View, person: PersonRows, rows: Sequence[RecordRow]) -> Drawing | None:
    """The graph of the links among the records that are shown; None of a single one."""
    number = {member.key: member.record_no for member in person.members}
    numbers = [number[row.key] for row in rows]
    if len(numbers) < 2:
        return None
    left, right, weight = placed(view.links_among(numbers), numbers)
    release = view.state.release
    join = Thresholds.from_dict(release.document["thresholds"]).join if release else 0
    bridge = bridges(len(numbers), left, right, among=weight >= join)
    # of many records only the tree is drawn
    few = len(numbers) <= FEW
    drawn = range(len(left)) if few else sorted(spanning(len(numbers), left, right, weight))
    edges = [
        Edge(int(left[at]), int(right[at]), int(weight[at]) / MILLI, bool(bridge[at]))
        for at in drawn
    ]
    return draw(len(numbers), edges)
