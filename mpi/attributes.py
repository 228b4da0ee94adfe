"""The columns of a standardised record; `standardise`, the only caller of cleaning.

Blocking rules and comparisons read these columns by name and derive nothing themselves, so that
batch, real time and Spark share every definition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Literal

import pyarrow as pa

from mpi import cleaning
from mpi.identifiers import SYSTEMS, attribute_name, clean_identifier
from mpi.records import Identifier, Name, Record

MAX_VALUES = 16
"""Values kept in a list attribute, the first delivered. Enough for any real record; a bound,
because each value of a blocking attribute is a key and a runaway record would block with all."""

MAX_DERIVED = 32
"""Values kept in a list that several delivered values feed, such as phonetic codes."""

Value = str | list[str] | int | None
RECORD_NUMBER = "record_no"
"""The column that names a record inside one run: 0, 1, … in order of (source, source_id)."""

Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A named column of a standardised record."""

    name: str
    kind: Literal["text", "list", "int"]


_BY_SYSTEM = {system: attribute_name(system) for system in SYSTEMS}

SCHEMA: tuple[Attribute, ...] = (
    Attribute("source_system", "text"),
    Attribute("given_name", "text"),
    Attribute("given_names", "list"),
    Attribute("middle_names", "list"),
    Attribute("family_name", "text"),
    Attribute("full_names", "list"),
    Attribute("name_token_sets", "list"),
    Attribute("given_set", "list"),
    Attribute("family_set", "list"),
    Attribute("name_codes", "list"),
    Attribute("name_initials", "list"),
    Attribute("birth_date", "text"),
    Attribute("birth_dates", "list"),
    Attribute("birth_date_variants", "list"),
    Attribute("birth_years", "list"),
    Attribute("birth_month_days", "list"),
    Attribute("birth_date_default", "int"),
    Attribute("sex", "text"),
    Attribute("postcodes", "list"),
    Attribute("sectors", "list"),
    Attribute("outward_codes", "list"),
    Attribute("addresses", "list"),
    Attribute("address", "text"),
    Attribute("town", "text"),
    Attribute("phones", "list"),
    Attribute("phone", "text"),
    Attribute("emails", "list"),
    Attribute("email", "text"),
    Attribute("birth_place", "text"),
    Attribute("occupation", "text"),
    Attribute("custody_dates", "list"),
    Attribute("sentence_dates", "list"),
    *(Attribute(name, "list") for name in _BY_SYSTEM.values()),
    Attribute("verified_identifiers", "list"),
    Attribute("identifiers", "list"),
)
"""Every attribute, in order. Lists are distinct and sorted, except `given_names`, which keeps the
order of the name. An `int` is 0 or 1."""


def standardise(record: Record) -> Row:
    """A record as one row of clean attributes: what everything is matched on.

    Args:
        record: as delivered. Postcode `i` belongs to address `i` when there are as many of each.

    Returns:
        Every attribute of `SCHEMA`, in its order; None for nothing, never an empty text or list.
        The lists are shared between rows: read them, do not change them.
    """
    return {
        "source_system": record.source or None,
        **_name_attributes(record.names),
        **_date_attributes(record.birth_dates),
        "sex": cleaning.clean_sex(record.sex) if record.sex else None,
        **_place_attributes(record),
        **_event_attributes(record),
        **_identifier_attributes(record.identifiers),
    }


def _bounded(values: Sequence[str | None], limit: int = MAX_VALUES) -> list[str] | None:
    """Distinct and sorted, the first `limit` delivered; None when there is none."""
    distinct = {value for value in values if value}
    if len(distinct) > limit:
        return sorted([v for v in dict.fromkeys(values) if v][:limit])
    return sorted(distinct) or None


def _first(values: Sequence[str | None]) -> str:
    """The first usable value; empty when there is none."""
    return next((value for value in values if value), "")


def _each(clean: Callable[[str], str | None], texts: tuple[str, ...]) -> list[str] | None:
    if not texts:
        return None
    return _bounded([clean(text) for text in texts])


def _name_attributes(names: tuple[Name, ...]) -> Mapping[str, Value]:
    """Attributes of all names; those of one name alone are cached."""
    if len(names) == 1:
        return _of_one_name(names[0].given, names[0].family)
    forms = [f for name in names if (f := cleaning.name_forms(name.given, name.family))]
    return _of_forms(forms[:MAX_VALUES])


@lru_cache(maxsize=1 << 17)
def _of_one_name(given: str, family: str) -> Mapping[str, Value]:
    forms = cleaning.name_forms(given, family)
    return _of_forms([forms] if forms else [])


def _of_forms(forms: list[cleaning.NameForms]) -> Mapping[str, Value]:
    if not forms:
        return _NO_NAME
    usual = forms[0]
    return {
        "given_name": usual.given[0] if usual.given else None,
        "given_names": list(usual.given[:MAX_VALUES]) or None,
        "middle_names": _bounded(usual.given[1:]),
        "family_name": usual.family or None,
        "full_names": _bounded([f.full for f in forms]),
        "name_token_sets": _bounded([f.token_set for f in forms]),
        "given_set": _bounded([v for f in forms for v in f.givens], MAX_DERIVED),
        "family_set": _bounded([v for f in forms for v in f.families], MAX_DERIVED),
        "name_codes": _bounded([v for f in forms for v in f.codes], MAX_DERIVED),
        "name_initials": _bounded([f.initials for f in forms]),
    }


