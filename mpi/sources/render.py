"""A record in a source's own columns and formats: the inverse of reading, from one mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mpi.records import Identifier, Name, Record
from mpi.sources.dates import write_date
from mpi.sources.description import (
    AddressColumns,
    Columns,
    Flag,
    IdentifierColumn,
    NameColumns,
    SourceSystem,
)

LINE_BREAK = ", "
"""What stands between the lines of an address in a Record."""


def render_row(source: SourceSystem, record: Record) -> dict[str, str]:
    """The row this source would send for the record, every column of the source in order.

    Values go to the first column with room. What a source has no column for is left out, and a
    separator inside a value becomes a space. Reading the row gives the record back, less that.
    """
    return next(render_rows(source, [record]))


def render_rows(source: SourceSystem, records: Iterable[Record]) -> Iterator[dict[str, str]]:
    """The same for many records: what depends on the source alone is worked out once."""
    blank = dict.fromkeys(source.columns, "")
    return (_filled(blank.copy(), source, record) for record in records)


def _filled(row: dict[str, str], source: SourceSystem, record: Record) -> dict[str, str]:
    row[source.key] = record.source_id
    if source.version:
        row[source.version.column] = _version(record.version, source.version.formats)
    if source.deleted:
        row[source.deleted.column] = source.deleted.otherwise
    if source.restricted:
        row[source.restricted.column] = _told(source.restricted, record.restricted)
    if source.sex:
        row[source.sex.column] = source.sex.values.get(record.sex, record.sex)
    _write_names(row, source, record.names)
    _write_addresses(row, source, record)
    for columns, values in _listed(source, record):
        _write_list(row, columns, values)
    texts = (
        (source.town, record.town),
        (source.birth_place, record.birth_place),
        (source.occupation, record.occupation),
    )
    row.update((column, value) for column, value in texts if column)
    _write_identifiers(row, source.identifiers, record.identifiers)
    return row


def _told(flag: Flag, yes: bool) -> str:
    return flag.values[0] if yes else flag.otherwise


def _version(version: str, formats: Sequence[str]) -> str:
    if formats:
        return write_date(version, formats[0])
    return str(int(version)) if version.isdecimal() else version


def _listed(source: SourceSystem, record: Record) -> Iterable[tuple[Columns, Sequence[str]]]:
    written = source.date_formats[0]
    yield source.birth_dates, [write_date(d, written) for d in record.birth_dates]
    yield source.custody_dates, [write_date(d, written) for d in record.custody_dates]
    yield source.sentence_dates, [write_date(d, written) for d in record.sentence_dates]
    yield source.phones, record.phones
    yield source.emails, record.emails


def _write_list(row: dict[str, str], columns: Columns, values: Sequence[str]) -> None:
    left = list(values)
    for column in columns:
        taken, left = (left, []) if column.separator else (left[:1], left[1:])
        row[column.column] = _join(taken, column.separator)


def _join(values: Iterable[str], separator: str) -> str:
    if not separator:
        return next(iter(values), "")
    return separator.join(value.replace(separator, " ") for value in values)


def _write_names(row: dict[str, str], source: SourceSystem, names: Sequence[Name]) -> None:
    left = list(names)
    for columns in source.names:
        taken, left = (left, []) if columns.separator else (left[:1], left[1:])
        if columns.whole:
            texts = [_whole(name, columns.order) for name in taken]
            row[columns.whole] = _join(texts, columns.separator)
        elif columns.separator:
            row[columns.given[0]] = _join((n.given for n in taken), columns.separator)
            row[columns.family] = _join((n.family for n in taken), columns.separator)
        elif taken:
            _write_parts(row, columns, taken[0])


def _whole(name: Name, order: str) -> str:
    if order == "given family":
        return f"{name.given} {name.family}".strip()
    given = name.given.replace(",", " ")
    family = name.family.replace(",", " ")
    return f"{family}, {given}".strip() if given else family


def _write_parts(row: dict[str, str], columns: NameColumns, name: Name) -> None:
    _spread(row, columns.given, name.given, " ")
    if columns.family:
        row[columns.family] = name.family


def _spread(row: dict[str, str], columns: Sequence[str], text: str, between: str) -> None:
    """One part of the text to each column, and what is left to the last."""
    parts = text.split(between, max(len(columns) - 1, 0)) if text else []
    row.update(zip(columns, parts, strict=False))


def _write_addresses(row: dict[str, str], source: SourceSystem, record: Record) -> None:
    """Addresses and postcodes go together by position; either may be empty or fewer."""
    count = max(len(record.addresses), len(record.postcodes))
    lines = [*record.addresses, *[""] * (count - len(record.addresses))]
    codes = [*record.postcodes, *[""] * (count - len(record.postcodes))]
    pairs = list(zip(lines, map(_unmarked, codes), strict=True))
    for columns in source.addresses:
        taken, pairs = (pairs, []) if columns.separator else (pairs[:1], pairs[1:])
        _write_address(row, columns, taken)


def _unmarked(postcode: str) -> str:
    return postcode.partition(":")[2] if ":" in postcode else postcode


def _write_address(
    row: dict[str, str], columns: AddressColumns, taken: Sequence[tuple[str, str]]
) -> None:
    if columns.separator and columns.lines:
        row[columns.lines[0]] = _join((line for line, _ in taken), columns.separator)
    elif taken:
        _spread(row, columns.lines, taken[0][0], LINE_BREAK)
    if columns.postcode:
        row[columns.postcode] = _join((code for _, code in taken), columns.separator)


def _write_identifiers(
    row: dict[str, str], columns: Sequence[IdentifierColumn], identifiers: Sequence[Identifier]
) -> None:
    left = list(identifiers)
    for column in columns:
        fitting = [i for i in left if _fits(i, column)]
        taken = fitting if column.separator else fitting[:1]
        left = [i for i in left if i not in taken]
        values = (_local_value(i.value, column) for i in taken)
        row[column.column] = _join(values, column.separator)
        if taken and column.ods_column:
            row[column.ods_column] = taken[0].value.partition(":")[0]
        if taken and column.verified_by:
            flag = column.verified_by
            row[flag.column] = _told(flag, taken[0].verified)


def _fits(identifier: Identifier, column: IdentifierColumn) -> bool:
    fixed_ods = not column.ods or identifier.value.startswith(f"{column.ods}:")
    return identifier.system == column.system and fixed_ods


def _local_value(value: str, column: IdentifierColumn) -> str:
    return value.partition(":")[2] if column.ods or column.ods_column else value
