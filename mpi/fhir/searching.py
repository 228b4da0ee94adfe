"""A search for Patients (IHE ITI-78): what its parameters ask, and which records fit.

A search looks for candidates as a match does, and then keeps those of whom one record fits every
parameter. Text is compared without case, accents and punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from mpi.cleaning import clean_email, clean_phone, clean_sex, fold
from mpi.errors import InvalidParameter, UnknownSearchDomain
from mpi.fhir.domains import Domains
from mpi.fhir.reading import SEXES
from mpi.fhir.tokens import alternatives, token, unescaped
from mpi.records import Identifier, Name, Record

UNKNOWN_DOMAIN = "targetSystem not found"
STRINGS = ("family", "given", "address-postalcode", "address-city", "address")
PAGE = 10
LARGEST_PAGE = 50
_MODIFIERS = ("exact", "contains")
MOST_ALTERNATIVES = 16
"""Values of one parameter of which any will do."""
MOST_VALUES = 64
"""Values of all parameters together, each of which may have to be looked for."""
_WHOLE_DATE = re.compile(r"(?:eq)?([0-9]{4}-[0-9]{2}-[0-9]{2})")
_NOT_ALPHANUMERIC = re.compile(r"[^A-Z0-9]+")

Fits = Callable[[Record], bool]
Says = Callable[[Record], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Search:
    """What a search asks.

    `record` says the same as a record to match would. `identifiers` and `ids` (of persons) are
    those of each parameter: a Patient has one of each. `domains` are the URIs to which the answer
    is kept, empty for all. `fits` are conditions on one record, each about the individual.
    `nobody` says that no Patient can fit.
    """

    record: Record
    identifiers: tuple[tuple[Identifier, ...], ...] = ()
    domains: frozenset[str] = frozenset()
    ids: tuple[tuple[str, ...], ...] = ()
    fits: tuple[Fits, ...] = ()
    nobody: bool = False
    count: int = PAGE
    offset: int = 0

    def accepts(self, record: Record) -> bool:
        """Whether a record fits every condition."""
        return all(fits(record) for fits in self.fits)


def search_of(pairs: Sequence[tuple[str, str]], domains: Domains) -> Search:
    """What parameters ask, those not known left out.

    Raises InvalidParameter, naming the parameter; UnknownSearchDomain.
    """
    said: dict[str, list[list[str]]] = {}
    fits: list[Fits] = []
    for written, text in pairs:
        name, _, modifier = written.partition(":")
        given = alternatives(text)
        if name in _READERS or name in STRINGS or name in ("_id", "active", "identifier"):
            _check(name, modifier, given)
            said.setdefault(name, []).append([unescaped(each) for each in given])
            _check_number(said, name)
            if name in STRINGS:
                fits.append(_text_fits(name, said[name][-1], modifier))
            elif name in _READERS:
                fits.append(_READERS[name](said[name][-1]))
    identifiers, kept_to = _identifiers(pairs, domains)
    return Search(
        record=_record(said),
        identifiers=identifiers,
        domains=kept_to,
        ids=tuple(map(tuple, said.get("_id", ()))),
        fits=tuple(fits),
        nobody=any("true" not in one for one in said.get("active", ())),
        count=min(_number(pairs, "_count", PAGE), LARGEST_PAGE),
        offset=_number(pairs, "_offset", 0),
    )


def _check(name: str, modifier: str, given: Sequence[str]) -> None:
    if modifier and (name not in STRINGS or modifier not in _MODIFIERS):
        raise InvalidParameter("It cannot be modified so.", parameter=name)
    if not given or len(given) > MOST_ALTERNATIVES:
        raise InvalidParameter(f"Expected 1 to {MOST_ALTERNATIVES} values.", parameter=name)


def _check_number(said: dict[str, list[list[str]]], last: str) -> None:
    if sum(len(one) for given in said.values() for one in given) > MOST_VALUES:
        raise InvalidParameter(f"Expected {MOST_VALUES} values at most in all.", parameter=last)


def _number(pairs: Sequence[tuple[str, str]], name: str, otherwise: int) -> int:
    given = [value for key, value in pairs if key == name]
    if not given:
        return otherwise
    if len(given) > 1 or not (given[0].isascii() and given[0].isdecimal()) or len(given[0]) > 6:
        raise InvalidParameter("Expected one whole number.", parameter=name)
    return int(given[0])


def _identifiers(
    pairs: Sequence[tuple[str, str]], domains: Domains
) -> tuple[tuple[tuple[Identifier, ...], ...], frozenset[str]]:
    """The identifiers asked with, and the domains to which the answer is kept."""
    groups: list[tuple[Identifier, ...]] = []
    kept_to: set[str] = set()
    for text in (value for key, value in pairs if key == "identifier"):
        found: list[Identifier] = []
        for each in alternatives(text):
            uri, value = token(each)
            identifier = _identifier(uri, value, domains)
            if identifier is None:
                kept_to.add(domains.usual(uri))
            else:
                found.append(identifier)
        if found:
            groups.append(tuple(found))
    return tuple(groups), frozenset(kept_to)


def _identifier(uri: str, value: str, domains: Domains) -> Identifier | None:
    """The identifier of a token; None where it names a domain alone."""
    if not uri:
        raise InvalidParameter("Expected system|value.", parameter="identifier")
    if domains.system(uri) is None:
        raise UnknownSearchDomain(UNKNOWN_DOMAIN)
    return domains.asked(uri, value) if value else None


def _record(said: dict[str, list[list[str]]]) -> Record:
    """The record that a search would be, for a match to find candidates with."""
    first = {name: values[0] for name, values in said.items()}
    names = product(first.get("given", [""]), first.get("family", [""]))
    telecom = first.get("telecom", [])
    return Record(
        source="",
        source_id="",
        names=tuple(Name(*each) for each in names if any(each))[:MOST_ALTERNATIVES],
        birth_dates=tuple(map(_date, first.get("birthdate", []))),
        sex=SEXES.get(first.get("gender", [""])[0], ""),
        postcodes=tuple(first.get("address-postalcode", ())),
        town=first.get("address-city", [""])[0],
        phones=tuple(_without_system(each) for each in telecom),
        emails=tuple(_without_system(each) for each in telecom),
    )


def _date(text: str) -> str:
    found = _WHOLE_DATE.fullmatch(text)
    if found is None:
        raise InvalidParameter("Expected a whole date.", parameter="birthdate")
    return found[1]


def _without_system(text: str) -> str:
    return text.rpartition("|")[2]


def _text_fits(name: str, wanted: Sequence[str], modifier: str) -> Fits:
    says = _TEXTS[name]
    contains = modifier == "contains" or (name == "address" and not modifier)
    if modifier == "exact":
        return lambda record: any(text in wanted for text in says(record))
    plain = [_plain(text) for text in wanted]
    if not all(plain):
        raise InvalidParameter("It says nothing.", parameter=name)

    def fits(record: Record) -> bool:
        texts = [_plain(text) for text in says(record)]
        if contains:
            return any(part in text for text in texts for part in plain)
        return any(text.startswith(part) for text in texts for part in plain)

    return fits


def _plain(text: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", fold(text))


def _given(record: Record) -> list[str]:
    """Each given name alone, and all of one name together."""
    every = [name.given for name in record.names if name.given]
    return [*every, *(part for given in every for part in given.split())]


def _postcodes(record: Record) -> list[str]:
    return [text.rpartition(":")[2] for text in record.postcodes]


_TEXTS: dict[str, Says] = {
    "family": lambda record: [name.family for name in record.names],
    "given": _given,
    "address-postalcode": _postcodes,
    "address-city": lambda record: [record.town],
    "address": lambda record: [*record.addresses, record.town, *_postcodes(record)],
}


def _birth_dates(wanted: Sequence[str]) -> Fits:
    dates = {_date(text) for text in wanted}
    return lambda record: not dates.isdisjoint(record.birth_dates)


def _genders(wanted: Sequence[str]) -> Fits:
    codes = [_without_system(text) for text in wanted]
    if not {*codes} <= {*SEXES, "other", "unknown"}:
        raise InvalidParameter("Expected a gender of FHIR.", parameter="gender")
    sexes = {SEXES.get(code) for code in codes}
    return lambda record: clean_sex(record.sex) in sexes


def _telecom(wanted: Sequence[str]) -> Fits:
    texts = [_without_system(text) for text in wanted]
    phones = {clean_phone(text) for text in texts} - {None}
    emails = {clean_email(text) for text in texts} - {None}
    return lambda record: (
        any(clean_phone(each) in phones for each in record.phones)
        or any(clean_email(each) in emails for each in record.emails)
    )


_READERS: dict[str, Callable[[Sequence[str]], Fits]] = {
    "birthdate": _birth_dates,
    "gender": _genders,
    "telecom": _telecom,
}