_NO_NAME: Mapping[str, Value] = dict.fromkeys(
    (
        *("given_name", "given_names", "middle_names", "family_name", "full_names"),
        *("name_token_sets", "given_set", "family_set", "name_codes", "name_initials"),
    )
)


@lru_cache(maxsize=1 << 17)
def _date_attributes(texts: tuple[str, ...]) -> Mapping[str, Value]:
    """Everything derived from the birth dates; cached as a whole, because dates repeat."""
    dates = [d for text in texts if (d := cleaning.clean_date(text)) is not None][:MAX_VALUES]
    usual = dates[0] if dates else None
    swapped = [cleaning.swap_day_and_month(d) for d in dates]
    return {
        "birth_date": usual,
        "birth_dates": _bounded(dates),
        "birth_date_variants": _bounded([*dates, *swapped], MAX_DERIVED),
        "birth_years": _bounded([d[:4] for d in dates]),
        "birth_month_days": _bounded([d[5:] for d in dates]),
        "birth_date_default": int(usual.endswith("-01-01")) if usual else None,
    }


def _place_attributes(record: Record) -> Mapping[str, Value]:
    phones = [cleaning.clean_phone(text) for text in record.phones]
    emails = [cleaning.clean_email(text) for text in record.emails]
    addresses = [cleaning.clean_address(text) for text in record.addresses]
    return {
        **_postcode_attributes(_home_postcodes(record)),
        "addresses": _bounded(addresses),
        "address": _first(addresses).replace(" ", "") or None,
        "town": cleaning.clean_place(record.town) if record.town else None,
        "phones": _bounded(phones),
        "phone": _first(phones) or None,
        "emails": _bounded(emails),
        "email": _first(emails) or None,
        "birth_place": cleaning.clean_place(record.birth_place) if record.birth_place else None,
        "occupation": cleaning.clean_text(record.occupation) if record.occupation else None,
    }


@lru_cache(maxsize=1 << 17)
def _postcode_attributes(texts: tuple[str, ...]) -> Mapping[str, Value]:
    parts = [p for text in texts if (p := cleaning.postcode_parts(text)) is not None]
    return {
        "postcodes": _bounded([p.postcode for p in parts]),
        "sectors": _bounded([p.sector for p in parts]),
        "outward_codes": _bounded([p.outward for p in parts]),
    }


def _home_postcodes(record: Record) -> tuple[str, ...]:
    """The postcodes without those whose own address is an institution."""
    postcodes, addresses = record.postcodes, record.addresses
    if len(postcodes) != len(addresses) or not any(map(cleaning.names_institution, addresses)):
        return postcodes
    pairs = zip(postcodes, addresses, strict=True)
    return tuple(text for text, address in pairs if not cleaning.names_institution(address))


def _event_attributes(record: Record) -> Mapping[str, Value]:
    return {
        "custody_dates": _each(cleaning.clean_date, record.custody_dates),
        "sentence_dates": _each(cleaning.clean_date, record.sentence_dates),
    }


def _identifier_attributes(identifiers: tuple[Identifier, ...]) -> Mapping[str, Value]:
    """Usable identifiers by system; those of a system we do not know are left out."""
    found: dict[str, list[str]] = {}
    every: list[str] = []
    verified: list[str] = []
    for identifier in identifiers:
        system = identifier.system
        value = clean_identifier(system, identifier.value) if system in _BY_SYSTEM else None
        if value is None:
            continue
        label = f"{system}|{value}"
        found.setdefault(_BY_SYSTEM[system], []).append(value)
        every.append(label)
        if identifier.verified:
            verified.append(label)
    row: Row = _NO_IDENTIFIER.copy()
    for name, values in found.items():
        row[name] = _bounded(values)
    row["verified_identifiers"] = _bounded(verified, MAX_DERIVED)
    row["identifiers"] = _bounded(every, MAX_DERIVED)
    return row


_NO_IDENTIFIER: Row = dict.fromkeys((*_BY_SYSTEM.values(), "verified_identifiers", "identifiers"))

_ARROW_TYPES = {"text": pa.string(), "list": pa.list_(pa.string()), "int": pa.int32()}


def arrow_schema() -> pa.Schema:
    """The attributes as Arrow fields, in order: string, list of string, int32."""
    return pa.schema([pa.field(a.name, _ARROW_TYPES[a.kind]) for a in SCHEMA])


def to_arrow(rows: Sequence[Row]) -> pa.Table:
    """Rows of `standardise` as one Arrow table: the bulk form.

    Column by column, which is quicker than `Table.from_pylist`.
    """
    schema = arrow_schema()
    if not rows:
        return schema.empty_table()
    columns = zip(*map(itemgetter(*schema.names), rows), strict=True)
    types = zip(columns, schema.types, strict=True)
    return pa.table([pa.array(column, kind) for column, kind in types], schema=schema)
