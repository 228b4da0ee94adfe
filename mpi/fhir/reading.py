"""A Patient to a Record: what of it can identify somebody.

Contacts, practitioners, photographs and the like are of no use for that and not read. A birth date
without a day or month is left out: to make one up would be to state something that nobody said.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from mpi.cleaning import mark_postcode
from mpi.errors import InvalidResource
from mpi.fhir import uris
from mpi.fhir.domains import Domains
from mpi.fhir.elements import Element, extended, extended_texts, item, items, text, texts
from mpi.records import Identifier, Name, Record, RecordKey

LINE_BREAK = ", "
"""What stands between the lines of an address in a Record."""

SEXES = {"male": "M", "female": "F"}
"""FHIR's genders that say which sex is compared; its others say nothing."""

_PHONES = ("phone", "sms", "pager", "fax")
_WHOLE_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_VERSION_DIGITS = 12
_POSTCODE_KINDS = ("other", "institution", "text")
_NOBODY = RecordKey("", "")


def record_of(
    patient: Element,
    domains: Domains,
    *,
    key: RecordKey = _NOBODY,
    trusted: Collection[str] = (),
) -> Record:
    """What a Patient says about an individual, not yet cleaned.

    Args: key, of the record; without one it is a question. trusted, the identifier systems of
    which the source holds verified values only.
    Raises InvalidResource, naming the element and never its value.

    >>> record_of({"name": [{"family": "Example", "given": ["Ann"]}]}, Domains()).names
    (Name(given='Ann', family='Example'),)
    """
    addresses = items(patient, "address")
    lines = [LINE_BREAK.join(texts(each, "line")) for each in addresses]
    postcodes = [_postcode(each) for each in addresses]
    places = [_place(said) for said in extended(patient, uris.BIRTH_PLACE, "valueAddress")]
    return Record(
        source=key.source,
        source_id=key.source_id,
        version=_version(item(patient, "meta")),
        names=tuple(_names(patient)),
        birth_dates=tuple(_birth_dates(patient)),
        sex=_sex(patient),
        postcodes=tuple(postcodes) if any(postcodes) else (),
        addresses=tuple(lines) if any(lines) else (),
        town=next(filter(None, (text(each, "city") for each in addresses)), ""),
        phones=tuple(_telecom(patient, _PHONES)),
        emails=tuple(_telecom(patient, ("email",))),
        birth_place=next(filter(None, places), ""),
        occupation=next(iter(extended_texts(patient, uris.OCCUPATION, "valueString")), ""),
        identifiers=tuple(_identifiers(patient, domains, trusted)),
        custody_dates=tuple(extended_texts(patient, uris.CUSTODY_DATE, "valueDate")),
        sentence_dates=tuple(extended_texts(patient, uris.SENTENCE_DATE, "valueDate")),
        restricted=_is_restricted(item(patient, "meta")),
    )


def is_replaced(patient: Element) -> bool:
    """Whether a Patient says that it is no longer one: another took its place."""
    return patient.get("active") is False and replacement(patient) is not None


def replacement(patient: Element) -> Element | None:
    """The reference to the Patient that took this one's place; None if none did.

    Raises InvalidResource where there are several.
    """
    links = [each for each in items(patient, "link") if each.get("type") == "replaced-by"]
    if len(links) > 1:
        raise InvalidResource("It is replaced by several.", element="link")
    return item(links[0], "other") if links else None


def _names(patient: Element) -> Iterator[Name]:
    names = items(patient, "name")
    # the usual name comes first in a Record; FHIR leaves the order open
    for each in sorted(names, key=lambda name: name.get("use") in ("old", "maiden", "nickname")):
        found = Name(" ".join(texts(each, "given")), text(each, "family"))
        if found == Name():
            given, _, family = text(each, "text").rpartition(" ")
            found = Name(given, family)
        if found != Name():
            yield found


def _birth_dates(patient: Element) -> Iterator[str]:
    said = [text(patient, "birthDate")]
    said += extended_texts(patient, uris.OTHER_BIRTH_DATE, "valueDate")
    return (each for each in said if _WHOLE_DATE.fullmatch(each))


def _sex(patient: Element) -> str:
    return SEXES.get(text(patient, "gender"), "")


def _postcode(address: Element) -> str:
    kind = next(iter(extended_texts(address, uris.POSTCODE_KIND, "valueCode")), "uk")
    said = text(address, "postalCode")
    return mark_postcode(said, kind if kind in _POSTCODE_KINDS else "uk")


def _place(said: object) -> str:
    if not isinstance(said, dict):
        raise InvalidResource("Expected an address.", element="valueAddress")
    return text(said, "text") or text(said, "city")


def _telecom(patient: Element, systems: Collection[str]) -> Iterator[str]:
    for each in items(patient, "telecom"):
        if each.get("system") in systems and (found := text(each, "value")):
            yield found


def _identifiers(
    patient: Element, domains: Domains, trusted: Collection[str]
) -> Iterator[Identifier]:
    for each in items(patient, "identifier"):
        uri, value = text(each, "system"), text(each, "value")
        verified = _is_verified(each) or domains.system(uri) in trusted
        found = domains.identifier(uri, value, verified=verified) if value else None
        if found is not None:
            yield found


def _is_verified(identifier: Element) -> bool:
    if True in extended(identifier, uris.STATED_VERIFIED, "valueBoolean"):
        return True
    statuses = extended(identifier, uris.VERIFICATION_STATUS, "valueCodeableConcept")
    codings = [c for each in statuses if isinstance(each, dict) for c in items(each, "coding")]
    return any(coding.get("code") in uris.VERIFIED_CODES for coding in codings)


def _is_restricted(meta: Element) -> bool:
    labels = items(meta, "security")
    return any(
        text(each, "system") == uris.CONFIDENTIALITY and text(each, "code") in uris.RESTRICTED_CODES
        for each in labels
    )


def _version(meta: Element) -> str:
    """What orders deliveries as text: the time of the last update in UTC, else a number."""
    updated, number = text(meta, "lastUpdated"), text(meta, "versionId")
    if not updated:
        return number.zfill(_VERSION_DIGITS) if number.isdecimal() else number
    try:
        at = datetime.fromisoformat(updated)
        in_utc = at.astimezone(UTC) if at.tzinfo else at
    except (ValueError, OverflowError):
        raise InvalidResource("Expected a time.", element="meta.lastUpdated") from None
    return in_utc.replace(tzinfo=None).isoformat()
