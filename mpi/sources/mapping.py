"""Columns of text to Records, column by column: a row at a time would cost several times more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial, reduce
from itertools import repeat, zip_longest
from operator import add
from typing import TypeVar

import pyarrow as pa

from mpi.cleaning import mark_postcode
from mpi.records import Identifier, Name, Record
from mpi.sources.dates import read_date, read_version
from mpi.sources.description import (
    AddressColumns,
    Column,
    Columns,
    IdentifierColumn,
    NameColumns,
    SourceSystem,
)
from mpi.sources.render import LINE_BREAK

T = TypeVar("T")
Cells = dict[str, list[str]]
Texts = tuple[str, ...]


def to_records(table: pa.Table, source: SourceSystem) -> list[Record]:
    """Rows of `read_table`, or a slice of them, as Records in the same order.

    Pure, so that worker processes can each map some of the rows. A date that fits none of the
    source's formats is left out; `read_table` has reported it.
    """
    cells: Cells = {name: table.column(name).to_pylist() for name in source.columns}
    count = table.num_rows
    names = [_names(columns, cells) for columns in source.names]
    identifiers = [_identifiers(column, cells) for column in source.identifiers]
    addresses, postcodes = _addresses(source, cells, count)
    fields = (
        repeat(source.name, count),
        cells[source.key],
        _versions(source, cells, count),
        _joined(names, count),
        _dates(source.birth_dates, source, cells),
        _sexes(source, cells, count),
        postcodes,
        addresses,
        cells.get(source.town) or repeat("", count),
        _joined([_split_column(column, cells) for column in source.phones], count),
        _joined([_split_column(column, cells) for column in source.emails], count),
        cells.get(source.birth_place) or repeat("", count),
        cells.get(source.occupation) or repeat("", count),
        _joined(identifiers, count),
        _dates(source.custody_dates, source, cells),
        _dates(source.sentence_dates, source, cells),
        _restricted(source, cells, count),
    )
    return list(map(Record, *fields))


def _joined(columns: Sequence[list[tuple[T, ...]]], count: int) -> list[tuple[T, ...]]:
    """The tuples of several columns put together, row by row."""
    nothing: list[tuple[T, ...]] = [()] * count
    first, *rest = [column for column in columns if any(column)] or [nothing]
    return reduce(lambda left, right: list(map(add, left, right)), rest, first)


def split_list(text: str, separator: str) -> list[str]:
    """The trimmed entries of a cell, the empty ones too: parallel lists go by position."""
    return [entry.strip() for entry in text.split(separator)]


def _split_column(column: Column, cells: Cells) -> list[Texts]:
    texts = cells[column.column]
    if not column.separator:
        return [(text,) if text else () for text in texts]
    split = partial(split_list, separator=column.separator)
    return [tuple(filter(None, split(text))) if text else () for text in texts]


def _versions(source: SourceSystem, cells: Cells, count: int) -> Iterable[str]:
    if source.version is None:
        return repeat("", count)
    formats = source.version.formats
    return [read_version(text, formats) for text in cells[source.version.column]]


def _sexes(source: SourceSystem, cells: Cells, count: int) -> Iterable[str]:
    if source.sex is None:
        return repeat("", count)
    ours = {theirs: our for our, theirs in source.sex.values.items()}
    return [ours.get(text, text) for text in cells[source.sex.column]]


def _restricted(source: SourceSystem, cells: Cells, count: int) -> Iterable[bool]:
    flag = source.restricted
    if flag is None:
        return repeat(False, count)
    return [text in flag.values for text in cells[flag.column]]


def _dates(columns: Columns, source: SourceSystem, cells: Cells) -> list[Texts]:
    """ISO dates; those in no known format are left out."""
    count = len(cells[source.key])
    texts = _joined([_split_column(column, cells) for column in columns], count)
    return [_iso_dates(row, source.date_formats) if row else () for row in texts]


@lru_cache(maxsize=1 << 16)
def _iso_dates(texts: Texts, formats: Texts) -> Texts:
    return tuple(iso for text in texts if (iso := read_date(text, formats)) is not None)


def _names(columns: NameColumns, cells: Cells) -> list[tuple[Name, ...]]:
    if columns.whole:
        return [_whole_names(text, columns) if text else () for text in cells[columns.whole]]
    count = len(next(iter(cells.values())))
    given = _joined_text([cells[name] for name in columns.given], " ", count)
    family = cells[columns.family] if columns.family else [""] * count
    if columns.separator:
        pairs = zip(given, family, strict=True)
        return [_parallel_names(g, f, columns.separator) if g or f else () for g, f in pairs]
    return [(Name(g, f),) if g or f else () for g, f in zip(given, family, strict=True)]


def _joined_text(columns: Sequence[list[str]], between: str, count: int) -> list[str]:
    """The filled cells of a row as one text."""
    if len(columns) == 1:
        return columns[0]
    if not columns:
        return [""] * count
    return [between.join(filter(None, row)) for row in zip(*columns, strict=True)]


def _whole_names(text: str, columns: NameColumns) -> tuple[Name, ...]:
    entries = split_list(text, columns.separator) if columns.separator else [text]
    return tuple(_whole_name(entry, columns.order) for entry in entries if entry)


def _whole_name(text: str, order: str) -> Name:
    if order == "given family":
        given, _, family = text.rpartition(" ")
    else:
        family, _, given = text.partition(",")
    return Name(given.strip(), family.strip())


def _parallel_names(given: str, family: str, separator: str) -> tuple[Name, ...]:
    pairs = zip_longest(split_list(given, separator), split_list(family, separator), fillvalue="")
    return tuple(Name(g, f) for g, f in pairs if g or f)


def _addresses(source: SourceSystem, cells: Cells, count: int) -> tuple[list[Texts], list[Texts]]:
    """Address lines and postcodes of each row, aligned; empty where the row has none of a kind."""
    pairs = _joined([_address_pairs(c, cells, count) for c in source.addresses], count)
    mark = partial(mark_postcodes, source=source)
    lines = [tuple(p[0] for p in row) if any(p[0] for p in row) else () for row in pairs]
    codes = [tuple(p[1] for p in row) if any(p[1] for p in row) else () for row in pairs]
    return lines, [mark(row) for row in codes] if source.institution_postcodes else codes


def _address_pairs(
    columns: AddressColumns, cells: Cells, count: int
) -> list[tuple[tuple[str, str], ...]]:
    lines = _joined_text([cells[name] for name in columns.lines], LINE_BREAK, count)
    codes = cells[columns.postcode] if columns.postcode else [""] * count
    entries = zip(lines, codes, strict=True)
    if columns.separator:
        return [_parallel_addresses(a, p, columns) if a or p else () for a, p in entries]
    if columns.postcode_cleaner == "uk":
        return [((a, p),) if a or p else () for a, p in entries]
    kind = columns.postcode_cleaner
    return [((a, mark_postcode(p, kind)),) if a or p else () for a, p in entries]


def _parallel_addresses(
    lines: str, codes: str, columns: AddressColumns
) -> tuple[tuple[str, str], ...]:
    split = partial(split_list, separator=columns.separator)
    pairs = zip_longest(split(lines), split(codes), fillvalue="")
    kind = columns.postcode_cleaner
    return tuple((a, mark_postcode(p, kind)) for a, p in pairs if a or p)


def mark_postcodes(postcodes: Texts, source: SourceSystem) -> Texts:
    """Postcodes as a Record of this source carries them: those of its institutions are marked.

    For every door that makes Records of a source, not only the feed reader.
    """
    known = _squashed(source.institution_postcodes)
    return tuple(mark_postcode(p, "institution") if _squash(p) in known else p for p in postcodes)


@lru_cache(maxsize=64)
def _squashed(postcodes: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_squash, postcodes))


def _squash(postcode: str) -> str:
    return postcode.replace(" ", "").upper()


def _identifiers(column: IdentifierColumn, cells: Cells) -> list[tuple[Identifier, ...]]:
    make = _identifier_maker(column)
    texts = cells[column.column]
    flag = column.verified_by
    if flag is None and not column.ods_column:
        return [make(text, column.verified, column.ods) if text else () for text in texts]
    flags = cells[flag.column] if flag else repeat("", len(texts))
    verified = frozenset(flag.values) if flag else frozenset()
    codes = cells[column.ods_column] if column.ods_column else repeat(column.ods, len(texts))
    return [
        make(text, told in verified, ods) if text else ()
        for text, told, ods in zip(texts, flags, codes, strict=True)
    ]


def _identifier_maker(
    column: IdentifierColumn,
) -> Callable[[str, bool, str], tuple[Identifier, ...]]:
    system, separator = column.system, column.separator
    local = bool(column.ods or column.ods_column)

    def make(text: str, verified: bool, ods: str) -> tuple[Identifier, ...]:
        values = filter(None, split_list(text, separator)) if separator else (text,)
        if not local:
            return tuple([Identifier(system, value, verified) for value in values])
        return tuple([Identifier(system, f"{ods}:{value}", verified) for value in values])

    return make
